"""SpeechToText: transcription and translation of speech."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from keras import ops

from nlpkit import samplers
from nlpkit._progress import ProgressBar
from nlpkit._types import Data
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.encoder_decoder import EncoderDecoderBackbone
from nlpkit.generation.batches import plan_of, prompt_of, stop_array
from nlpkit.generation.clips import read_clips
from nlpkit.generation.generate import generated_ids, refuse_broken
from nlpkit.generation.stop_tokens import known_stop_tokens
from nlpkit.generation.transcription import Transcription
from nlpkit.generation.trials import Trials
from nlpkit.ops import backend
from nlpkit.ops.sizes import power_of_two
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.tasks.data.speech_reader import SpeechReader
from nlpkit.tasks.language_model import LanguageModel
from nlpkit.tasks.task import Task
from nlpkit.tokenizers.byte_pair.transcript_tokenizer import TASKS

# The keys of generation_config.json that are read, and their types.
_KINDS: dict[str, type] = {
    "suppress_tokens": list,
    "begin_suppress_tokens": list,
    "max_initial_timestamp_index": int,
}
_SUPPRESSED = {
    "suppressed_ids": "suppress_tokens",
    "suppressed_first_ids": "begin_suppress_tokens",
}
_LATEST_START = 50  # steps of 0.02 seconds


class SpeechToText(LanguageModel, Task):
    """Transcribe speech, or translate it into English (Radford et al., 2022).

    The head, on the decoder, is the transposed token embedding. Audio of any length is transcribed
    in windows of `max_audio_length` seconds, each of which begins where the last whole segment of
    the one before ended. It departs from the paper in that tokens are chosen by the sampler of
    `compile`, greedy search by default; that what was said before is not part of the prompt; that
    silence is not told from speech; and that transcripts are tried at several temperatures only if
    they are given, until one does not repeat itself. `fit` takes a dict of `encoder_audio`
    and `decoder_text`. `SpeechToText.from_preset` finds the family of a preset.

    Args:
        backbone: `EncoderDecoderBackbone` whose encoder takes features of audio.
        preprocessor: `SpeechToTextPreprocessor`; None if the input is preprocessed already.
        stop_token_ids: list of int or None. Tokens that end a transcript, in addition to the
            preprocessor's.
        generation_config: dict or None. With keys of Hugging Face's generation_config.json:
            `suppress_tokens` and `begin_suppress_tokens` (lists of ids that never come, or not at
            first), `max_initial_timestamp_index` (the latest first timestamp, in steps of 0.02
            seconds; 50 by default).
        **kwargs: `name`, `trainable` of `keras.Model`, and `compile` (bool, default True).

    Call arguments:
        inputs: the backbone's inputs.
        training: bool. Whether dropout is applied.

    Returns:
        float `[batch, seq, vocabulary_size]`, the logits of each next token of the transcripts.

    Raises:
        ValueError: the backbone or the preprocessor is of another family, the preprocessor's
            windows are longer than the encoder's, or a key of `generation_config` is unknown.
    """

    backbone_class: ClassVar[type[Backbone]] = EncoderDecoderBackbone

    def __init__(
        self,
        backbone: Backbone,
        preprocessor: Preprocessor | None = None,
        *,
        stop_token_ids: Sequence[int] | None = None,
        generation_config: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if "encoder_features" not in backbone.input:
            raise ValueError(f"Expected a backbone that takes audio; got {backbone.name}.")
        if unknown := set(generation_config or {}) - set(_KINDS):
            raise ValueError(
                f"generation_config must have keys of {', '.join(_KINDS)}; got {sorted(unknown)}."
            )
        super().__init__(backbone, preprocessor, stop_token_ids, generation_config, **kwargs)
        if preprocessor is not None:
            self._check_windows()

    def transcribe(
        self,
        audio: Data,
        language: str | None = None,
        task: str = "transcribe",
        timestamps: bool = False,
        *,
        sampling_rate: int | None = None,
        batch_size: int = 8,
        temperature: float | Sequence[float] = 0.0,
        compression_ratio_threshold: float | None = None,
        verbose: int | str = "auto",
    ) -> Any:
        """Transcribe clips of any length.

        The transcript of a clip does not depend on other clips.

        Args:
            audio: float array or list `[samples]`, mono, from -1 to 1; the path of a mono WAV file;
                or a list of either.
            language: str or None. The code of the language that is spoken, such as "en"; None has
                the model detect it in the first window of each clip.
            task: str. "transcribe", or "translate" into English.
            timestamps: bool. Whether to return segments, with their times. Timestamps are generated
                in any case for clips of several windows.
            sampling_rate: int or None. The rate of `audio`, to be checked; None for that of the
                preprocessor's `audio_converter`.
            batch_size: int. The number of windows transcribed at once.
            temperature: float or tuple of float. What the logits are divided by, to draw tokens at
                random, always the same; 0 for the sampler of `compile`. Several are tried in turn
                while a window's transcript repeats itself, such as (0.0, 0.2, 0.4, 0.6, 0.8, 1.0).
            compression_ratio_threshold: float or None. How many times shorter a transcript's ids
                may become by compression; one that exceeds it repeats itself. None for any.
            verbose: int or str. 0 shows no progress bar; "auto" shows one, of seconds of audio, for
                long runs.

        Returns:
            `Transcript`, with `text`, `language` and `segments`; for a list of clips a list.

        Raises:
            TypeError: samples are integers.
            ValueError: there is no preprocessor; the language or the task is unknown; a temperature
                is negative, or there are several and no threshold; audio has another rate, several
                channels, no samples or any that are not finite.
        """
        converter, tokenizer = self._speech_parts()
        if language is not None or not tokenizer.languages:
            tokenizer.prompt_ids(language, task)
        elif task != "transcribe":
            tokenizer.prompt_ids(next(iter(tokenizer.languages)), task)
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(f"batch_size must be an int of at least 1; got {batch_size!r}.")
        trials = Trials.of(temperature, compression_ratio_threshold)
        clips, several = read_clips(audio, converter.sampling_rate)
        converter.check(clips, sampling_rate)
        rate, window = converter.sampling_rate, converter.sampling_rate * converter.max_audio_length
        english = "en" if not tokenizer.languages else None
        found = [Transcription(clip, rate, window, language or english) for clip in clips]
        for part in _parts(found, batch_size):
            self._detect_languages([x for x in part if x.language is None])
        bar = ProgressBar(_seconds(clips, rate), "second", verbose)
        for timed in (False, True):
            rest = [x for x in found if (timestamps or x.is_long) == timed]
            while rest := [x for x in rest if not x.is_done]:
                for part in _parts(rest, batch_size):
                    self._transcribe_windows(part, task, timed, trials)
                    bar.update(_seconds([x.done for x in found], rate))
        bar.finish(_seconds(clips, rate))
        transcripts = [x.transcript(timestamps) for x in found]
        return transcripts if several else transcripts[0]

    @property
    def spelled_words(self) -> int:
        """The number of ids: timestamps need no tokens in the vocabulary."""
        return int(self.backbone.token_embedding.input_dim)

    def _speech_parts(self) -> tuple[Any, Any]:
        preprocessor: Any = self.preprocessor
        if preprocessor is None:
            raise ValueError("transcribe needs a preprocessor; this model has none.")
        return preprocessor.audio_converter, preprocessor.tokenizer

    def _check_windows(self) -> None:
        converter, _ = self._speech_parts()
        frames = converter.sampling_rate * converter.max_audio_length // converter.stride
        limit, features = self.backbone.max_source_positions, self.backbone.num_mels
        if frames > limit or converter.num_mels != features:
            raise ValueError(
                f"The backbone takes up to {limit} frames of {features} features; the "
                f"preprocessor's audio_converter makes {frames} of {converter.num_mels}."
            )

    def _detect_languages(self, clips: list[Transcription]) -> None:
        """Set the most likely language of clips by the first token after that which starts them."""
        if not clips:
            return
        converter, tokenizer = self._speech_parts()
        features = converter([clip.next_window for clip in clips])
        ids = np.full((len(clips), 1), tokenizer.bos_token_id, "int32")
        with self.between_steps():
            logits = self({"encoder_features": features, "decoder_token_ids": ids})
        codes, places = zip(*tokenizer.languages.items(), strict=True)
        scores = ops.convert_to_numpy(ops.cast(logits, "float32"))[:, 0, list(places)]
        for clip, best in zip(clips, scores.argmax(axis=-1), strict=True):
            clip.language = codes[best]

    def _transcribe_windows(
        self, clips: Sequence[Transcription], task: str, timestamps: bool, trials: Trials
    ) -> None:
        """Transcribe the next window of each clip, and once more where it repeats itself."""
        converter, tokenizer = self._speech_parts()
        # Padding rows repeat the last one.
        rows = len(clips) if backend.EAGER else power_of_two(len(clips))
        padded = [*clips, *[clips[-1]] * (rows - len(clips))]
        features = converter([clip.next_window for clip in padded])
        prompts = [tokenizer.prompt_ids(clip.language, task, timestamps) for clip in padded]
        heat = trials.temperatures[0]
        sampler = samplers.RandomSampler(temperature=heat) if heat else None
        found = self._transcripts(prompts, features, self._rules(timestamps), sampler)
        again = []
        for clip, ids in zip(clips, found, strict=False):
            if trials.end(ids, self.spelled_words):
                clip.add(ids, tokenizer)
            else:
                again.append(clip)
        if again:
            self._transcribe_windows(again, task, timestamps, trials.rest)

    def _transcripts(
        self,
        prompts: list[list[int]],
        features: np.ndarray,
        rules: dict[str, np.ndarray],
        sampler: samplers.Sampler | None = None,
    ) -> list[list[int]]:
        """Generate what follows each prompt, given its features, by default by `self.sampler`."""
        sampler = self.sampler if sampler is None else sampler
        preprocessor: Any = self.preprocessor
        longest = min(preprocessor.sequence_length, self.backbone.max_positions)
        limit = longest - len(prompts[0])
        if limit < 1:
            raise ValueError(
                f"decoder_sequence_length must leave room after {len(prompts[0])} special tokens; "
                f"got {longest}."
            )
        rows, stops = len(prompts), known_stop_tokens(self)
        limits = np.full(rows, limit, "int32")
        prompt = prompt_of(prompts, limits, sampler, {"features": features})
        plan = plan_of(sampler, stops, limits, np.zeros((rows, 2), "int32"), rules)
        state = self._execution.start(sampler, prompt, plan, limit - 1)
        refuse_broken(state, rows)
        ids = generated_ids(sampler.results(state, plan), rows, stops)
        return ids[:: len(ids) // rows]  # Of several texts a row the best.

    def _rules(self, timestamps: bool) -> dict[str, np.ndarray]:
        """The rules of a `Plan`."""
        config, (_, tokenizer) = self.generation_config or {}, self._speech_parts()
        lists = {name: config.get(key) for name, key in _SUPPRESSED.items()}
        rules = {name: stop_array(ids) for name, ids in lists.items() if ids}
        if not timestamps:
            return rules
        first = tokenizer.no_timestamps_token_id + 1
        if first >= self.spelled_words:
            raise ValueError("The backbone's vocabulary has no timestamps.")
        latest = config.get("max_initial_timestamp_index", _LATEST_START)
        rule = np.array([first, tokenizer.eos_token_id, latest], "int32")
        return {**rules, "timestamps": rule}

    def _reader(self, labelled: bool = True) -> Any:
        return SpeechReader.of(self, labelled)

    def _default_sampler(self) -> samplers.Sampler:
        return samplers.get("greedy")

    def _hidden(self, outputs: Any) -> Any:
        return outputs["decoder_sequence_output"]

    def _decoder_ids(self, inputs: Data) -> Any:
        return inputs["decoder_token_ids"]

    def hf_head_config(self) -> dict[str, Any]:
        if self.preprocessor is None:
            return super().hf_head_config()
        tokenizer = self._speech_parts()[1]
        ids = {f"{x}_token_id": getattr(tokenizer, f"{x}_token_id") for x in ("bos", "eos", "pad")}
        start = {"decoder_start_token_id": tokenizer.bos_token_id}
        return {**ids, **start, **super().hf_head_config()}

    @classmethod
    def from_generation_config(cls, config: Mapping[str, Any]) -> dict[str, Any]:
        reader = ConfigReader(config, "generation_config.json")
        stated = {name: reader.get(name, None, kind=kind) for name, kind in _KINDS.items()}
        found = {name: value for name, value in stated.items() if value is not None}
        return {"generation_config": found or None}

    def hf_generation_config(self) -> dict[str, Any]:
        own = dict(self.generation_config or {})
        if self.preprocessor is None:
            return own
        tokenizer = self._speech_parts()[1]
        tasks = {name: getattr(tokenizer, f"{name}_token_id") for name in TASKS}
        return {
            **own,
            "is_multilingual": bool(tokenizer.languages),
            "lang_to_id": {f"<|{code}|>": i for code, i in tokenizer.languages.items()},
            "task_to_id": tasks,
            "no_timestamps_token_id": tokenizer.no_timestamps_token_id,
            "decoder_start_token_id": tokenizer.bos_token_id,
        }


def _seconds(parts: Sequence[np.ndarray], rate: int) -> int:
    return sum(map(len, parts)) // rate


def _parts(clips: list[Transcription], size: int) -> list[list[Transcription]]:
    return [clips[i : i + size] for i in range(0, len(clips), size)]
