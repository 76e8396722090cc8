"""AudioConverter: log-mel features of audio."""

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from nlpkit._argument_ranges import LARGEST_COUNT, Range
from nlpkit._compat import is_tensorflow_value
from nlpkit._types import Data
from nlpkit.layers.preprocessing.packing.truncation import TruncationReport
from nlpkit.layers.preprocessing.preprocessing_layer import PreprocessingLayer
from nlpkit.ops.data.columns import to_column
from nlpkit.ops.data.log_mel import log_mel, mel_filters


class AudioConverter(PreprocessingLayer):
    """Convert audio to log-mel features, as Whisper's models take them (Radford et al., 2022).

    Clips are mono, with samples from -1 to 1. Each is padded with silence, or cut, to
    `max_audio_length`. The features of a clip do not depend on others, and are the same on every
    backend and in `tf.data`.

    Args:
        num_mels: int. The number of mel filters: 80, or 128 for Whisper's third large model.
            Default 80.
        num_fft_bins: int. The number of samples in a window. Default 400.
        stride: int. The number of samples between windows. Default 160.
        sampling_rate: int. Samples a second. Default 16,000.
        max_audio_length: int. Seconds of audio. Default 30.
        truncation: str. What happens when a clip is cut: "warn" (once per layer), "error" or
            "silent". Default "warn".
        **kwargs: `name`.

    Call arguments:
        inputs: float array or list `[samples]`, one clip; or list of clips of any lengths, array
            `[batch, samples]`, or `tf` tensor of rank 1 or 2, ragged or not.
        sampling_rate: int or None. The rate of this audio, to be checked. Default None: the
            layer's.

    Returns:
        float32 `[batch, frames, num_mels]`, or `[frames, num_mels]` for one clip.

    Raises:
        TypeError: samples are integers.
        ValueError: audio has another rate, several channels, no samples or any that are not
            finite; or it was cut with `truncation="error"`.
    """

    preset_kind: ClassVar[str] = "audio_converter"
    # Whatever a preset says, the filters fit into memory.
    argument_ranges: ClassVar[Mapping[str, Range]] = {
        "stride": Range(Integral, 1, LARGEST_COUNT),
        "num_mels": Range(Integral, 1, 1024),
        "num_fft_bins": Range(Integral, 1, 2**16),
        "sampling_rate": Range(Integral, 1, 2**20),
        "max_audio_length": Range(Integral, 1, 3600),
    }

    def __init__(
        self,
        num_mels: int = 80,
        num_fft_bins: int = 400,
        stride: int = 160,
        sampling_rate: int = 16_000,
        max_audio_length: int = 30,
        truncation: str = "warn",
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.num_mels = num_mels
        self.num_fft_bins = num_fft_bins
        self.stride = stride
        self.sampling_rate = sampling_rate
        self.max_audio_length = max_audio_length
        self.truncation = truncation
        self._report = TruncationReport(truncation, self.name, "samples")
        self._length = sampling_rate * max_audio_length
        if self._length <= num_fft_bins // 2:
            raise ValueError(
                f"max_audio_length must be more than half a window of num_fft_bins={num_fft_bins}; "
                f"got {self._length} samples."
            )
        self._filters = mel_filters(num_mels, num_fft_bins, sampling_rate)

    def call(self, inputs: Data, sampling_rate: int | None = None) -> Any:
        self._check_rate(sampling_rate)
        if is_tensorflow_value(inputs):
            from nlpkit.ops.data.ragged_tensorflow import Output, map_rows

            output = Output("float32", (self._length // self.stride, self.num_mels))
            return map_rows(self._features, [inputs], [output])[0]
        clips, batched = clips_of(to_column(inputs))
        features = self._features(clips)[0]
        return features if batched else features[0]

    def check(self, clips: Sequence[np.ndarray], sampling_rate: int | None = None) -> None:
        """Raise an error, see the class, unless clips, whatever their lengths, can be converted.

        Args:
            clips: arrays `[samples]`.
            sampling_rate: int or None. Their rate; None for the layer's.
        """
        self._check_rate(sampling_rate)
        for index, clip in enumerate(clips):
            _check(clip, index)

    def _check_rate(self, sampling_rate: int | None) -> None:
        if sampling_rate not in (None, self.sampling_rate):
            raise ValueError(
                f"Audio must have {self.sampling_rate} samples a second; got {sampling_rate}. "
                "Resample it before."
            )

    def _features(self, clips: Sequence[np.ndarray]) -> list[np.ndarray]:
        """A batch of features, as the one result."""
        self.check(clips)
        lengths = np.array([len(clip) for clip in clips])
        self._report(lengths - np.minimum(lengths, self._length), self._length, "max_audio_length")
        features = np.zeros((len(clips), self._length // self.stride, self.num_mels), "float32")
        for index, clip in enumerate(clips):
            padded = np.zeros(self._length)
            padded[: len(clip)] = clip[: self._length]
            features[index] = log_mel(padded, self._filters, self.num_fft_bins, self.stride)
        return [features]


def clips_of(inputs: Any) -> tuple[list[np.ndarray], bool]:
    """The clips in an array or list, and whether they were a batch.

    Raises:
        ValueError: they have several channels.
    """
    array = isinstance(inputs, np.ndarray)
    batched = inputs.ndim > 1 if array else len(inputs) > 0 and np.ndim(inputs[0]) > 0
    if array and inputs.ndim == 2 and inputs.shape[1] <= 2 < inputs.shape[0]:
        raise ValueError(_stereo(inputs.shape))
    rows = inputs if batched else [inputs]
    return [np.asarray(to_column(row)) for row in rows], batched


def _check(clip: np.ndarray, index: int) -> None:
    if clip.ndim != 1:
        raise ValueError(_stereo(clip.shape))
    if not clip.size:
        raise ValueError(f"Audio {index} has no samples.")
    if clip.dtype.kind != "f":
        raise TypeError(
            f"Audio must be float, from -1 to 1; got {clip.dtype}. Divide 16-bit samples by 32768."
        )
    if not np.isfinite(clip).all():
        raise ValueError(f"Audio {index} has samples that are NaN or infinite.")


def _stereo(shape: tuple[int, ...]) -> str:
    return f"Audio must be mono, one number a sample; got shape {shape}. Average its channels."
