"""Columns of any library go through a tokenizer by position; what is wrong is named by its row."""

import pytest
from stand_ins import Arrow, Sequence, Series

from nlpkit.tokenizers import ByteTokenizer

TEXTS = ["the fox", "", "quick"]


@pytest.mark.parametrize("form", [Series, Arrow, Sequence])
def test_columns_are_read_by_position(form):
    tokenizer = ByteTokenizer()
    ids = tokenizer(TEXTS)
    assert tokenizer(form(TEXTS)) == ids
    assert [e.ids for e in tokenizer.encode(form(TEXTS))] == ids
    assert tokenizer.detokenize(form(ids)) == tokenizer.detokenize(ids)


@pytest.mark.parametrize("gap", [None, float("nan"), 5])
@pytest.mark.parametrize("form", [list, Series, Arrow])
def test_what_is_no_text_is_named_with_its_row(form, gap):
    with pytest.raises(TypeError, match=r"takes a string.* in row 1\."):
        ByteTokenizer()(form(["a", gap]))


def test_a_surrogate_is_named_with_its_row():
    with pytest.raises(ValueError, match="at character 1 of row 2"):
        ByteTokenizer(errors="strict")(["a", "b", "c\ud800"])
