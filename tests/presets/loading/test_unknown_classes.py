"""Presets of classes that a later nlpkit or KerasHub has: the rest of them can be loaded."""

import json

import numpy as np
import pytest
from presets.layouts import kerashub_folder
from presets.layouts.kerashub_folder import write_classifier, write_json
from presets.miniature import (
    MiniBackbone,
    MiniClassifier,
    MiniPreprocessor,
    MiniTokenizer,
    TinyBackbone,
    TinyClassifier,
    TinyPreprocessor,
    TinyTokenizer,
    assert_same_outputs,
)

from nlpkit.models import BertBackbone, BertClassifier, BertPreprocessor, BertTokenizer
from nlpkit.presets.formats.safetensors_file import TensorFiles, write_tensors
from nlpkit.tasks.text_classifier import TextClassifier

NO_CLASS = "'TinyReader' is not a class of nlpkit.*can be loaded alone"


@pytest.fixture
def reader(classifier, tmp_path):
    """A task of a class that is not known, with a head that no known one has."""
    folder = tmp_path / "saved"
    classifier.save_to_preset(folder)
    _rewrite(folder, lambda manifest: manifest.update({"class": "TinyReader"}))
    files = TensorFiles([folder / "model.safetensors"])
    tensors = {name.replace("classifier", "reader"): files.read(name) for name in files.shapes}
    write_tensors(folder / "model.safetensors", tensors)
    _rewrite(folder, lambda manifest: manifest["files"].update(_facts(folder)))
    return folder


def _rewrite(folder, change):
    manifest = json.loads((folder / "nlpkit.json").read_text())
    change(manifest)
    (folder / "nlpkit.json").write_text(json.dumps(manifest))


def _facts(folder):
    from nlpkit.presets.folders.publishing import fingerprint

    return {"model.safetensors": fingerprint(folder / "model.safetensors")}


@pytest.mark.parametrize("cls", [TinyBackbone, MiniBackbone])
def test_backbone_of_an_unknown_task_is_loaded(reader, classifier, cls):
    assert_same_outputs(cls.from_preset(reader), classifier.backbone)


@pytest.mark.parametrize("cls", [TinyTokenizer, MiniTokenizer, TinyPreprocessor, MiniPreprocessor])
def test_tokenizer_and_preprocessor_of_an_unknown_task_are_loaded(reader, cls):
    loaded = cls.from_preset(reader)
    assert type(loaded) in (TinyTokenizer, TinyPreprocessor)
    assert getattr(loaded, "sequence_length", 5) == 5


@pytest.mark.parametrize("cls", [TinyClassifier, MiniClassifier])
def test_unknown_task_itself_is_refused_with_what_to_do(reader, cls):
    with pytest.raises(ValueError, match=NO_CLASS):
        cls.from_preset(reader)


def test_fresh_head_goes_on_the_backbone_of_an_unknown_task(reader, classifier):
    task = TinyClassifier.from_preset(reader, load_head=False, num_classes=2)
    assert_same_outputs(task.backbone, classifier.backbone)


def test_unknown_preprocessor_leaves_backbone_and_tokenizer(classifier, tmp_path):
    classifier.save_to_preset(tmp_path / "saved")
    place = ("arguments", "preprocessor")
    _rewrite(tmp_path / "saved", lambda m: m[place[0]][place[1]].update({"class": "TinyPacker"}))
    assert_same_outputs(TinyBackbone.from_preset(tmp_path / "saved"), classifier.backbone)
    assert TinyTokenizer.from_preset(tmp_path / "saved").vocabulary[3] == "film"
    for cls in (TinyClassifier, TinyPreprocessor):
        with pytest.raises(ValueError, match="'TinyPacker' is not a class of nlpkit"):
            cls.from_preset(tmp_path / "saved")
    assert TinyClassifier.from_preset(tmp_path / "saved", preprocessor=None).num_classes == 3


@pytest.mark.parametrize("name", ["os.system", "keras.layers.Lambda", "", "a b"])
def test_what_is_no_name_of_a_class_is_refused_whole(reader, name):
    _rewrite(reader, lambda manifest: manifest.update({"class": name}))
    with pytest.raises(ValueError, match="is not a class of nlpkit"):
        TinyBackbone.from_preset(reader)


def test_unknown_backbone_is_refused_whole(reader):
    _rewrite(reader, lambda m: m["arguments"]["backbone"].update({"class": "HugeBackbone"}))
    with pytest.raises(ValueError, match="'HugeBackbone' is not a class of nlpkit"):
        TinyTokenizer.from_preset(reader)


@pytest.mark.parametrize("file", ["task.json", "preprocessor.json"])
def test_unknown_class_of_kerashub_leaves_the_parts(tmp_path, file):
    folder = tmp_path / "saved"
    arrays = write_classifier(folder)
    content = kerashub_folder.serialized("BertSpanReader", {"tokenizer": None, "top_k": 7})
    write_json(folder / file, content)
    backbone = BertBackbone.from_preset(folder)
    table = np.array(backbone.token_embedding.embeddings)
    np.testing.assert_array_equal(table, arrays["layers/reversible_embedding/vars/0"])
    assert BertTokenizer.from_preset(folder)("a film") == [5, 7]
    refused = (BertClassifier, TextClassifier) if file == "task.json" else (BertPreprocessor,)
    for cls in refused:
        with pytest.raises(ValueError, match="BertSpanReader.*not supported.*loaded alone"):
            cls.from_preset(folder)


@pytest.mark.parametrize("package", ["keras", "evil", "keras_hub.evil"])
def test_unknown_class_of_another_package_is_refused_whole(tmp_path, package):
    write_classifier(tmp_path / "saved")
    content = kerashub_folder.serialized("Lambda", {}, package)
    write_json(tmp_path / "saved" / "task.json", content)
    with pytest.raises(ValueError, match="class_name='Lambda' is not supported"):
        BertBackbone.from_preset(tmp_path / "saved")
