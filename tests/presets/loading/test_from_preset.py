"""Saving to and loading from nlpkit's own layout."""

import warnings

import keras
import numpy as np
import pytest
from presets import miniature
from presets.miniature import assert_same_outputs, outputs
from safetensors import safe_open


@pytest.fixture(autouse=True)
def _no_unexpected_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        yield


@pytest.fixture
def folder(classifier, tmp_path):
    classifier.save_to_preset(tmp_path / "saved")
    return tmp_path / "saved"


def _loaded(cls, thing, tmp_path, **kwargs):
    thing.save_to_preset(tmp_path / "saved")
    return cls.from_preset(tmp_path / "saved", **kwargs)


@pytest.mark.parametrize("cls", [miniature.TinyBackbone, miniature.MiniBackbone])
def test_backbone_comes_back_equal(backbone, cls, tmp_path):
    loaded = _loaded(cls, backbone, tmp_path)
    assert type(loaded) is miniature.TinyBackbone
    assert_same_outputs(loaded, backbone)
    for found, expected in zip(loaded.weights, backbone.weights, strict=True):
        np.testing.assert_array_equal(np.array(found), np.array(expected))


@pytest.mark.parametrize("cls", [miniature.TinyClassifier, miniature.MiniClassifier])
def test_task_comes_back_equal_with_head_and_preprocessor(classifier, cls, tmp_path):
    loaded = _loaded(cls, classifier, tmp_path)
    assert type(loaded) is miniature.TinyClassifier
    assert loaded.dropout == 0.25
    assert_same_outputs(loaded, classifier)
    texts = ["A fine film", "dull"]
    np.testing.assert_array_equal(loaded.preprocessor(texts), classifier.preprocessor(texts))


def test_tied_task_comes_back_equal(language_model, tmp_path):
    loaded = _loaded(miniature.MiniTask, language_model, tmp_path)
    assert_same_outputs(loaded, language_model)


@pytest.mark.parametrize("cls", [miniature.TinyTokenizer, miniature.MiniTokenizer])
def test_tokenizer_comes_back_equal(tokenizer, cls, tmp_path):
    loaded = _loaded(cls, tokenizer, tmp_path)
    assert type(loaded) is miniature.TinyTokenizer
    assert loaded("A fine film") == tokenizer("A fine film")


def test_preprocessor_comes_back_equal(classifier, tmp_path):
    loaded = _loaded(miniature.MiniPreprocessor, classifier.preprocessor, tmp_path)
    assert type(loaded) is miniature.TinyPreprocessor
    assert loaded.sequence_length == 5


def test_parts_of_a_task_are_loaded_alone(classifier, folder):
    backbone = miniature.MiniBackbone.from_preset(folder)
    assert_same_outputs(backbone, classifier.backbone)
    assert miniature.MiniTokenizer.from_preset(folder).lowercase
    assert miniature.MiniPreprocessor.from_preset(folder).sequence_length == 5


def test_arguments_replace_the_preset_s(folder):
    loaded = miniature.MiniClassifier.from_preset(
        folder, dropout=0.5, activation="relu", sequence_length=7, lowercase=False, dtype="bfloat16"
    )
    assert loaded.dropout == 0.5
    assert loaded.backbone.activation == "relu"
    assert loaded.preprocessor.sequence_length == 7
    assert not loaded.preprocessor.tokenizer.lowercase
    assert {str(variable.dtype) for variable in loaded.weights} == {"bfloat16"}


@pytest.mark.parametrize("base", ["Backbone", "Classifier", "Tokenizer", "Preprocessor"])
def test_unknown_argument_is_named(folder, base):
    with pytest.raises(TypeError, match="from_preset got widht=3, not an argument of Tiny"):
        getattr(miniature, f"Mini{base}").from_preset(folder, widht=3)


def test_preprocessor_may_be_given_or_left_out(classifier, folder):
    given = miniature.TinyPreprocessor(classifier.preprocessor.tokenizer, 3)
    load = miniature.TinyClassifier.from_preset
    assert load(folder, preprocessor=given).preprocessor is given
    assert load(folder, preprocessor=None).preprocessor is None


def test_task_without_preprocessor_comes_back_without(backbone, tmp_path):
    task = miniature.TinyClassifier(backbone, 2)
    assert _loaded(miniature.TinyClassifier, task, tmp_path).preprocessor is None


def test_tokenizer_may_be_given_to_a_preprocessor(folder):
    tokenizer = miniature.TinyTokenizer(["x"])
    load = miniature.MiniPreprocessor.from_preset
    assert load(folder, tokenizer=tokenizer).tokenizer is tokenizer
    with pytest.raises(TypeError, match="lowercase must be set in the tokenizer that is given"):
        load(folder, tokenizer=tokenizer, lowercase=True)


def test_weights_may_be_left_out(classifier, folder):
    loaded = miniature.TinyClassifier.from_preset(folder, load_weights=False)
    assert loaded.num_classes == 3
    assert not np.allclose(outputs(loaded), outputs(classifier))


def test_other_number_of_classes_is_refused_by_name(folder):
    with pytest.raises(ValueError) as raised:
        miniature.TinyClassifier.from_preset(folder, num_classes=5)
    assert "logits/kernel has shape (4, 5)" in str(raised.value)
    assert "num_classes=5 was asked for, the preset's head has num_classes=3" in str(raised.value)
    assert "load_head=False" in str(raised.value)


def test_fresh_head_on_demand_keeps_the_backbone(classifier, folder):
    loaded = miniature.TinyClassifier.from_preset(folder, num_classes=5, load_head=False)
    assert loaded.num_classes == 5
    assert_same_outputs(loaded.backbone, classifier.backbone)


def test_fresh_head_needs_its_arguments(folder, backbone, tmp_path):
    with pytest.raises(ValueError, match=r"needs num_classes for a fresh head \(load_head=False"):
        miniature.TinyClassifier.from_preset(folder, load_head=False)
    backbone.save_to_preset(tmp_path / "backbone")
    with pytest.raises(ValueError, match=r"needs num_classes .* has no head for it"):
        miniature.TinyClassifier.from_preset(tmp_path / "backbone")


def test_head_on_a_backbone_preset_is_fresh_and_says_that_there_is_no_tokenizer(backbone, tmp_path):
    with pytest.warns(UserWarning, match="holds no tokenizer: this TinyClassifier takes prep"):
        loaded = _loaded(miniature.MiniClassifier, backbone, tmp_path, num_classes=2)
    assert_same_outputs(loaded.backbone, backbone)


def test_task_of_another_kind_gives_backbone_and_tokenizer(language_model, tmp_path):
    loaded = _loaded(miniature.MiniClassifier, language_model, tmp_path, num_classes=2)
    assert type(loaded) is miniature.TinyClassifier
    assert loaded.preprocessor.tokenizer.vocabulary
    assert_same_outputs(loaded.backbone, language_model.backbone)


def test_fresh_head_that_nobody_described_is_named_in_a_warning(folder):
    with pytest.warns(UserWarning, match="no tensor for lm/bias of TinyLM"):
        miniature.TinyLM.from_preset(folder)
    miniature.TinyLM.from_preset(folder, load_head=False)


@pytest.mark.parametrize(
    ("other", "held"),
    [
        ("OtherBackbone", "TinyBackbone"),
        ("OtherClassifier", "TinyBackbone"),
        ("OtherTokenizer", "TinyTokenizer"),
        ("OtherPreprocessor", "TinyTokenizer"),
    ],
)
def test_preset_of_another_family_is_refused_with_both_names(folder, other, held):
    with pytest.raises(ValueError, match=f"holds a {held}, which is not compatible with {other}"):
        getattr(miniature, other).from_preset(folder)


def test_part_that_the_preset_lacks_is_named(tokenizer, tmp_path):
    with pytest.raises(ValueError, match="holds a TinyTokenizer, and no backbone"):
        _loaded(miniature.MiniBackbone, tokenizer, tmp_path)
    with pytest.raises(ValueError, match="holds no tokenizer"):
        _loaded(miniature.MiniTokenizer, miniature.TinyBackbone(4), tmp_path / "2")


def test_base_class_with_several_candidates_asks_for_one(folder, language_model, tmp_path):
    language_model.backbone.save_to_preset(tmp_path / "backbone")
    with pytest.raises(ValueError, match="call from_preset of TinyClassifier or TinyLM"):
        miniature.MiniTask.from_preset(tmp_path / "backbone")


def test_own_subclass_is_loaded_and_saved_as_what_it_extends(backbone, tmp_path):
    class Mine(miniature.TinyBackbone):
        pass

    assert type(_loaded(Mine, backbone, tmp_path)) is Mine
    Mine(4).save_to_preset(tmp_path / "mine")
    assert type(miniature.MiniBackbone.from_preset(tmp_path / "mine")) is miniature.TinyBackbone


def test_float16_storage_loads_into_float32_models(backbone, tmp_path):
    backbone.save_to_preset(tmp_path / "half", dtype="float16")
    with safe_open(tmp_path / "half" / "model.safetensors", "np") as file:
        assert {file.get_slice(name).get_dtype() for name in file.keys()} == {"F16"}  # noqa: SIM118
    loaded = miniature.TinyBackbone.from_preset(tmp_path / "half")
    assert {str(variable.dtype) for variable in loaded.weights} == {"float32"}
    np.testing.assert_allclose(outputs(loaded), outputs(backbone), atol=0.02)


def test_weights_in_several_files_come_back_equal(backbone, tmp_path):
    backbone.save_to_preset(tmp_path / "saved", max_shard_size=300)
    shards = sorted(file.name for file in (tmp_path / "saved").glob("model-*.safetensors"))
    assert len(shards) > 1
    assert (tmp_path / "saved" / "model.safetensors.index.json").is_file()
    loaded = miniature.TinyBackbone.from_preset(tmp_path / "saved")
    assert_same_outputs(loaded, backbone)
    backbone.save_to_preset(tmp_path / "saved")  # One file now; the others go.
    assert [file.name for file in tmp_path.glob("saved/model*")] == ["model.safetensors"]
    loaded = miniature.TinyBackbone.from_preset(tmp_path / "saved")
    assert_same_outputs(loaded, backbone)
    with pytest.raises(ValueError, match="max_shard_size must be.*'many'"):
        backbone.save_to_preset(tmp_path / "other", max_shard_size="many")


def test_dtype_of_a_tokenizer_s_files_is_refused(tokenizer, tmp_path):
    with pytest.raises(ValueError, match="A tokenizer has no weights; got dtype='float16'"):
        tokenizer.save_to_preset(tmp_path / "saved", dtype="float16")


def test_activation_function_is_stored_by_name(tmp_path):
    model = miniature.TinyBackbone(4, activation=keras.activations.relu)
    model.to_hf_config = lambda: {"hidden_act": "relu"}
    assert _loaded(miniature.TinyBackbone, model, tmp_path).activation == "relu"
