"""Tokenization with TensorFlow operations only."""

import sys
from typing import TYPE_CHECKING, Any

from nlpkit._compat import require
from nlpkit._types import TensorFlowTensor
from nlpkit.ops.data.ragged_tensorflow import nest_rows
from nlpkit.tokenizers.base.string_input import decode_utf8

if TYPE_CHECKING:
    from nlpkit.tokenizers.base.tokenizer import Tokenizer

tf: Any = require("tensorflow", "pure_graph=True")


def tokenize_in_graph(tokenizer: "Tokenizer", inputs: TensorFlowTensor) -> Any:
    """Tokenize a tensor of strings of any rank, dense or ragged.

    Ids are the same as in Python. With `sequence_length`, cut ids are reported by `tf.print`
    (`truncation="warn"`, each time) or an assertion (`truncation="error"`).
    """
    if isinstance(inputs, tf.RaggedTensor):
        return inputs.with_flat_values(tokenize_in_graph(tokenizer, inputs.flat_values))
    if tokenizer._takes_words:
        raise ValueError("pure_graph=True needs split=True: it takes texts, not lists of words.")
    texts = _valid(tf.reshape(inputs, [-1]), tokenizer.errors)
    rows = tokenizer._running().graph_encode(texts)
    length = tokenizer.sequence_length
    if length is not None:
        padded = _padded(tokenizer, rows, length)
        return tf.reshape(padded, tf.concat([tf.shape(inputs), [length]], 0))
    return nest_rows(_finished(tokenizer, rows), inputs)


def _valid(texts: TensorFlowTensor, errors: str) -> Any:
    if errors == "strict" and tf.executing_eagerly():
        for text in texts.numpy():
            decode_utf8(text)  # Gives a better error than TensorFlow does.
    return tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors=errors)


def _finished(tokenizer: "Tokenizer", rows: TensorFlowTensor) -> Any:
    if tokenizer.compute_dtype != "string":
        return tf.cast(rows, tokenizer.compute_dtype)
    tokens = tf.constant([token or "" for token in tokenizer.get_vocabulary()])
    return rows.with_values(tf.gather(tokens, rows.values))


def _padded(tokenizer: "Tokenizer", rows: TensorFlowTensor, length: int) -> Any:
    report = _report(rows, length, tokenizer.truncation)
    with tf.control_dependencies(report):
        value = tokenizer._pad_value(tokenizer.compute_dtype == "string")
        dense = _finished(tokenizer, rows).to_tensor(value, shape=(None, length))
    dense.set_shape((None, length))
    return dense


def _report(rows: TensorFlowTensor, length: int, truncation: str) -> list[Any]:
    longest = tf.reduce_max(tf.concat([rows.row_lengths(), [0]], 0))
    message = f"A text has more than sequence_length={length} ids and is cut; the longest has"
    if truncation == "error":
        return [tf.debugging.Assert(longest <= length, [message, longest])]
    if truncation == "silent":
        return []

    def say() -> int:
        tf.print(message, longest, output_stream=sys.stderr)
        return 0

    return [tf.cond(longest > length, say, lambda: 0)]
