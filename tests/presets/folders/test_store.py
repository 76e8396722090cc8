"""The folder of a preset and the checks on its files."""

import json
import os

import pytest
from presets.miniature import TinyBackbone, TinyClassifier, TinyTokenizer

from nlpkit.presets.folders.file_names import plain_name
from nlpkit.presets.folders.store import PresetFolder


@pytest.fixture
def folder(classifier, tmp_path):
    classifier.save_to_preset(tmp_path / "saved")
    return tmp_path / "saved"


def _edit_manifest(folder, **changes):
    manifest = json.loads((folder / "nlpkit.json").read_text())
    (folder / "nlpkit.json").write_text(json.dumps({**manifest, **changes}))


def test_manifest_lists_class_arguments_and_every_file(folder):
    manifest = json.loads((folder / "nlpkit.json").read_text())
    assert list(manifest) == ["format_version", "class", "arguments", "files"]
    assert manifest["format_version"] == 1
    assert manifest["class"] == "TinyClassifier"
    assert manifest["arguments"] == {
        "backbone": {
            "class": "TinyBackbone",
            "arguments": {
                "width": 4,
                "num_layers": 2,
                "max_sequence_length": 16,
                "activation": "tanh",
            },
        },
        "num_classes": 3,
        "preprocessor": {
            "class": "TinyPreprocessor",
            "arguments": {
                "tokenizer": {
                    "class": "TinyTokenizer",
                    "arguments": {"lowercase": True, "dtype": "int32"},
                },
                "sequence_length": 5,
                "dtype": "int32",
            },
        },
        "dropout": 0.25,
    }
    assert sorted(manifest["files"]) == ["config.json", "model.safetensors", "vocab.txt"]
    assert {*os.listdir(folder)} == {*manifest["files"], "nlpkit.json"}
    assert manifest["files"]["vocab.txt"]["size"] == (folder / "vocab.txt").stat().st_size


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "vocab.txt"])
def test_changed_file_of_the_same_size_is_refused(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name} is damaged or was changed: its sha256 is"):
        TinyClassifier.from_preset(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "vocab.txt"])
def test_truncated_file_is_refused(folder, name):
    (folder / name).write_bytes((folder / name).read_bytes()[:-1])
    with pytest.raises(ValueError, match=f"{name} is damaged or was changed: its s"):
        PresetFolder(folder).tensors()


def test_missing_file_is_named(folder):
    (folder / "vocab.txt").unlink()
    with pytest.raises(ValueError, match=r"lacks the file vocab\.txt, which nlpkit\.json lists"):
        PresetFolder(folder)


def test_weights_that_the_manifest_does_not_list_are_refused(folder):
    manifest = json.loads((folder / "nlpkit.json").read_text())
    del manifest["files"]["model.safetensors"]
    _edit_manifest(folder, files=manifest["files"])
    with pytest.raises(ValueError, match=r"model\.safetensors is not listed in nlpkit\.json"):
        TinyClassifier.from_preset(folder)


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/passwd", "a/b", "..", ".", "", "a\\b", "C:x", "C:\\x", "a\0b", 7, None],
)
def test_path_in_place_of_a_file_name_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="only names in its folder are allowed"):
        plain_name(name, tmp_path / "nlpkit.json")


def test_manifest_that_names_a_file_outside_is_refused(folder, tmp_path):
    (tmp_path / "secret").write_text("x")
    _edit_manifest(folder, files={"../secret": {"sha256": "", "size": 1}})
    with pytest.raises(ValueError, match=r"names the file '\.\./secret'"):
        PresetFolder(folder)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"format_version": 2}, "format_version 2; this nlpkit reads 1"),
        ({"module": "os"}, "unknown keys: module"),
        ({"class": 7}, "must have 'class' of type str"),
        ({"arguments": []}, "must have 'arguments' of type dict"),
        ({"files": {"x": "y"}}, "must state sha256 and size of x"),
        ({"class": "PosixPath"}, "'PosixPath' is not a class of nlpkit"),
        ({"class": "TinyClasifier"}, "Did you mean TinyClassifier"),
        ({"arguments": {"shell": "x"}}, "gives TinyClassifier unknown arguments: shell"),
        ({"arguments": {"backbone": "os.system"}}, "must describe the backbone by 'class'"),
        (
            {"arguments": {"backbone": {"class": "TinyTokenizer", "arguments": {}}}},
            "names TinyTokenizer as its backbone",
        ),
    ],
)
def test_manifest_with_unknown_content_is_refused(folder, changes, named):
    _edit_manifest(folder, **changes)
    with pytest.raises(ValueError, match=named):
        TinyClassifier.from_preset(folder)


@pytest.mark.parametrize("content", ["{", "[]", "\x80"])
def test_unreadable_manifest_is_named(folder, content):
    (folder / "nlpkit.json").write_text(content, "latin-1")
    with pytest.raises(
        ValueError, match=r"nlpkit\.json (is not a readable JSON|must contain a JSON)"
    ):
        PresetFolder(folder)


def test_folder_without_configuration_is_no_preset(tmp_path):
    with pytest.raises(ValueError, match=r"neither nlpkit\.json nor config\.json"):
        PresetFolder(tmp_path)


def test_preset_can_be_saved_again_in_its_folder(folder, classifier):
    classifier.dropout = 0.5
    classifier.save_to_preset(folder)
    assert TinyClassifier.from_preset(folder).dropout == 0.5


def test_preset_of_another_class_is_not_replaced(folder, tokenizer):
    with pytest.raises(ValueError, match="holds the preset of a TinyClassifier"):
        tokenizer.save_to_preset(folder)
    assert TinyClassifier.from_preset(folder)


def test_foreign_files_are_not_replaced(backbone, tmp_path):
    (tmp_path / "config.json").write_text("mine")
    with pytest.raises(ValueError, match=r"already holds config\.json, not written by nlpkit"):
        backbone.save_to_preset(tmp_path)
    assert os.listdir(tmp_path) == ["config.json"]


def test_other_files_in_the_folder_do_not_disturb(backbone, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    backbone.save_to_preset(tmp_path)
    assert TinyBackbone.from_preset(tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"


def test_what_fails_leaves_no_trace(backbone, tmp_path):
    backbone.weights[0].assign(backbone.weights[0] + 1e6)
    with pytest.raises(ValueError, match="too large"):
        backbone.save_to_preset(tmp_path / "saved", dtype="float16")
    assert os.listdir(tmp_path) == []


def test_argument_that_is_not_plain_cannot_be_saved(tmp_path):
    tokenizer = TinyTokenizer(["a"], lowercase=object())
    with pytest.raises(ValueError, match="TinyTokenizer.lowercase=…. is <object .* plain values"):
        tokenizer.save_to_preset(tmp_path / "saved")
