"""ByT5's folders, which have T5's model and no files of a vocabulary."""

import pytest
import transformers

from conformance.cases.hard_strings import HARD_STRINGS
from conformance.families.t5 import t5_reference
from nlpkit.models import ByT5Seq2SeqLMPreprocessor, Seq2SeqLM

SENTINELS = ["a <extra_id_0> b<extra_id_124>", "<extra_id_1><extra_id_2>", "<extra_id_125>"]


@pytest.mark.by_turns
def test_a_folder_is_read_and_written(tmp_path):
    tokenizer = transformers.ByT5Tokenizer()
    theirs = t5_reference(vocab_size=384, feed_forward_proj="gated-gelu")()
    theirs.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    ours = Seq2SeqLM.from_preset(tmp_path, special_tokens_in_strings=True)
    assert type(ours.preprocessor) is ByT5Seq2SeqLMPreprocessor
    ours.save_to_preset(tmp_path / "saved")
    again = transformers.AutoTokenizer.from_pretrained(tmp_path / "saved")
    for text in HARD_STRINGS + SENTINELS:
        expected = tokenizer(text)["input_ids"]
        assert [*ours.preprocessor.tokenizer(text), 1] == again(text)["input_ids"] == expected
    ids = tokenizer(["Hé <extra_id_0>"], return_tensors="pt").input_ids
    generated = theirs.generate(ids, do_sample=False, max_new_tokens=5)
    expected = tokenizer.decode(generated[0], skip_special_tokens=False).replace("<pad>", "")
    assert ours.generate("Hé <extra_id_0>", max_new_tokens=5) == expected.replace("</s>", "")
