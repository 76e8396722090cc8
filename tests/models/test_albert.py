"""What becomes of text before ALBERT's SentencePiece model, as a folder says it."""

import pytest

from nlpkit.models import AlbertTokenizer
from nlpkit.tokenizers import compute_sentence_piece_proto

TEXT = "Thé ``Fox''"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("albert")
    special = ["[CLS]", "[SEP]", "[MASK]"]
    proto = compute_sentence_piece_proto([f'{TEXT} the "fox"'], 21, special_tokens=special)
    (path / "spiece.model").write_bytes(proto)
    return path


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, 'the "fox"'),
        ({"do_lower_case": False}, 'The "Fox"'),
        ({"keep_accents": True}, 'thé "fox"'),
    ],
    ids=str,
)
def test_folder_says_what_is_simplified(folder, config, expected):
    tokenizer = AlbertTokenizer.from_files(folder, config)
    assert tokenizer.detokenize(tokenizer(TEXT)) == expected
