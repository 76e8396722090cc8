"""A classifier on a decoder: its last token, whatever the padding, as transformers has it."""

import json

import numpy as np
import pytest

from conformance.cases.case import assert_close
from conformance.cases.decoder import LENGTHS, rows_of_ids
from conformance.cases.tasks import LABELS, TEXTS
from conformance.decoder_programs import run
from nlpkit.models import GPT2Backbone, GraniteBackbone, TextClassifier

SIZES = {"vocab_size": 31, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 4}


@pytest.mark.parametrize("family", ["Llama", "GPT2"])
def test_logits_are_those_of_transformers(family, tmp_path):
    import torch
    import transformers

    cls = getattr(transformers, f"{family}ForSequenceClassification")
    torch.manual_seed(0)
    theirs = cls(cls.config_class(**SIZES, num_labels=3, pad_token_id=0)).eval()
    theirs.save_pretrained(tmp_path / "theirs")
    ours = TextClassifier.from_preset(tmp_path / "theirs", preprocessor=None)
    assert type(ours) is TextClassifier
    ids, mask = rows_of_ids(31)
    ids = np.where(mask, np.maximum(ids, 1), 0)
    with torch.no_grad():
        expected = theirs(torch.tensor(ids), attention_mask=torch.tensor(mask)).logits.numpy()
    assert_close(run(ours, token_ids=ids, padding_mask=mask), expected)
    assert_close(run(ours, token_ids=on_the_left(ids), padding_mask=on_the_left(mask)), expected)
    ours.save_to_preset(tmp_path / "ours")
    assert type(cls.from_pretrained(tmp_path / "ours")) is cls


def on_the_left(rows):
    """Rows of LENGTHS with their padding moved to the left."""
    return np.stack([np.roll(row, len(row) - n, 0) for row, n in zip(rows, LENGTHS, strict=True)])


@pytest.mark.by_turns
def test_a_fresh_head_on_a_bundled_decoder_learns(tmp_path):
    preset = "gpt2_nano_en_shakespeare"
    model = TextClassifier.from_preset(preset, num_classes=3, sequence_length=24)
    assert isinstance(model.backbone, GPT2Backbone)
    model.optimizer.learning_rate = 3e-3
    history = model.fit(TEXTS, LABELS, batch_size=6, epochs=8, verbose=0).history
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    model.save_to_preset(tmp_path)
    again = TextClassifier.from_preset(tmp_path)
    assert_close(again.predict(TEXTS, verbose=0), model.predict(TEXTS, verbose=0), 1e-5)


@pytest.mark.by_turns
def test_a_head_that_transformers_lacks_names_no_class_and_is_read(tmp_path):
    sizes = {"vocabulary_size": 11, "num_layers": 1, "hidden_dim": 8, "intermediate_dim": 8}
    backbone = GraniteBackbone(**sizes, num_query_heads=2, num_key_value_heads=1)
    model = TextClassifier(backbone, num_classes=3)
    model.save_to_preset(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["architectures"] == []
    (tmp_path / "nlpkit.json").unlink()
    again = TextClassifier.from_preset(tmp_path, preprocessor=None)
    ids = {"token_ids": np.array([[3, 1, 4]]), "padding_mask": np.ones((1, 3), bool)}
    assert_close(run(again, **ids), run(model, **ids))
