"""Stop tokens in Hugging Face configurations."""

from collections.abc import Sequence
from typing import Any

import keras

from nlpkit.presets.layouts.config_reader import ConfigReader


def read_stop_tokens(reader: ConfigReader) -> dict[str, Any]:
    """Convert `eos_token_id` (one id, several or none) to `stop_token_ids`.

    Raises:
        ValueError: `eos_token_id` is neither an int nor a list of ints.
    """
    stated = reader.get("eos_token_id", None, kind=object)
    ids = stated if isinstance(stated, list) else [] if stated is None else [stated]
    if not all(isinstance(i, int) for i in ids):
        raise ValueError(f"eos_token_id must be an int or a list of ints; got {stated!r}.")
    return {"stop_token_ids": ids} if ids else {}


def write_stop_tokens(ids: Sequence[int] | None) -> dict[str, Any]:
    """The inverse of `read_stop_tokens`."""
    listed = [*(ids or ())]
    return {"eos_token_id": listed[0] if len(listed) == 1 else listed} if listed else {}


def known_stop_tokens(model: keras.Model) -> list[int]:
    """The stop tokens of a model and of its preprocessor."""
    known = [] if model.preprocessor is None else model.preprocessor.stop_token_ids()
    # Ids of a configuration may be past a vocabulary that was reduced: they never occur.
    rows = model.backbone.token_embedding.input_dim
    further = [i for i in model.stop_token_ids or () if 0 <= i < rows]
    return list(dict.fromkeys([*known, *further]))
