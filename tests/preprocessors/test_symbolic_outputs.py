"""What a graph is told of a preprocessor's outputs, which needs no vocabulary."""

import keras
import pytest
from tasks.miniature import tokenizer

from nlpkit.models import BertMaskedLMPreprocessor, BertPreprocessor, CausalLMPreprocessor
from nlpkit.tokenizers import ByteTokenizer

MADE = {
    "strings": lambda: tokenizer(),
    "dense": lambda: ByteTokenizer(sequence_length=4, truncation="silent"),
    "segments": lambda: BertPreprocessor(tokenizer(), sequence_length=6, dtype="int64"),
    "masks": lambda: BertMaskedLMPreprocessor(
        tokenizer(), sequence_length=6, mask_selection_length=2
    ),
    "next_tokens": lambda: CausalLMPreprocessor(ByteTokenizer(), 5, add_end_token=False),
    "packed": lambda: CausalLMPreprocessor(ByteTokenizer(), 5, add_end_token=False, packing=True),
}


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="strings are tensors on TensorFlow alone"
)
@pytest.mark.parametrize("shape", [(), (None,)])
@pytest.mark.parametrize("name", MADE)
def test_they_are_those_of_the_call(name, shape):
    layer = MADE[name]()
    strings = keras.KerasTensor(shape, dtype="string")
    traced = keras.Operation.compute_output_spec(layer, strings)
    assert described(layer.compute_output_spec(strings)) == described(traced)


def described(outputs):
    return keras.tree.map_structure(lambda x: (tuple(x.shape), x.dtype, x.ragged), outputs)
