"""The options of `CausalLM.generate`, and checks that the model supports them."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import keras
import numpy as np

from nlpkit.generation.prompts import Prompts
from nlpkit.generation.stop_tokens import known_stop_tokens
from nlpkit.samplers import Sampler

# The rules that loops take as values.
_PLANNED = ("min_length", "min_new_tokens", "forced_bos_token_id", "forced_eos_token_id")


@dataclass(frozen=True)
class Options:
    """The arguments of `CausalLM.generate`, which documents them.

    Raises:
        ValueError: a number is not positive, or arguments conflict.
    """

    sampler: Sampler
    max_length: int | None
    max_new_tokens: int | None
    width: int | None  # of arrays, which is the most tokens where nothing else says it
    stop_token_ids: Sequence[int | str] | str | None
    stop_strings: Sequence[str]
    strip_prompt: bool
    num_return_sequences: int
    seed: int | Sequence[int] | None
    truncation: str
    batch_size: int
    verbose: int | str
    cut_side: str = "left"  # of texts that are too long
    # Of `Seq2SeqLM`: what a text must keep to, beside what only its `generate` reads.
    rules: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("max_length", "max_new_tokens", "num_return_sequences", "batch_size"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < 1):
                raise ValueError(f"{name} must be an int of at least 1; got {value!r}.")
        if self.truncation not in ("error", self.cut_side):
            raise ValueError(
                f'truncation must be "error" or "{self.cut_side}"; got {self.truncation!r}.'
            )
        if not all(self.stop_strings):
            raise ValueError(f"stop_strings must not be empty; got {list(self.stop_strings)}.")
        if self.stop_strings and not self.sampler.streams:
            raise ValueError(
                f"stop_strings need a sampler that never revises tokens; got "
                f"{type(self.sampler).__name__}."
            )
        if isinstance(self.stop_token_ids, str) and self.stop_token_ids != "auto":
            raise ValueError(
                f'stop_token_ids must be ints, "auto" or None; got {self.stop_token_ids!r}.'
            )

    def check_prompts(self, prompts: Prompts, *, stream: bool) -> None:
        """Reject prompts that do not fit these options.

        Raises:
            ValueError: they are ids where texts are needed, or too many to be streamed.
        """
        if self.stop_strings and not prompts.are_texts:
            raise ValueError("stop_strings need prompts that are strings; got ids.")
        if not stream:
            return
        if not prompts.are_texts:
            raise ValueError("stream=True needs prompts that are strings, and a preprocessor.")
        if self.num_return_sequences != 1 or len(prompts.rows) > self.batch_size:
            raise ValueError(
                f"stream=True generates one text per prompt, at most batch_size at once; got "
                f"num_return_sequences={self.num_return_sequences}, {len(prompts.rows)} "
                f"prompts, batch_size={self.batch_size}."
            )
        if not self.sampler.streams:
            raise ValueError(
                f"stream=True needs a sampler that never revises tokens; got "
                f"{type(self.sampler).__name__}."
            )

    @property
    def ngram(self) -> int:
        """The number of tokens in a row that no text has twice; 0 for any."""
        return int(self.rules.get("no_repeat_ngram_size", 0))

    def plan_rules(self, stop_ids: Sequence[int]) -> dict[str, Any]:
        """The rules that are values of a `Plan`.

        Args:
            stop_ids: list of int. The tokens that end a text, which no rule excludes for good.
        """
        replaced = "min_length" if "min_new_tokens" in self.rules else None
        names = (name for name in _PLANNED if name != replaced)
        rules = {name: self.rules[name] for name in names if name in self.rules}
        bad = [row for row in self.rules.get("bad_words_ids", ()) if [*row] not in _each(stop_ids)]
        if not bad:
            return rules
        length = max(2, *map(len, bad))
        return {**rules, "bad_words": [[-1] * (length - len(row)) + [*row] for row in bad]}

    def check_rules(self, model: keras.Model) -> None:
        """Reject rules that no text of the model can keep.

        Raises:
            ValueError: a token is not in the vocabulary, or a number is negative.
        """
        words = model.backbone.token_embedding.input_dim
        for name in (*_PLANNED, "no_repeat_ngram_size", "decoder_start_token_id"):
            value = self.rules.get(name, 0)
            is_int = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if not is_int or value < 0:
                raise ValueError(f"{name} must be an int of at least 0; got {value!r}.")
            if name.endswith("_token_id") and value >= words:
                raise ValueError(f"{name} must lie in the vocabulary, [0, {words}); got {value}.")
        if "bad_words_ids" in self.rules:
            _check_sequences(self.rules["bad_words_ids"], words)

    def stop_ids(self, model: keras.Model) -> list[int]:
        """The ids of tokens that end a text.

        Raises:
            ValueError: one is not in the vocabulary.
        """
        if self.stop_token_ids is None:
            return []
        if isinstance(self.stop_token_ids, str):  # "auto"
            return known_stop_tokens(model)
        words = model.backbone.token_embedding.input_dim
        ids = [_id_of(token, model) for token in self.stop_token_ids]
        if wrong := [i for i in ids if not 0 <= i < words]:
            raise ValueError(
                f"stop_token_ids must lie in the vocabulary, [0, {words}); got {wrong}."
            )
        return ids

    def longest(self, model: keras.Model) -> int:
        """The maximum number of tokens of a text, including the prompt.

        Raises:
            ValueError: it exceeds the model's positions, or nothing specifies it.
        """
        limit = model.backbone.max_positions
        longest = self.width if self.max_length is None else self.max_length
        if longest is not None:
            if limit is not None and longest > limit:
                raise ValueError(
                    f"max_length must be at most {limit}, the model's number of positions, and so "
                    f"must the width of token_ids without it; got {longest}."
                )
            return longest
        if self.max_new_tokens is not None:
            return 2**31 - 1 if limit is None else int(limit)
        lengths = [
            limit,
            None if model.preprocessor is None else model.preprocessor.sequence_length,
        ]
        if lengths == [None, None]:
            raise ValueError("Without a preprocessor, max_length or max_new_tokens must be given.")
        return min(length for length in lengths if length is not None)


def _each(ids: Sequence[int]) -> list[list[int]]:
    return [[int(i)] for i in ids]


def _check_sequences(sequences: Any, words: int) -> None:
    """Raise a ValueError if what no text may have is not lists of ids of the vocabulary."""
    is_list = isinstance(sequences, list | tuple) and len(sequences) > 0
    if not is_list or not all(isinstance(row, list | tuple) and len(row) for row in sequences):
        raise ValueError(
            "bad_words_ids must be a list of lists of ids, neither of them empty; got "
            f"{sequences!r:.100}."
        )
    for token in chain.from_iterable(sequences):
        is_int = isinstance(token, int | np.integer) and not isinstance(token, bool)
        if not is_int or not 0 <= token < words:
            raise ValueError(
                f"bad_words_ids must lie in the vocabulary, [0, {words}); got {token!r}."
            )


def _id_of(token: int | str, model: keras.Model) -> int:
    if not isinstance(token, str):
        return operator.index(token)
    tokenizer: Any = getattr(model.preprocessor, "tokenizer", None)
    if tokenizer is None or token not in tokenizer.get_vocabulary():
        raise ValueError(
            f"stop_token_ids must be ids, or tokens of the preprocessor's tokenizer; got {token!r}."
        )
    return int(tokenizer.token_to_id(token))
