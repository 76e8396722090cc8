"""Tokens beside those of an algorithm, with TensorFlow operations only."""

from collections.abc import Callable, Sequence
from typing import Any

from nlpkit._compat import require
from nlpkit._types import TensorFlowTensor
from nlpkit.tokenizers.base.special.added_tokens import WholeTokens
from nlpkit.tokenizers.tf_data.text_tensorflow import hide_nul, quoted, show_nul

tf: Any = require("tensorflow", "pure_graph=True")
tf_text: Any = require("tensorflow_text", "pure_graph=True")


def with_affixes(first: Sequence[int], rows: TensorFlowTensor, last: Sequence[int]) -> Any:
    """Put ids before and after rows of ids, ragged `[n, None]`."""
    starts, ends = (tf.constant([ids], "int32", (1, len(ids))) for ids in (first, last))
    n = rows.nrows(tf.int32)
    return tf.concat([tf.repeat(starts, n, 0), rows, tf.repeat(ends, n, 0)], axis=1)


def encode_around(
    whole: WholeTokens, texts: TensorFlowTensor, plain: Callable[[TensorFlowTensor], Any]
) -> Any:
    """The ids of texts in which some tokens are found whole; `plain` tokenizes the rest."""
    pattern = "|".join(f"(?:{quoted(token)})" for token in whole.tokens)
    parts = tf_text.regex_split(hide_nul(texts), pattern, pattern)
    parts = parts.with_flat_values(show_nul(parts.flat_values))
    # Not a lookup table: a SavedModel would have to track it.
    is_token = parts.flat_values[:, None] == tf.constant(list(whole.ids))
    is_whole = tf.reduce_any(is_token, axis=-1)
    ids = plain(tf.where(is_whole, "", parts.flat_values))
    found = tf.gather(list(whole.ids.values()), tf.argmax(is_token[is_whole], axis=-1))
    single = tf.RaggedTensor.from_row_lengths(found, tf.cast(is_whole, tf.int64))
    return parts.with_flat_values(tf.concat([ids, single], axis=1)).merge_dims(1, 2)
