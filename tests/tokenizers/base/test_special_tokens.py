"""Special tokens: looked up when the vocabulary is set, found in texts, reported."""

import json
import warnings

import pytest

from nlpkit.models import BertTokenizer
from nlpkit.tokenizers import Tokenizer, WordPieceTokenizer

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b"]


def test_ids_are_those_of_the_vocabulary_that_is_set():
    tokenizer = BertTokenizer(WORDS)
    assert (tokenizer.cls_token_id, tokenizer.unk_token_id) == (2, 1)
    tokenizer.set_vocabulary(WORDS[::-1])
    assert (tokenizer.cls_token_id, tokenizer.unk_token_id) == (4, 5)
    assert tokenizer("a b") == [1, 0]


def test_without_a_vocabulary_there_are_no_ids():
    tokenizer = BertTokenizer(WORDS)
    tokenizer.set_vocabulary(None)
    with pytest.raises(ValueError, match="BertTokenizer has no vocabulary yet"):
        _ = tokenizer.cls_token_id
    assert not tokenizer.has_vocabulary


def test_a_vocabulary_that_lacks_a_token_leaves_the_old_one():
    tokenizer = BertTokenizer(WORDS)
    with pytest.raises(ValueError, match=r"lacks mask_token='\[MASK\]'"):
        tokenizer.set_vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    assert (tokenizer.mask_token_id, tokenizer("a")) == (4, [5])


def test_ids_are_not_looked_up_again():
    tokenizer = BertTokenizer(WORDS)
    tokenizer.token_to_id = None
    assert tokenizer.sep_token_id == 3


def test_a_tokenizer_of_ones_own_has_ids_of_special_tokens():
    class Letters(Tokenizer):
        special_token_names = ("pad_token",)
        pad_token = "_"

        def token_to_id(self, token):
            return ord(token)

    assert Letters().pad_token_id == ord("_")


def test_words_are_special_tokens_as_a_whole():
    tokenizer = WordPieceTokenizer(
        WORDS, split=False, special_tokens=["[SEP]"], special_tokens_in_strings=True
    )
    assert tokenizer(["a", "[SEP]", "a[SEP]"]) == [5, 3, 1]
    assert [tokenizer.encode(word).ids for word in ("[SEP]", "a[SEP]")] == [[3], [1]]


def test_tokens_that_a_pipeline_finds_are_not_reported_as_text():
    model = {"type": "WordPiece", "unk_token": "[UNK]", "max_input_chars_per_word": 100}
    model["continuing_subword_prefix"] = "##"
    pipeline = json.dumps({"model": model, "pre_tokenizer": {"type": "WhitespaceSplit"}})
    arguments = {"pipeline": pipeline, "special_tokens": ["[SEP]"]}
    found = WordPieceTokenizer(WORDS, special_tokens_in_strings=True, **arguments)
    with warnings.catch_warnings(action="error"):
        assert found("a [SEP]") == [5, 3]
    with pytest.warns(UserWarning, match=r"special token '\[SEP\]', read as plain text"):
        assert WordPieceTokenizer(WORDS, **arguments)("a [SEP]") == [5, 1]
