"""SpeechToTextPreprocessor: preprocessing of audio and transcripts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import keras

from nlpkit._compat import is_tensorflow_value
from nlpkit._types import Data
from nlpkit.layers.preprocessing.audio_converter import AudioConverter, clips_of
from nlpkit.layers.preprocessing.packing.next_token_packer import NextTokenPacker
from nlpkit.layers.preprocessing.packing.start_end_packer import StartEndPacker
from nlpkit.ops.data.columns import to_column
from nlpkit.preprocessors.examples.columns import read_column
from nlpkit.preprocessors.generation_preprocessor import GenerationPreprocessor
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.folders.publishing import write_json
from nlpkit.tokenizers.base.string_input import check_texts
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.transcript_tokenizer import TranscriptTokenizer

_FILE, _PROCESSOR_FILE, _CONFIG_FILE = (
    f"{name}.json" for name in ("preprocessor_config", "processor_config", "config")
)
_SIZES = {
    "num_mels": "feature_size",
    "num_fft_bins": "n_fft",
    "stride": "hop_length",
    "sampling_rate": "sampling_rate",
    "max_audio_length": "chunk_length",
}
_AUDIO, _TEXT = "encoder_audio", "decoder_text"


class SpeechToTextPreprocessor(GenerationPreprocessor):
    """Convert audio and transcripts to the inputs of a model that transcribes.

    Args:
        audio_converter: `AudioConverter`.
        tokenizer: `Tokenizer` of the family.
        decoder_sequence_length: int. The length of the rows of transcripts. Default 448.
        language: str or None. The code of the language of the transcripts, such as "en"; None for
            a model for English alone. Default None.
        task: str or None. "transcribe", which None means, or "translate" into English. Default
            None.
        no_timestamps: bool. Whether transcripts have no timestamps. Default True.
        **kwargs: `name` and `dtype` (of the ids; default "int32").

    `fit` of a task makes the labels, which are the transcripts' next tokens.

    Call arguments:
        x: dict of `encoder_audio`, as `AudioConverter` takes it, and `decoder_text`, a str or a
            batch of them.
        y, sample_weight: passed through. Default None.
        decoder_sequence_length: int. Overrides the preprocessor's for this call. Default None.

    Returns:
        dict of `encoder_features` (float32 `[batch, frames, mels]`), `decoder_token_ids` (of
        `dtype`) and `decoder_padding_mask` (bool, True = real token), both
        `[batch, decoder_sequence_length]`; with `y` and `sample_weight` a tuple, if these are
        given.

    Raises:
        TypeError: the tokenizer is of another family.
        ValueError: the keys of `x` are others, the language or the task is unknown, or audio is not
            as `AudioConverter` takes it.
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = TranscriptTokenizer
    audio_converter_class: ClassVar[type[AudioConverter]] = AudioConverter
    pass_instead: ClassVar[str] = "a dict of encoder_audio and decoder_text"
    generated: ClassVar[str] = "decoder_"
    end_token: ClassVar[str] = "eos_token"
    stop_tokens: ClassVar[tuple[str, ...]] = ("eos_token",)

    def __init__(
        self,
        audio_converter: AudioConverter,
        tokenizer: Tokenizer,
        decoder_sequence_length: int = 448,
        language: str | None = None,
        task: str | None = None,
        no_timestamps: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(tokenizer, **kwargs)
        if not isinstance(audio_converter, AudioConverter):
            raise TypeError(
                f"{type(self).__name__} needs an AudioConverter as audio_converter; got "
                f"{type(audio_converter).__name__}."
            )
        self.audio_converter = audio_converter
        self.decoder_sequence_length = decoder_sequence_length
        self.language = language
        self.task = task
        self.no_timestamps = no_timestamps
        StartEndPacker(decoder_sequence_length)  # An invalid length is rejected at once.

    @property
    def sequence_length(self) -> int:
        """The length of the rows of transcripts; may be set later."""
        return self.decoder_sequence_length

    @sequence_length.setter
    def sequence_length(self, sequence_length: int) -> None:
        self.decoder_sequence_length = sequence_length

    @property
    def decoder_packer(self) -> StartEndPacker:
        """The layer that packs transcripts; it needs the tokenizer's vocabulary."""
        return self._part(StartEndPacker, return_padding_mask=True, **self._layout())

    @property
    def label_packer(self) -> NextTokenPacker:
        """The layer that packs transcripts with the next tokens as labels."""
        plain = {"response_only": False, "packing": False}
        form = {"padding_side": "right", "truncation": "warn"}
        return self._part(NextTokenPacker, **plain, **form, **self._layout())

    def _layout(self) -> dict[str, Any]:
        tokenizer: Any = self.tokenizer
        task = "transcribe" if self.task is None else self.task
        return {
            "sequence_length": self.decoder_sequence_length,
            "start_value": tokenizer.prompt_ids(self.language, task, not self.no_timestamps),
            "end_value": tokenizer.eos_token_id,
            "pad_value": self._pad_id(),
            "dtype": self.compute_dtype,
            "name": self.name,
        }

    def call(
        self,
        x: Data,
        y: Data = None,
        sample_weight: Data = None,
        decoder_sequence_length: int | None = None,
    ) -> Any:
        _check_keys(x)
        token_ids, padding_mask = self.decoder_packer(
            self.tokenizer(x[_TEXT]), sequence_length=decoder_sequence_length
        )
        features = {
            "encoder_features": self.audio_converter(x[_AUDIO]),
            "decoder_token_ids": token_ids,
            "decoder_padding_mask": padding_mask,
        }
        return keras.utils.pack_x_y_sample_weight(features, y, sample_weight)

    def read(self, x: Data, y: Data = None, sample_weight: Data = None) -> tuple[Any, Any, Any]:
        x = to_column(x)
        _check_keys(x)
        if not (y is None and sample_weight is None):
            raise ValueError(
                "The labels are the transcripts' next tokens; got y or sample_weight. Pass x "
                f"alone, {self.pass_instead}."
            )
        audio, text = to_column(x[_AUDIO]), read_column(x[_TEXT], f"x[{_TEXT!r}]")
        if not is_tensorflow_value(audio):
            clips, batched = clips_of(audio)
            audio = clips if batched else clips[0]
        return {_AUDIO: audio, _TEXT: text}, None, None

    def check(self, x: Data) -> None:
        errors = getattr(self.tokenizer, "errors", "strict")
        check_texts(x[_TEXT], f"x[{_TEXT!r}]", errors)
        self.audio_converter.check(x[_AUDIO])

    @classmethod
    def from_folder(cls, folder: FolderFiles) -> dict[str, Any]:
        """The converter that files of a Hugging Face folder describe."""
        model = folder.json(_CONFIG_FILE) if folder.has(_CONFIG_FILE) else {}
        config = {"feature_size": model.get("num_mel_bins")}
        if folder.has(_PROCESSOR_FILE):
            config |= folder.json(_PROCESSOR_FILE).get("feature_extractor") or {}
        if folder.has(_FILE):
            config |= folder.json(_FILE)
        stated = {name: config.get(key) for name, key in _SIZES.items()}
        sizes = {name: size for name, size in stated.items() if size is not None}
        return {"audio_converter": cls.audio_converter_class(**sizes)}

    def save_files(self, folder: Path) -> list[str]:
        """Write the file by which transformers makes its feature extractor."""
        sizes = {key: getattr(self.audio_converter, name) for name, key in _SIZES.items()}
        kind = {"feature_extractor_type": "WhisperFeatureExtractor", "padding_value": 0.0}
        write_json(folder / _FILE, {**kind, **sizes})
        return [_FILE]


def _check_keys(x: Data) -> None:
    if not isinstance(x, Mapping) or {*x} != {_AUDIO, _TEXT}:
        given = f"the keys {list(x)}" if isinstance(x, Mapping) else f"a {type(x).__name__}"
        raise ValueError(f"x must be a dict with the keys {_AUDIO!r} and {_TEXT!r}; got {given}.")
