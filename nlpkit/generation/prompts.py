"""Prompts in any accepted form, as rows of ids, and results in the same form."""

import operator
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np

from nlpkit._compat import is_tensorflow_dataset, is_tensorflow_value
from nlpkit._types import Data
from nlpkit._warning import warn
from nlpkit.ops.data.columns import to_column

Form = Literal["text", "texts", "lists", "dict"]
ENDLESS = 2**31 - 1


@dataclass(frozen=True)
class Prompts:
    """Rows of ids, and the form of the inputs.

    Attributes:
        rows: the prompts.
        kind: the form.
        sources: for each prompt the text that is translated; None for a model without encoder.
        prefix: what the names of ids in a dict start with.
    """

    rows: list[list[int]]
    kind: Form
    sources: list[list[int]] | None = None
    prefix: str = ""

    @property
    def are_texts(self) -> bool:
        """Whether the prompts were strings."""
        return self.kind in ("text", "texts")

    def form(self, rows: list[Any], copies: int, width: int | None = None) -> Any:
        """Convert results to the form of the inputs; several per prompt become a list each."""
        if self.kind == "dict" and not any(isinstance(x, tuple) for row in rows for x in row):
            return {self.prefix + name: x for name, x in padded(rows, width).items()}
        if copies > 1:
            rows = [rows[i : i + copies] for i in range(0, len(rows), copies)]
        return rows[0] if self.kind == "text" else rows

    def form_texts(self, pieces: list[str]) -> Any:
        """Convert one text per prompt to the form of the inputs."""
        return pieces[0] if self.kind == "text" else pieces

    def streams(self, seed: int | Sequence[int] | None, copies: int) -> np.ndarray:
        """The random stream (seed, draw) of each copy of each prompt, int32 `[rows, 2]`.

        The draw counts the copies of a prompt with its source, and equal ones too if they share one
        seed. So it does not depend on other prompts, and no two continuations use the same random
        numbers, unless equal prompts are given equal seeds.

        Raises:
            ValueError: there are not as many seeds as prompts.
        """
        if seed is None:
            seed = int(np.random.default_rng().integers(2**31))
        if isinstance(seed, float | str):
            raise TypeError(f"seed must be an int or one for each prompt; got {seed!r}.")
        seeds = [seed] * len(self.rows) if isinstance(seed, int | np.integer) else list(seed)
        if len(seeds) != len(self.rows):
            raise ValueError(
                f"seed must be an int or one for each prompt; got {len(seeds)} seeds for "
                f"{len(self.rows)} prompts."
            )
        drawn: Counter[Any] = Counter()
        streams = []
        for i, (row, own) in enumerate(zip(self.rows, seeds, strict=True)):
            source = None if self.sources is None else tuple(self.sources[i])
            text = (tuple(row), source) if np.ndim(seed) == 0 else i
            for _ in range(copies):
                streams.append((int(own), drawn[text]))
                drawn[text] += 1
        wrapped = (np.array(streams, "int64").reshape(-1, 2) + 2**31) % 2**32 - 2**31
        return wrapped.astype("int32")


def read_prompts(inputs: Data, model: keras.Model, *, longest: int, truncation: str) -> Prompts:
    """Read prompts.

    Args:
        inputs: see `CausalLM.generate`.
        model: `CausalLM`.
        longest: int. The maximum number of tokens of a prompt.
        truncation: str. What happens to longer prompts, "error" or "left".

    Raises:
        TypeError: the inputs are neither strings nor ids.
        ValueError: a prompt is empty or too long, or strings are given without a preprocessor.
    """
    inputs = host_form(inputs)
    ids = read_ids(inputs)
    if ids is not None:
        rows, kind = ids
        if truncation == "left":
            rows = _cut(rows, longest)
        check_ids(rows, longest, model.backbone.token_embedding.input_dim)
        return Prompts(rows, kind)
    if model.preprocessor is None:
        raise ValueError(
            f"A {type(model).__name__} without a preprocessor takes ids, in lists or as "
            f"{{'token_ids': …, 'padding_mask': …}}; got {type(inputs).__name__}."
        )
    single = isinstance(inputs, str | bytes)
    if not single and not len(inputs):
        raise ValueError("inputs must contain at least one prompt; got an empty list.")
    packed = model.preprocessor.generate_preprocess(
        [inputs] if single else inputs,
        # The preprocessor's own error would mention its sequence_length.
        sequence_length=ENDLESS if truncation == "error" else longest,
        padding_side="left",
        truncation=truncation,
    )
    rows = unpadded(packed)
    check_ids(rows, longest, model.backbone.token_embedding.input_dim)
    return Prompts(rows, "text" if single else "texts")


def host_form(inputs: Data) -> Any:
    """Inputs of any form as strings, lists and dicts of them."""
    if is_tensorflow_dataset(inputs):
        inputs = [text for batch in inputs for text in np.atleast_1d(batch.numpy()).tolist()]
    elif is_tensorflow_value(inputs):
        inputs = inputs.numpy()
    elif not hasattr(inputs, "__len__") and hasattr(inputs, "__iter__"):
        inputs = list(inputs)
    inputs = to_column(inputs)
    return inputs.tolist() if isinstance(inputs, np.ndarray) else inputs


def width_of(inputs: Data, name: str = "token_ids") -> int | None:
    """The number of tokens that a row of a dict of ids has room for; None for other inputs."""
    ids = inputs.get(name) if isinstance(inputs, dict) else None
    return None if ids is None or len(np.shape(ids)) != 2 else int(np.shape(ids)[1])


def padded(rows: list[list[int]], width: int | None = None) -> dict[str, np.ndarray]:
    """Convert rows of ids to arrays, padded on the right to the longest row or to a width."""
    length = max(map(len, rows), default=0) if width is None else width
    mask = np.arange(length) < np.array([len(row) for row in rows])[:, None]
    token_ids = np.zeros(mask.shape, "int32")
    token_ids[mask] = np.concatenate([np.array(row, "int32") for row in rows])
    return {"token_ids": token_ids, "padding_mask": mask}


def read_ids(inputs: Data) -> tuple[list[list[int]], Form] | None:
    """Rows of ids and their form, if that is what the inputs are."""
    if isinstance(inputs, dict) and "token_ids" in inputs:
        return unpadded(inputs), "dict"
    is_ids = isinstance(inputs, list) and inputs and all(map(_is_row_of_ids, inputs))
    return ([list(map(operator.index, row)) for row in inputs], "lists") if is_ids else None


def _is_row_of_ids(x: Data) -> bool:
    return isinstance(x, list | np.ndarray) and not any(isinstance(i, str | bytes) for i in x)


def unpadded(features: dict[str, Any], prefix: str = "") -> list[list[int]]:
    """The rows of ids in arrays, which are named with a prefix."""
    ids = np.asarray(features[f"{prefix}token_ids"])
    mask = features.get(f"{prefix}padding_mask")
    mask = np.ones(ids.shape, bool) if mask is None else np.asarray(mask, bool)
    if ids.ndim != 2 or mask.shape != ids.shape:
        raise ValueError(
            "token_ids and padding_mask must have the same shape [batch, seq]; "
            f"got {ids.shape} and {mask.shape}."
        )
    return [row[real].tolist() for row, real in zip(ids, mask, strict=True)]


def _cut(rows: list[list[int]], longest: int) -> list[list[int]]:
    """Keep the ends of rows that are too long, with a warning."""
    long = sum(len(row) > longest for row in rows)
    if long:
        warn(
            f"{long} of {len(rows)} prompts were cut on the left to their last {longest} tokens.",
        )
    return [row[-longest:] for row in rows]


def check_ids(
    rows: list[list[int]],
    longest: int,
    words: int,
    what: str = "Prompt",
    room: str = "max_length or the model's positions leave",
) -> None:
    """Raise a ValueError if a text is empty or too long, or an id is not in the vocabulary."""
    for i, row in enumerate(rows):
        if not row:
            raise ValueError(f"{what} {i} is empty; it must have at least one token.")
        if len(row) > longest:
            raise ValueError(
                f"{what} {i} has {len(row)} tokens, but {room} room for {longest}. Shorten it, or "
                "increase max_length if it was given."
            )
        if min(row) < 0 or max(row) >= words:
            raise ValueError(
                f"token_ids must lie in [0, {words}); {what.lower()} {i} has ids from {min(row)} "
                f"to {max(row)}."
            )
