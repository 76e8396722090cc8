"""Chunks that go to the native engine together."""

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from nlpkit.tokenizers.base.native_engine import chunk_ids, native_ids

CHUNKS = [" a", " ab", " ^", " b^a", "", " ", " zz", *(f" a{i}" for i in range(200)), " ^^", "a^"]


def engine(pieces: str) -> Tokenizer:
    vocabulary = {"[UNK]": 0} | {p: i for i, p in enumerate(pieces.split(), start=1)}
    built = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    built.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return built


@pytest.mark.parametrize("separator", [" ^", " a", " zz", " ", " ^a", None])
@pytest.mark.parametrize("pieces", ["a ab b ##a ##b ^ ##1", "a b"])
def test_chunks_have_the_same_ids_together_as_alone(pieces, separator):
    """Whether the separator is known or not, vanishes, or stands in chunks as well."""
    native = engine(pieces)
    assert list(chunk_ids(native, CHUNKS, separator)) == list(native_ids(native, CHUNKS))
