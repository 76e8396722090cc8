"""TranscriptTokenizer: a tokenizer whose special tokens say what a transcript is."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer

_LANGUAGE = re.compile(r"<\|([a-z]{2,3})\|>")
TASKS = ("transcribe", "translate")
_SECONDS_A_STEP = 0.02


class Segment(NamedTuple):
    """A part of a transcript.

    Attributes:
        start: float. Seconds.
        end: float or None. Seconds; None if the transcript ends before the segment does.
        text: str.
    """

    start: float
    end: float | None
    text: str


class TranscriptTokenizer(BytePairTokenizer):
    """A `BytePairTokenizer` with Whisper's special tokens (Radford et al., 2022).

    They name the language of a transcript, the task and whether there are timestamps. Timestamps
    are the ids after that of `no_timestamps_token`, in steps of 0.02 seconds, whether or not the
    vocabulary has tokens for them.

    Args:
        vocabulary, merges, **kwargs: as for `BytePairTokenizer`. Languages are among
            `special_tokens`, as "<|en|>"; none in a tokenizer for English alone.
        bos_token: str. Starts a transcript. Default "<|startoftranscript|>".
        eos_token, pad_token: str. Default "<|endoftext|>".
        no_timestamps_token: str. Default "<|notimestamps|>".
        translate_token: str. Default "<|translate|>".
        transcribe_token: str. Default "<|transcribe|>".
        multilingual: bool. Whether the model knows several languages; if not, its tokens of
            languages and tasks have no meaning. Default True.
    """

    special_token_names: ClassVar[tuple[str, ...]] = (
        "bos_token",
        "eos_token",
        "pad_token",
        "no_timestamps_token",
        "translate_token",
        "transcribe_token",
    )
    no_timestamps_token_id: int
    translate_token_id: int
    transcribe_token_id: int

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        *,
        bos_token: str = "<|startoftranscript|>",
        eos_token: str = "<|endoftext|>",
        pad_token: str = "<|endoftext|>",
        no_timestamps_token: str = "<|notimestamps|>",
        translate_token: str = "<|translate|>",
        transcribe_token: str = "<|transcribe|>",
        multilingual: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bos_token = bos_token
        self.eos_token = eos_token
        self.pad_token = pad_token
        self.no_timestamps_token = no_timestamps_token
        self.translate_token = translate_token
        self.transcribe_token = transcribe_token
        self.multilingual = multilingual
        self.set_vocabulary_and_merges(vocabulary, merges)

    @property
    def languages(self) -> dict[str, int]:
        """The codes of languages, such as "en", with their ids; empty for English alone."""
        self._known()
        if not self.multilingual:
            return {}
        matches = ((_LANGUAGE.fullmatch(token), i) for token, i in self._special.ids.items())
        return {match[1]: i for match, i in matches if match}

    def prompt_ids(
        self, language: str | None = None, task: str = "transcribe", timestamps: bool = False
    ) -> list[int]:
        """The ids that a transcript starts with.

        Args:
            language: str. A code in `languages`; None where there are none.
            task: "transcribe", or "translate" into English.
            timestamps: bool. Whether the transcript has timestamps. Default False.

        Raises:
            ValueError: the language or the task is unknown.
        """
        languages, end = self.languages, [] if timestamps else [self.no_timestamps_token_id]
        if task not in TASKS or (task == "translate" and not languages):
            known = " or ".join(map(repr, TASKS if languages else TASKS[:1]))
            raise ValueError(f"task must be {known}; got {task!r}.")
        if not languages and language in (None, "en"):
            return [self.bos_token_id, *end]
        if language not in languages:
            known = ", ".join(languages) or "en, the only one of this tokenizer"
            raise ValueError(f"language must be one of {known}; got {language!r}.")
        return [self.bos_token_id, languages[language], getattr(self, f"{task}_token_id"), *end]

    def segments(self, ids: Sequence[int]) -> list[Segment]:
        """Split a transcript with timestamps.

        Args:
            ids: list of int. Text between pairs of timestamps; special tokens are left out.

        Returns:
            list of `Segment`s.
        """
        found: list[Segment] = []
        start, words = 0.0, list[int]()
        hidden, first = {*self._special.ids.values()}, self.no_timestamps_token_id + 1
        for i in ids:
            if i >= first:
                time = round((i - first) * _SECONDS_A_STEP, 2)
                if words:
                    found.append(Segment(start, time, self.detokenize(words)))
                start, words = time, []
            elif i not in hidden:
                words.append(i)
        return [*found, Segment(start, None, self.detokenize(words))] if words else found
