"""Rows of a table of embeddings."""

from typing import Any

from keras import ops

from nlpkit._types import Tensor


def take_rows(table: Tensor, ids: Tensor) -> Any:
    """The rows of a table: `[N, dim]`, int `[...]` -> `[..., dim]`."""
    return ops.take(table, ids, axis=0)
