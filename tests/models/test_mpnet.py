"""MPNet's tokenizer in the files of transformers."""

import numpy as np
import pytest

from nlpkit.models import MPNetPreprocessor, MPNetTokenizer

VOCABULARY = ["<s>", "<pad>", "</s>", "[UNK]", "the", "qu", "##ick", "fox", "<mask>"]


@pytest.mark.by_turns
def test_packs_as_transformers_and_reads_its_files(tmp_path):
    from transformers import AutoTokenizer

    tokenizer = MPNetTokenizer(VOCABULARY, lowercase=True)
    preprocessor = MPNetPreprocessor(tokenizer, sequence_length=8)
    preprocessor.save_to_preset(tmp_path / "ours")
    theirs = AutoTokenizer.from_pretrained(tmp_path / "ours")
    for texts in (("The quick fox",), ("The quick", "fox")):
        expected = theirs(*texts, padding="max_length", max_length=8)
        packed = preprocessor(tuple([text] for text in texts))
        np.testing.assert_array_equal(packed["token_ids"][0], expected["input_ids"])
        np.testing.assert_array_equal(packed["padding_mask"][0], expected["attention_mask"])
    theirs.save_pretrained(tmp_path / "theirs")
    again = MPNetTokenizer.from_files(tmp_path / "theirs", {"tokenizer_class": "MPNetTokenizer"})
    assert again("The quick fox") == tokenizer("The quick fox") == [4, 5, 6, 7]
    assert again.special_tokens_map == tokenizer.special_tokens_map
