"""Saved tokenizers tell transformers whether their model takes the numbers of segments."""

import pytest

import nlpkit

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b"]


@pytest.mark.parametrize(("name", "numbers"), [("DistilBert", False), ("Electra", True)])
def test_transformers_numbers_segments_where_the_model_does(name, numbers, tmp_path):
    transformers = pytest.importorskip("transformers")
    getattr(nlpkit.models, f"{name}Tokenizer")(VOCABULARY).save_files(tmp_path)
    found = transformers.AutoTokenizer.from_pretrained(tmp_path)("a b", "b")
    assert found["input_ids"] == [2, 5, 6, 3, 6, 3]
    assert ("token_type_ids" in found) is numbers
