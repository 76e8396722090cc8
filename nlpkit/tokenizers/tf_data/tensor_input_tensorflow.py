"""Tokenization of TensorFlow tensors, eager or in a graph."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nlpkit._compat import require
from nlpkit._types import TensorFlowTensor
from nlpkit.ops.data.ragged_tensorflow import Output, map_entries, map_rows
from nlpkit.tokenizers.base.string_input import decode_utf8

if TYPE_CHECKING:
    from nlpkit.tokenizers.base.tokenizer import Tokenizer

tf: Any = require("tensorflow", "tf.data")


# Nothing here branches on a tensor's value, and AutoGraph takes seconds to convert it.
@tf.autograph.experimental.do_not_convert
def tokenize_tensor(tokenizer: "Tokenizer", inputs: TensorFlowTensor) -> Any:
    """Tokenize a tensor of strings."""
    if inputs.dtype != "string":
        raise TypeError(f"A tokenizer takes a tensor of strings; got one of {inputs.dtype}.")
    if tokenizer.pure_graph:
        from nlpkit.tokenizers.tf_data.graph_mode_tensorflow import tokenize_in_graph

        return tokenize_in_graph(tokenizer, inputs)
    shape = None if tokenizer.sequence_length is None else (tokenizer.sequence_length,)
    output = Output(tokenizer.compute_dtype, shape)

    def decode(values: np.ndarray) -> list[str]:
        return [decode_utf8(value, tokenizer.errors) for value in values]

    if not tokenizer._takes_words:
        return map_entries(lambda texts: tokenizer._tokenize_batch(decode(texts)), inputs, output)
    rows = inputs[None] if inputs.shape.rank == 0 else inputs
    return map_rows(
        lambda rows: [tokenizer._tokenize_batch([decode(words) for words in rows])],
        [rows],
        [output],
    )[0]


@tf.autograph.experimental.do_not_convert
def detokenize_tensor(tokenizer: "Tokenizer", inputs: TensorFlowTensor) -> Any:
    """Detokenize a tensor of ids."""
    outputs = [Output("string", ())]
    return map_rows(lambda rows: [tokenizer._texts(rows)], [inputs], outputs)[0]
