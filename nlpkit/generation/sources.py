"""Sources of any form, and what their targets begin with, as rows of ids."""

from typing import Any

import keras

from nlpkit._types import Data
from nlpkit.generation.prompts import (
    ENDLESS,
    Form,
    Prompts,
    check_ids,
    host_form,
    read_ids,
    unpadded,
)

_DICT: Form = "dict"


def read_sources(
    inputs: Data,
    model: keras.Model,
    *,
    start: int | None,
    second: int | None,
    longest: int,
    truncation: str,
) -> Prompts:
    """Read sources, and what their targets begin with.

    Args:
        inputs: see `Seq2SeqLM.generate`.
        model: `Seq2SeqLM`.
        start: int or None. The token that every target begins with; None for the preprocessor's.
        second: int or None. The token after it, where the preprocessor has one there, too.
        longest: int. The maximum number of tokens of what a target begins with.
        truncation: str. What happens to sources that are too long, "error" or "right".

    Raises:
        TypeError: the inputs are neither strings nor ids.
        ValueError: a text is empty or too long, or strings are given without a preprocessor.
    """
    inputs = host_form(inputs)
    found = _read_ids(inputs, model, start) or _read_texts(inputs, model, truncation)
    sources, rows, kind = found
    if start is not None:
        rows = [[start, *row[1:]] for row in rows]
    if second is not None and kind in ("text", "texts"):
        given = [second][: len(model.preprocessor.decoder_start_ids) - 1]
        rows = [[row[0], *given, *row[1 + len(given) :]] for row in rows]
    limit = model.backbone.max_source_positions or ENDLESS
    if truncation == "right":
        sources = [row[:limit] for row in sources]
    words = model.backbone.token_embedding.input_dim
    check_ids(sources, limit, words, "Source", "the encoder's positions leave")
    check_ids(rows, longest, words)
    return Prompts(rows, kind, sources, prefix="decoder_")


def _read_texts(
    inputs: Data, model: keras.Model, truncation: str
) -> tuple[list[list[int]], list[list[int]], Form]:
    if model.preprocessor is None:
        raise ValueError(
            f"A {type(model).__name__} without a preprocessor takes ids, in lists or as "
            f"{{'encoder_token_ids': …, 'encoder_padding_mask': …}}; got {type(inputs).__name__}."
        )
    column = inputs
    if isinstance(inputs, dict) and inputs:
        column = next(iter(inputs.values()))
    single = isinstance(column, str | bytes)
    if not single and not len(column):
        raise ValueError("inputs must contain at least one text; got an empty list.")
    if single:
        inputs = {k: [x] for k, x in inputs.items()} if isinstance(inputs, dict) else [inputs]
    limit = model.backbone.max_source_positions or ENDLESS
    limit = min(limit, model.preprocessor.encoder_sequence_length)
    packed = model.preprocessor.generate_preprocess(
        inputs,
        # The preprocessor's own error would mention its sequence_length.
        encoder_sequence_length=limit if truncation == "right" else ENDLESS,
        decoder_sequence_length=ENDLESS,
        padding_side="left",
        truncation=truncation,
    )
    form: Form = "text" if single else "texts"
    return unpadded(packed, "encoder_"), unpadded(packed, "decoder_"), form


def _read_ids(
    inputs: Data, model: keras.Model, start: int | None
) -> tuple[list[list[int]], list[list[int]], Form] | None:
    found, kind = read_ids(inputs), _DICT
    if isinstance(inputs, dict) and "encoder_token_ids" in inputs:
        sources = unpadded(inputs, "encoder_")
        if inputs.get("decoder_token_ids") is not None:
            rows = unpadded(inputs, "decoder_")
            if len(rows) != len(sources):
                raise ValueError(
                    "encoder_token_ids and decoder_token_ids must have as many rows; got "
                    f"{len(sources)} and {len(rows)}."
                )
            return sources, rows, kind
    elif found is None:
        return None
    else:
        sources, kind = found
    first = _first(model) if start is None else start
    return sources, [[first] for _ in sources], kind


def _first(model: keras.Model) -> Any:
    """The token that starts targets."""
    if model.preprocessor is None:
        raise ValueError(
            "decoder_start_token_id, the token that starts what is generated, must be given to a "
            "model without a preprocessor, or decoder_token_ids; got neither."
        )
    return model.preprocessor.decoder_start_ids[0]
