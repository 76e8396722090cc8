"""Text that comes token by token, and how much of it is decoded anew."""

import random

import pytest

from conformance.cases.decoders import DECODERS
from nlpkit.generation.text_stream import TextStream

TOKENIZERS = {name: given for case in DECODERS for name, given in case.tokenizers.items()}
pytestmark = pytest.mark.by_turns


@pytest.mark.parametrize("name", TOKENIZERS)
def test_pieces_of_a_long_text_join_to_it(name):
    tokenizer = TOKENIZERS[name].build(name)
    asked = []

    def decode(ids):
        asked.append(len(ids))
        return tokenizer.detokenize(ids)

    start = tokenizer("the movie was good " * 30)
    others = random.Random(0).choices(range(tokenizer.vocabulary_size()), k=60)
    new = [*tokenizer("was the movie good? " * 15), *others]
    stream = TextStream(decode, start, [])
    asked.clear()
    pieces = [stream.push(new[:count], last=count == len(new)) for count in range(1, len(new) + 1)]
    assert stream.prompt + "".join(pieces) == tokenizer.detokenize(start + new)
    assert max(asked) < 64
