"""KerasHub's folders of decoders: the same logits, tokenizer and preprocessor."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from nlpkit.models import CausalLM, GPT2Backbone, GPT2CausalLM, GPT2Tokenizer

PIECES = ["<|endoftext|>", "a", "b", "Ġ", "ab", "Ġab"]
MERGES = ["a b", "Ġ ab"]
SIZES = {
    "vocabulary_size": 6,
    "num_layers": 2,
    "num_heads": 2,
    "hidden_dim": 8,
    "intermediate_dim": 12,
    "max_sequence_length": 16,
}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """KerasHub's own folder of a random GPT-2, and the model."""
    models = pytest.importorskip("keras_hub").models
    tokenizer = models.GPT2Tokenizer({piece: i for i, piece in enumerate(PIECES)}, MERGES)
    task = models.GPT2CausalLM(
        models.GPT2Backbone(**SIZES),
        preprocessor=models.GPT2CausalLMPreprocessor(tokenizer, sequence_length=12),
    )
    generator = np.random.default_rng(5)
    for variable in task.backbone.weights:
        variable.assign(generator.normal(scale=0.5, size=variable.shape))
    folder = tmp_path_factory.mktemp("kerashub") / "gpt2"
    task.save_to_preset(str(folder))
    return SimpleNamespace(folder=folder, task=task)


def test_logits_equal_kerashub_s(written):
    loaded = CausalLM.from_preset(written.folder)
    assert type(loaded) is GPT2CausalLM
    ids = np.array([[0, 1, 5, 4], [0, 5, 2, 2]], "int32")
    inputs = {"token_ids": ids, "padding_mask": np.ones_like(ids)}
    expected = keras.ops.convert_to_numpy(written.task(inputs))
    inputs["padding_mask"] = inputs["padding_mask"].astype(bool)
    found = keras.ops.convert_to_numpy(loaded(inputs))
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_parts_are_loaded_alone(written):
    assert GPT2Backbone.from_preset(written.folder).num_heads == 2
    tokenizer = GPT2Tokenizer.from_preset(written.folder)
    assert tokenizer("ab abb") == [4, 5, 2]
    loaded = CausalLM.from_preset(written.folder)
    assert loaded.preprocessor.sequence_length == 12
    assert loaded.preprocessor(["ab"])[0]["token_ids"][0, :3].tolist() == [0, 4, 0]


def test_tokens_that_are_not_gpt_2_s_are_refused(written, tmp_path):
    config = json.loads((written.folder / "tokenizer.json").read_text())
    config["config"]["unsplittable_tokens"] = ["<|endoftext|>", "<|x|>"]
    (tmp_path / "tokenizer.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"unsplittable_tokens must be .*got .*<\|x\|>"):
        GPT2Tokenizer.from_preset(tmp_path)
