"""Reading and writing Hugging Face's layout."""

import json

import numpy as np
import pytest
from presets import miniature
from presets.miniature import assert_same_outputs, outputs
from safetensors.numpy import load_file, save_file


@pytest.fixture
def folder(classifier, tmp_path):
    return _as_hugging_face(classifier, tmp_path / "saved")


def _as_hugging_face(thing, folder):
    thing.save_to_preset(folder)
    (folder / "nlpkit.json").unlink()
    return folder


def _configure(folder, **changes):
    config = {**json.loads((folder / "config.json").read_text()), **changes}
    present = {name: value for name, value in config.items() if value is not ...}
    (folder / "config.json").write_text(json.dumps(present))


def _change_tensors(folder, change):
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")


def test_written_folder_has_hugging_face_s_names(folder):
    assert json.loads((folder / "config.json").read_text()) == {
        "architectures": ["TinyForSequenceClassification"],
        "model_type": "tiny",
        "dtype": "float32",
        "hidden_size": 4,
        "num_hidden_layers": 2,
        "max_position_embeddings": 16,
        "hidden_act": "tanh",
        "id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"},
    }
    tensors = load_file(folder / "model.safetensors")
    assert tensors["classifier.weight"].shape == (3, 4)
    assert "tiny.embeddings.weight" in tensors


def test_backbone_is_written_without_prefix(backbone, tmp_path):
    folder = _as_hugging_face(backbone, tmp_path / "saved")
    assert "embeddings.weight" in load_file(folder / "model.safetensors")
    assert json.loads((folder / "config.json").read_text())["architectures"] == ["TinyModel"]
    assert_same_outputs(miniature.MiniBackbone.from_preset(folder), backbone)


@pytest.mark.parametrize("cls", [miniature.TinyClassifier, miniature.MiniClassifier])
def test_task_is_read_with_its_head(classifier, folder, cls):
    loaded = cls.from_preset(folder)
    assert loaded.num_classes == 3
    assert_same_outputs(loaded, classifier)


def test_backbone_tokenizer_and_preprocessor_are_read_from_a_task(classifier, folder):
    backbone = miniature.MiniBackbone.from_preset(folder)
    assert_same_outputs(backbone, classifier.backbone)
    assert miniature.MiniTokenizer.from_preset(folder).vocabulary[3] == "film"
    assert type(miniature.MiniPreprocessor.from_preset(folder)) is miniature.TinyPreprocessor


def test_sequences_are_no_longer_than_the_positions_unless_asked_for(folder):
    assert miniature.MiniPreprocessor.from_preset(folder).sequence_length == 16
    loaded = miniature.MiniClassifier.from_preset(folder)
    assert loaded.preprocessor.sequence_length == 16
    loaded = miniature.MiniPreprocessor.from_preset(folder, sequence_length=99)
    assert loaded.sequence_length == 99


def test_other_number_of_classes_is_refused_by_name(folder):
    with pytest.raises(ValueError, match=r"has num_classes=3\.\nPass load_head=False"):
        miniature.MiniClassifier.from_preset(folder, num_classes=2)


def test_head_of_another_architecture_is_refused_by_name(folder):
    _configure(folder, architectures=["TinyForTokenClassification"])
    with pytest.raises(ValueError, match=r"head of a TinyForTokenClassification.*load_head=False"):
        miniature.MiniClassifier.from_preset(folder, num_classes=3)
    miniature.MiniClassifier.from_preset(folder, num_classes=3, load_head=False)


def test_tensors_decide_where_the_architecture_is_not_stated(classifier, folder):
    _configure(folder, architectures=...)
    assert_same_outputs(miniature.MiniClassifier.from_preset(folder), classifier)


def test_other_architecture_with_the_same_head_is_read(language_model, tmp_path):
    folder = _as_hugging_face(language_model, tmp_path / "saved")
    _configure(folder, architectures=["TinyForPreTraining"])
    _change_tensors(folder, lambda x: x.update({"cls.next_sentence.bias": np.ones(2)}))
    assert_same_outputs(miniature.TinyLM.from_preset(folder), language_model)
    miniature.MiniBackbone.from_preset(folder)


def test_tied_tensors_may_be_there_and_must_be_equal(language_model, tmp_path):
    folder = _as_hugging_face(language_model, tmp_path / "saved")
    table = load_file(folder / "model.safetensors")["tiny.embeddings.weight"]
    _change_tensors(folder, lambda x: x.update({"cls.decoder.weight": table}))
    loaded = miniature.TinyLM.from_preset(folder)
    assert_same_outputs(loaded, language_model)
    miniature.TinyBackbone.from_preset(folder)
    _change_tensors(folder, lambda x: x.update({"cls.decoder.weight": table + 1}))
    with pytest.raises(ValueError, match=r"cls\.decoder\.weight and .* differ"):
        miniature.TinyLM.from_preset(folder)


def test_old_spelling_buffers_and_foreign_heads_are_read_over(classifier, folder):
    def change(x):
        x["tiny.norm.gamma"], x["tiny.norm.beta"] = (
            x.pop("tiny.norm.weight"),
            x.pop("tiny.norm.bias"),
        )
        x |= {"tiny.embeddings.position_ids": np.arange(3), "qa.outputs.weight": np.ones(2)}

    _change_tensors(folder, change)
    assert_same_outputs(miniature.MiniClassifier.from_preset(folder), classifier)


def test_missing_optional_tensor_is_named_in_a_warning(classifier, folder):
    _change_tensors(folder, lambda x: [x.pop(f"tiny.pooler.{name}") for name in ("weight", "bias")])
    with pytest.warns(UserWarning, match="no tensor for pooler/kernel, pooler/bias of Tiny"):
        loaded = miniature.MiniBackbone.from_preset(folder)
    np.testing.assert_allclose(
        outputs(loaded)[8:], outputs(classifier.backbone)[8:], rtol=1e-5, atol=1e-6
    )


def test_missing_and_unknown_tensors_are_named_together(folder):
    def change(x):
        x["tiny.layers.0.scale"] = x.pop("tiny.layers.0.bias")

    _change_tensors(folder, change)
    with pytest.raises(ValueError) as raised:
        miniature.MiniBackbone.from_preset(folder)
    assert "layer_0/bias (tensor tiny.layers.0.bias)" in str(raised.value)
    assert "no variable takes: tiny.layers.0.scale" in str(raised.value)


def test_half_a_head_is_refused(folder):
    _change_tensors(folder, lambda x: x.pop("classifier.bias"))
    with pytest.raises(ValueError, match=r"without a tensor: logits/bias \(tensor classifier.bias"):
        miniature.MiniClassifier.from_preset(folder)


def test_tensor_of_another_shape_is_named_with_both_shapes(folder):
    _configure(folder, hidden_size=8)
    with pytest.raises(
        ValueError, match=r"layer_0/bias has shape \(8,\); tiny.layers.0.bias has \(4,\)"
    ):
        miniature.MiniBackbone.from_preset(folder)


def test_truncated_weights_are_named(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ValueError, match=r"model\.safetensors is not an intact safetensors file: "):
        miniature.MiniBackbone.from_preset(folder)


@pytest.mark.parametrize("cls", [miniature.MiniBackbone, miniature.MiniClassifier])
def test_unknown_configuration_key_is_named(folder, cls):
    _configure(folder, sliding_window=128)
    with pytest.raises(ValueError, match="does not know .* sliding_window=128"):
        cls.from_preset(folder)


def test_unsupported_value_is_named(folder):
    _configure(folder, hidden_act="gelu")
    with pytest.raises(ValueError, match="hidden_act='gelu' is not supported; supported: 'tanh'"):
        miniature.MiniBackbone.from_preset(folder)


def test_unsupported_model_type_is_named(folder):
    _configure(folder, model_type="tyni")
    with pytest.raises(ValueError, match="model_type='tyni' is not supported; supported: .*tiny"):
        miniature.MiniBackbone.from_preset(folder)


def test_kerashub_folder_is_not_taken_for_hugging_face_s(folder):
    _configure(folder, model_type=..., registered_name="keras_hub>BertBackbone")
    with pytest.raises(ValueError, match="must contain a serialized Keras object"):
        miniature.MiniBackbone.from_preset(folder)


def _shard(folder, **changes):
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(tensors)
    shards = {"a.safetensors": names[:3], "b.safetensors": names[3:]}
    for file, part in shards.items():
        save_file({name: tensors[name] for name in part}, folder / file)
    weight_map = {name: file for file, part in shards.items() for name in part}
    index = {"metadata": {}, "weight_map": {**weight_map, **changes}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def test_sharded_weights_are_read(classifier, folder):
    _shard(folder)
    assert_same_outputs(miniature.MiniClassifier.from_preset(folder), classifier)


def test_missing_shard_is_named(folder):
    _shard(folder)
    (folder / "b.safetensors").unlink()
    with pytest.raises(ValueError, match=r"lacks the file b\.safetensors"):
        miniature.MiniBackbone.from_preset(folder)


def test_index_that_does_not_fit_the_shards_is_refused(folder):
    _shard(folder, extra="a.safetensors")
    with pytest.raises(ValueError, match=r"names that are missing: extra \(a\.safetensors\)"):
        miniature.MiniBackbone.from_preset(folder)


def test_index_that_leaves_the_folder_is_refused(folder, tmp_path):
    _shard(folder, extra="../other.safetensors")
    save_file({"extra": np.ones(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"names the file '\.\./other\.safetensors'"):
        miniature.MiniBackbone.from_preset(folder)


def test_pickled_weights_are_refused_with_the_way_to_convert(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"pytorch_model\.bin, a pickle.*save_pretrained"):
        miniature.MiniBackbone.from_preset(folder)


def test_folder_without_weights_is_named(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"holds no weights: neither model\.safetensors nor"):
        miniature.MiniBackbone.from_preset(folder)
    miniature.MiniBackbone.from_preset(folder, load_weights=False)
