"""What T5's family reads of its relatives' folders."""

import numpy as np
import pytest

from conformance.cases.case import assert_close
from conformance.families.t5 import t5_reference
from nlpkit.models import Seq2SeqLM


@pytest.mark.by_turns
@pytest.mark.parametrize("tied", [True, False])
def test_mt5_is_read_as_t5_without_scale(tied, tmp_path):
    import torch

    theirs = t5_reference("MT5", tied=tied, feed_forward_proj="gated-gelu")()
    theirs.save_pretrained(tmp_path)
    ours = Seq2SeqLM.from_preset(tmp_path, preprocessor=None)
    source, target = np.array([[5, 9, 1]]), np.array([[0, 7]])
    with torch.no_grad():
        expected = theirs(torch.tensor(source), decoder_input_ids=torch.tensor(target)).logits
    inputs = {"encoder_token_ids": source, "decoder_token_ids": target}
    assert_close(ours.predict_on_batch(inputs), expected.numpy())
