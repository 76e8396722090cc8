"""KerasHub's and KerasNLP's folders: the same outputs, heads included, and nothing left over."""

import json
import shutil
from types import SimpleNamespace

import h5py
import keras
import numpy as np
import pytest
from presets.layouts import kerashub_folder
from presets.layouts.kerashub_folder import WORDS, write_classifier, write_json

from nlpkit.models import (
    BertBackbone,
    BertClassifier,
    BertMaskedLM,
    BertPreprocessor,
    BertTokenizer,
    MaskedLM,
    TextClassifier,
)
from nlpkit.presets.layouts.kerashub.weight_files import spell
from nlpkit.presets.mapping.assignment import named_variables
from nlpkit.presets.mapping.weight_table import Line

STYLES = ("keras_hub 0.32", "keras_nlp 0.12", "keras_nlp 0.8")
IDS = np.array([[2, 5, 6, 7, 3, 0], [2, 8, 3, 0, 0, 0]], "int32")
INPUTS = {
    "token_ids": IDS,
    "padding_mask": IDS > 0,
    "segment_ids": np.array([[0, 0, 0, 1, 1, 0], [0] * 6], "int32"),
}
MASKS = {"mask_positions": np.array([[1, 2], [1, 0]], "int32")}


@pytest.mark.parametrize("style", STYLES)
def test_every_tensor_goes_where_it_belongs(tmp_path, style):
    arrays = write_classifier(tmp_path / "saved", style)
    loaded = TextClassifier.from_preset(tmp_path / "saved")
    variables = {
        path: keras.ops.convert_to_numpy(variable.value)
        for path, variable in named_variables(loaded.backbone).items()
    }
    assert type(loaded) is BertClassifier
    assert loaded.num_classes == 3
    assert loaded.preprocessor.sequence_length == 12
    kernel = arrays[next(path for path in arrays if "encoder_1" in path and "query" in path)]
    np.testing.assert_array_equal(
        variables["transformer_layer_1/attention/query/kernel"], kernel.reshape(8, 8)
    )
    found = sorted(float(np.sum(array, dtype="float64")) for array in variables.values())
    expected = sorted(float(np.sum(array, dtype="float64")) for array in arrays.values())
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_parts_are_loaded_alone(tmp_path):
    write_classifier(tmp_path / "saved")
    assert BertBackbone.from_preset(tmp_path / "saved").activation == "gelu_tanh"
    assert BertTokenizer.from_preset(tmp_path / "saved")("A fine film") == [5, 6, 7]
    assert BertPreprocessor.from_preset(tmp_path / "saved").sequence_length == 12
    assert BertClassifier.from_preset(tmp_path / "saved", num_classes=5, load_head=False)
    with pytest.warns(UserWarning, match="no tensor for masked_lm_head"):
        BertMaskedLM.from_preset(tmp_path / "saved")


def test_tokenizer_alone_needs_no_config(tmp_path):
    write_classifier(tmp_path / "saved")
    for name in ("config.json", "task.json", "preprocessor.json", "model.weights.h5"):
        (tmp_path / "saved" / name).unlink()
    assert BertTokenizer.from_preset(tmp_path / "saved").get_vocabulary() == list(WORDS)


@pytest.mark.parametrize("name", ["model.weights.h5", "task.weights.h5"])
@pytest.mark.parametrize("change", ["lacks", "has another"])
def test_tensors_that_do_not_fit_are_refused(tmp_path, name, change):
    write_classifier(tmp_path / "saved")
    with h5py.File(tmp_path / "saved" / name, "a") as file:
        if change == "lacks":
            del file["layers/dense/vars/1"]
        else:
            file["layers/dense/vars/2"] = np.ones(3)
    expected = {"lacks": "without a tensor.*/bias", "has another": "no variable takes.*dense/2"}
    with pytest.raises(ValueError, match=expected[change]):
        BertClassifier.from_preset(tmp_path / "saved")


def test_missing_head_is_an_error(tmp_path):
    write_classifier(tmp_path / "saved")
    (tmp_path / "saved" / "task.weights.h5").unlink()
    with pytest.raises(ValueError, match="without a tensor: logits/kernel"):
        BertClassifier.from_preset(tmp_path / "saved")


def test_other_number_of_heads_is_refused(tmp_path):
    write_classifier(tmp_path / "saved")
    for name in ("config.json", "task.json"):
        text = (tmp_path / "saved" / name).read_text().replace('"num_heads": 2', '"num_heads": 4')
        (tmp_path / "saved" / name).write_text(text)
    with pytest.raises(ValueError, match=r"needs a tensor \(8, 4, 2\)"):
        BertBackbone.from_preset(tmp_path / "saved")


def test_files_that_contradict_each_other_are_refused(tmp_path):
    write_classifier(tmp_path / "saved")
    config = json.loads((tmp_path / "saved" / "config.json").read_text())
    config["config"]["normalize_first"] = True
    write_json(tmp_path / "saved" / "config.json", config)
    with pytest.raises(ValueError, match="describe different backbones"):
        BertBackbone.from_preset(tmp_path / "saved")


def test_unknown_argument_is_refused_by_name(tmp_path):
    (tmp_path / "saved").mkdir()
    sizes = {**kerashub_folder.SIZES, "normalize_first": True}
    config = kerashub_folder.serialized("BertBackbone", sizes)
    write_json(tmp_path / "saved" / "config.json", config)
    with pytest.raises(ValueError, match="not know: normalize_first=True"):
        BertBackbone.from_preset(tmp_path / "saved", load_weights=False)


def test_head_unlike_its_backbone_is_saved_with_a_warning(tmp_path, recwarn):
    backbone = BertBackbone(**kerashub_folder.SIZES, activation="gelu_tanh")
    task = BertMaskedLM(backbone, head_activation="gelu", head_layer_norm_epsilon=1e-5)
    with pytest.warns(UserWarning, match=r"has \{'activation': 'gelu', 'layer_norm_eps"):
        task.save_to_preset(tmp_path / "saved")
    loaded = BertMaskedLM.from_preset(tmp_path / "saved")
    assert (loaded.head_activation, loaded.head_layer_norm_epsilon) == ("gelu", 1e-5)
    expected = _outputs(task, MASKS)[0]
    np.testing.assert_allclose(_outputs(loaded, MASKS)[0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "path",
    [
        "layers/encoder/_attention/query_dense/vars/0",
        "layers/encoder/_attention/_query_dense/vars/0",
        "_layer_checkpoint_dependencies/encoder/_attention/_query_dense/vars/0",
    ],
)
def test_paths_of_all_versions_are_spelled_alike(path):
    assert spell(path) == "layers/encoder/attention/query_dense/0"


@pytest.mark.parametrize("place", ["first", "last"])
def test_merged_heads_are_split_again(place):
    line = Line("x", "y", (f"merge 2 {place} heads",))
    tensor = np.arange(24).reshape((2, 4, 3) if place == "first" else (3, 2, 4))
    value = line.read(tensor, (8, 3) if place == "first" else (3, 8))
    assert line.tensor_shape(value.shape) == tensor.shape
    np.testing.assert_array_equal(line.write(value), tensor)
    np.testing.assert_array_equal(value.ravel(), tensor.ravel())


@pytest.fixture(scope="module")
def reference():
    return pytest.importorskip("keras_hub").models


@pytest.fixture(scope="module")
def written(reference, tmp_path_factory):
    """KerasHub's own folders of random models, and the models."""
    folder = tmp_path_factory.mktemp("kerashub")
    tokenizer = reference.BertTokenizer(list(WORDS), lowercase=True)
    classifier = reference.BertTextClassifier(
        reference.BertBackbone(**kerashub_folder.SIZES),
        num_classes=3,
        preprocessor=reference.BertTextClassifierPreprocessor(tokenizer, sequence_length=12),
    )
    masked_lm = reference.BertMaskedLM(
        reference.BertBackbone(**kerashub_folder.SIZES),
        preprocessor=reference.BertMaskedLMPreprocessor(tokenizer, sequence_length=12),
    )
    models = {
        "backbone": reference.BertBackbone(**kerashub_folder.SIZES),
        "classifier": classifier,
        "masked_lm": masked_lm,
    }
    generator = np.random.default_rng(3)
    for name, model in models.items():
        for variable in model.weights:
            variable.assign(generator.normal(scale=0.5, size=variable.shape))
        model.save_to_preset(str(folder / name))
    return SimpleNamespace(folder=folder, **models)


@pytest.mark.parametrize(
    ("name", "base", "more"),
    [
        ("backbone", BertBackbone, {}),
        ("classifier", TextClassifier, {}),
        ("masked_lm", MaskedLM, MASKS),
    ],
)
def test_outputs_equal_kerashub_s(written, name, base, more):
    loaded = base.from_preset(written.folder / name)
    for found, expected in zip(
        _outputs(loaded, more), _outputs(getattr(written, name), more), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=2e-5)


def test_ids_equal_kerashub_s(written):
    texts = ["A fine film", "Dull, the films"]
    expected = written.classifier.preprocessor(texts)
    found = BertClassifier.from_preset(written.folder / "classifier").preprocessor(texts)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], keras.ops.convert_to_numpy(values))


def test_shards_are_read(written, tmp_path):
    written.backbone.save_to_preset(str(tmp_path / "sharded"), max_shard_size=2e-6)
    assert len(list((tmp_path / "sharded").glob("model_*.weights.h5"))) > 1
    loaded = BertBackbone.from_preset(tmp_path / "sharded")
    np.testing.assert_allclose(_outputs(loaded)[0], _outputs(written.backbone)[0], atol=2e-5)


def test_bfloat16_weights_are_read(reference, tmp_path):
    backbone = reference.BertBackbone(**kerashub_folder.SIZES, dtype="bfloat16")
    backbone.save_to_preset(str(tmp_path / "half"))
    loaded = BertBackbone.from_preset(tmp_path / "half")
    kept = keras.ops.convert_to_numpy(loaded.token_embedding.embeddings)
    np.testing.assert_array_equal(
        kept, keras.ops.convert_to_numpy(backbone.token_embedding.embeddings).astype("float32")
    )


@pytest.mark.parametrize("name", ["backbone", "classifier", "masked_lm"])
def test_older_spelling_of_kerashub_s_own_file_gives_its_outputs(written, tmp_path, name):
    """KerasNLP 0.7 to 0.12 wrote the same trees with other names; KerasHub still reads them."""
    shutil.copytree(written.folder / name, tmp_path / name)
    weights = tmp_path / name / "model.weights.h5"
    _respell(weights)
    kerashub = type(getattr(written, name)).from_preset(str(tmp_path / name))
    for path in (tmp_path / name).rglob("*.json"):
        path.write_text(path.read_text().replace("keras_hub", "keras_nlp"))
    base = {"backbone": BertBackbone, "classifier": BertClassifier, "masked_lm": BertMaskedLM}[name]
    more = MASKS if name == "masked_lm" else {}
    found = _outputs(base.from_preset(tmp_path / name), more)
    for old, mine, new in zip(
        _outputs(kerashub, more), found, _outputs(getattr(written, name), more), strict=True
    ):
        np.testing.assert_allclose(mine, old, atol=2e-5)
        np.testing.assert_allclose(old, new, atol=1e-6)


def _respell(path):
    with h5py.File(path, "a") as file:
        for i in ("", "_1"):
            attention = file[f"layers/transformer_encoder{i}/_self_attention_layer"]
            for name in ("query", "key", "value", "output"):
                attention.move(f"{name}_dense", f"_{name}_dense")


def _outputs(model, more=None):
    outputs = model({**INPUTS, **(more or {})})
    if isinstance(outputs, dict):  # What stands at padding is nobody's output.
        sequence = keras.ops.convert_to_numpy(outputs["sequence_output"])[IDS > 0]
        return [sequence, keras.ops.convert_to_numpy(outputs["pooled_output"])]
    return [keras.ops.convert_to_numpy(outputs)]
