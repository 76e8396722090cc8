"""Clips of audio in any form, as arrays of samples."""

import os
import wave
from typing import Any

import numpy as np

from nlpkit._types import Data
from nlpkit.layers.preprocessing.audio_converter import clips_of
from nlpkit.ops.data.columns import to_column

_PATH = (str, os.PathLike)
# The dtypes of samples, by their bytes, and what 0 and 1 are.
_PCM = {1: ("uint8", 128, 128), 2: ("<i2", 0, 2**15), 4: ("<i4", 0, 2**31)}


def read_clips(audio: Data, sampling_rate: int) -> tuple[list[np.ndarray], bool]:
    """Read clips.

    Args:
        audio: array or list of samples, or path of a WAV file; or a list of either.
        sampling_rate: int. The rate that a file must have.

    Returns:
        The clips, and whether there was a list of them.

    Raises:
        ValueError: clips have several channels, or a file is no mono WAV file of this rate.
    """
    if isinstance(audio, _PATH):
        return [_read_wave(audio, sampling_rate)], False
    column: Any = to_column(audio)
    if len(column) and isinstance(column[0], _PATH):
        return [_read_wave(path, sampling_rate) for path in column], True
    return clips_of(column)


def _read_wave(path: str | os.PathLike[str], sampling_rate: int) -> np.ndarray:
    """The samples of a WAV file, from -1 to 1."""
    try:
        with wave.open(os.fspath(path), "rb") as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            content = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path} is not a WAV file of PCM samples: {error}.") from error
    if (rate, channels) != (sampling_rate, 1) or width not in _PCM:
        raise ValueError(
            f"{path} must be mono, with {sampling_rate} samples a second of 8, 16 or 32 bits; it "
            f"has {channels} channels, {rate} samples a second of {8 * width} bits. Convert it "
            "before."
        )
    dtype, zero, one = _PCM[width]
    return ((np.frombuffer(content, dtype).astype("float64") - zero) / one).astype("float32")
