"""KerasHub's folders of decoders: the same outputs, tokenizer and preprocessor."""

import json
from functools import cache
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import nlpkit
from conformance.cases.case import assert_close
from conformance.cases.decoders import KERASHUB_DECODERS as CASES
from conformance.cases.encoders import ENCODERS
from conformance.cases.kerashub_decoder import TEXTS
from conformance.cases.seq2seqs import KERASHUB_SEQ2SEQ
from nlpkit._registry import known_classes
from nlpkit.models import CausalLM, GPT2Tokenizer

IDS = np.array([[1, 7, 5, 4, 9, 3, 8, 2], [6, 5, 2, 2, 3, 0, 0, 0]], "int32")
MASK = np.array([[1] * 8, [1] * 5 + [0] * 3])
each_case = pytest.mark.parametrize(
    "name", [pytest.param(x, marks=pytest.mark.by_turns(turn)) for turn, x in enumerate(CASES)]
)


@pytest.fixture(autouse=True)
def _windows(monkeypatch):
    """KerasHub's fused attention leaves out the windows of these families."""
    pytest.importorskip("keras_hub")
    from keras_hub.src.models.qwen import qwen_attention
    from keras_hub.src.models.qwen3 import qwen3_attention
    from keras_hub.src.models.qwen3_moe import qwen3_moe_attention

    for module in (qwen_attention, qwen3_attention, qwen3_moe_attention):
        monkeypatch.setattr(module, "fused_attention_op_available", lambda: False)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """KerasHub's own folder of a random model, and the model, by name of the case."""

    @cache
    def write(name):
        folder = tmp_path_factory.mktemp("kerashub") / name
        task = CASES[name].write(folder)
        return SimpleNamespace(folder=folder, task=task, backbone=task.backbone)

    return write


def outputs(model, mask=MASK):
    return keras.ops.convert_to_numpy(model({"token_ids": IDS, "padding_mask": mask}))[MASK > 0]


@each_case
def test_logits_equal_kerashub_s(written, name):
    case = written(name)
    loaded = CausalLM.from_preset(case.folder)
    assert type(loaded).__name__ == f"{CASES[name].prefix}CausalLM".replace("Llama3", "Llama")
    assert_close(outputs(loaded, MASK > 0), outputs(case.task))


@each_case
def test_backbone_is_loaded_alone(written, name):
    case = written(name)
    loaded = nlpkit.models.Backbone.from_preset(case.folder)
    assert_close(outputs(loaded, MASK > 0), outputs(case.backbone))


@each_case
def test_ids_equal_kerashub_s(written, name):
    case = written(name)
    preprocessor = CausalLM.from_preset(case.folder).preprocessor
    texts = {"prompts": TEXTS, "responses": [""] * 3} if "gemma3" in name else TEXTS
    expected = case.task.preprocessor(texts)[0]
    found = preprocessor(TEXTS)[0]
    assert preprocessor.sequence_length == 12
    mask = keras.ops.convert_to_numpy(expected["padding_mask"]) > 0
    np.testing.assert_array_equal(found["padding_mask"], mask)
    np.testing.assert_array_equal(
        found["token_ids"][mask], keras.ops.convert_to_numpy(expected["token_ids"])[mask]
    )


@pytest.mark.parametrize("name", ["llama", "qwen", "gpt2"])
def test_task_is_made_from_a_folder_of_a_backbone(written, tmp_path, name):
    case = written(name)
    case.backbone.save_to_preset(str(tmp_path / name))
    loaded = CausalLM.from_preset(tmp_path / name, preprocessor=None)
    assert_close(outputs(loaded, MASK > 0), outputs(case.task))


@pytest.mark.by_turns
def test_every_family_that_is_read_has_a_case():
    families = [x for cls in known_classes().values() for x in vars(cls).get("kerashub", ())]
    names = {name for family in families for name in family.backbone.names}
    cases = [*CASES.values(), *KERASHUB_SEQ2SEQ.values()]
    cases += [case for case in ENCODERS if case.kerashub]
    # XLNet has no tokenizer, Whisper no task.
    alone = {"BertBackbone", "XLNetBackbone", "WhisperBackbone"}
    assert names == alone | {*(f"{case.prefix}Backbone" for case in cases)}


def edit(case, tmp_path, name, **changes):
    """A folder with nothing but a changed file."""
    content = json.loads((case.folder / name).read_text())
    content["config"].update(changes)
    (tmp_path / name).write_text(json.dumps(content))
    return tmp_path


def test_tokens_that_are_not_gpt_2_s_are_refused(written, tmp_path):
    folder = edit(
        written("gpt2"), tmp_path, "tokenizer.json", unsplittable_tokens=["<|endoftext|>", "<|x|>"]
    )
    with pytest.raises(ValueError, match=r"unsplittable_tokens must be .*got .*<\|x\|>"):
        GPT2Tokenizer.from_preset(folder)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("llama", {"rope_type": "x"}, "not know: rope_type='x'"),
        ("llama", {"num_key_value_heads": 0}, r"num_key_value_heads=0; it must be in \[1"),
        ("llama", {"num_query_heads": "4"}, "num_query_heads of LlamaBackbone must be int"),
        ("gemma3", {"vision_encoder": {"class_name": "X"}}, "vision_encoder must be None; got"),
        ("gemma3", {"use_bidirectional_attention": True}, "must be False; got True"),
        ("qwen3_moe", {"mlp_only_layers": [1]}, r"mlp_only_layers must be None; got \[1\]"),
    ],
)
def test_configurations_that_mean_something_else_are_refused(
    written, tmp_path, name, changes, message
):
    folder = edit(written(name), tmp_path, "config.json", **changes)
    with pytest.raises(ValueError, match=message):
        nlpkit.models.Backbone.from_preset(folder, load_weights=False)


def test_other_number_of_key_value_heads_is_refused(written, tmp_path):
    case = written("llama")
    folder = edit(case, tmp_path, "config.json", num_key_value_heads=4)
    (folder / "model.weights.h5").write_bytes((case.folder / "model.weights.h5").read_bytes())
    with pytest.raises(ValueError, match=r"needs a tensor \(16, 4, 4\).*has \(16, 2, 4\)"):
        nlpkit.models.Backbone.from_preset(folder)
