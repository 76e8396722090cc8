"""Checking presets again, and pinning them."""

import json
import shutil

import pytest
from presets.miniature import TinyTokenizer
from presets.sources.test_hub import PLAIN

import nlpkit
from nlpkit.presets import registry

HANDLE = "hf://org/tiny"


@pytest.fixture
def folder(hub):
    hub.publish("org/tiny", PLAIN)
    return nlpkit.presets.download(HANDLE)


@pytest.fixture
def lock_file(folder, tmp_path):
    return nlpkit.presets.lock(tmp_path / "presets.lock", HANDLE)


def test_whole_preset_is_verified_without_network(folder, no_network):
    no_network()
    assert nlpkit.presets.verify(HANDLE) == sorted(PLAIN)


def test_damage_is_found_by_hash(folder):
    path = (folder / "model.safetensors").resolve()
    path.write_bytes(b"X" + path.read_bytes()[1:])
    (folder / "vocab.txt").unlink()
    with pytest.raises(ValueError, match="is damaged") as raised:
        nlpkit.presets.verify(HANDLE)
    assert "model.safetensors: its sha256 is" in str(raised.value)
    assert "vocab.txt: it is missing" in str(raised.value)


def test_folders_and_bundled_presets_are_verified_by_their_manifest(tokenizer, tmp_path):
    tokenizer.save_to_preset(tmp_path / "saved")
    assert nlpkit.presets.verify(tmp_path / "saved") == ["vocab.txt"]
    assert "model.safetensors" in nlpkit.presets.verify(registry.bundled_presets()[0])
    (tmp_path / "saved" / "nlpkit.json").unlink()
    with pytest.raises(ValueError, match="has no nlpkit.json, so no hashes"):
        nlpkit.presets.verify(tmp_path / "saved")


def test_preset_that_is_not_here_cannot_be_verified(caches):
    with pytest.raises(ValueError, match="'hf://org/other' has not been downloaded"):
        nlpkit.presets.verify("hf://org/other")


def test_lock_pins_revision_and_hashes(hub, lock_file):
    commit = hub.references["org/tiny"]["main"]
    hub.publish("org/tiny", PLAIN | {"vocab.txt": b"newer"})
    nlpkit.presets.download(HANDLE, refresh=True)
    assert TinyTokenizer.from_preset(HANDLE).vocabulary == ["newer"]
    assert TinyTokenizer.from_preset(HANDLE, lock=lock_file).vocabulary == ["a", "fine"]
    pin = json.loads(lock_file.read_text())["presets"][HANDLE]
    assert pin["source"] == f"{HANDLE}@{commit}"
    assert {*pin["files"]} == {*PLAIN}


def test_locked_preset_is_loaded_without_network(hub, lock_file, no_network):
    nlpkit.presets.download(HANDLE, lock=lock_file)
    no_network()
    assert TinyTokenizer.from_preset(HANDLE, lock=lock_file, offline=True).vocabulary


def test_files_other_than_those_pinned_are_refused(hub, lock_file, caches):
    commit = hub.references["org/tiny"]["main"]
    hub.repositories["org/tiny"][commit]["vocab.txt"] = b"a\nevil"
    for cache in ("hub", "nlpkit"):
        shutil.rmtree(caches / cache)
    with pytest.raises(ValueError, match=r"vocab.txt arrived damaged twice.*its sha256 is"):
        TinyTokenizer.from_preset(HANDLE, lock=lock_file)


@pytest.mark.parametrize(
    "source",
    [
        "hf://org/second",
        "hf://org/second@" + "a" * 40,
        "kaggle://org/tiny/keras/tiny",
        "https://elsewhere.example/tiny",
        "file:///etc",
        "/etc",
        "hf://../etc",
    ],
)
def test_lock_file_sends_no_name_elsewhere(hub, lock_file, source):
    hub.publish("org/second", PLAIN)
    _change(lock_file, HANDLE, source=source)
    hub.requests.clear()
    with pytest.raises(ValueError, match=r"not one of its sources|not a handle of a preset"):
        TinyTokenizer.from_preset(HANDLE, lock=lock_file)
    assert not hub.requests


def test_lock_file_keeps_to_the_revision_that_is_asked_for(hub, folder, tmp_path):
    handle = f"{HANDLE}@{folder.name}"
    path = nlpkit.presets.lock(tmp_path / "presets.lock", handle)
    assert TinyTokenizer.from_preset(handle, lock=path).vocabulary
    other = hub.publish("org/tiny", PLAIN | {"vocab.txt": b"older"})
    _change(path, handle, source=f"{HANDLE}@{other}")
    with pytest.raises(ValueError, match="which is not one of its sources"):
        TinyTokenizer.from_preset(handle, lock=path)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b", "C:x", "..\\x", ""])
def test_lock_file_that_pins_files_elsewhere_is_refused(lock_file, name):
    _change(lock_file, HANDLE, files={name: {"size": 1, "sha256": "0" * 64}})
    with pytest.raises(ValueError, match=r"not a lock file of this nlpkit: .* names the file"):
        TinyTokenizer.from_preset(HANDLE, lock=lock_file)


def _change(lock_file, preset, **changes):
    pinned = json.loads(lock_file.read_text())
    pinned["presets"][preset] |= changes
    lock_file.write_text(json.dumps(pinned))


def test_file_that_is_not_pinned_is_refused(hub, lock_file):
    pinned = json.loads(lock_file.read_text())
    del pinned["presets"][HANDLE]["files"]["vocab.txt"]
    lock_file.write_text(json.dumps(pinned))
    with pytest.raises(ValueError, match="the lock file does not pin vocab.txt"):
        TinyTokenizer.from_preset(HANDLE, lock=lock_file)


def test_preset_that_is_not_pinned_is_refused(lock_file):
    with pytest.raises(
        ValueError, match=r"does not pin the preset 'hf://org/x'; it pins hf://org/t"
    ):
        TinyTokenizer.from_preset("hf://org/x", lock=lock_file)


def test_folders_and_bundled_presets_are_pinned_by_their_hashes(tokenizer, tmp_path):
    saved = str(tmp_path / "saved")
    tokenizer.save_to_preset(saved)
    bundled = registry.bundled_presets()[0]
    path = nlpkit.presets.lock(tmp_path / "presets.lock", saved, bundled)
    assert TinyTokenizer.from_preset(saved, lock=path).vocabulary == tokenizer.vocabulary
    type(tokenizer)(["other"]).save_to_preset(saved)
    with pytest.raises(ValueError, match=r"is not what .*presets.lock pins: its (size|sha256)"):
        TinyTokenizer.from_preset(saved, lock=path)


def test_lock_keeps_what_was_pinned(hub, lock_file):
    hub.publish("org/other", PLAIN)
    nlpkit.presets.lock(lock_file, "hf://org/other")
    assert {*json.loads(lock_file.read_text())["presets"]} == {HANDLE, "hf://org/other"}


def test_lock_needs_presets_and_a_lock_file_must_be_one(tmp_path):
    with pytest.raises(ValueError, match="lock needs the presets to pin"):
        nlpkit.presets.lock(tmp_path / "presets.lock")
    with pytest.raises(ValueError, match=r"presets.lock is not a lock file of this nlpkit"):
        TinyTokenizer.from_preset(HANDLE, lock=tmp_path / "presets.lock")
