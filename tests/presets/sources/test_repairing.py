"""Files that changed since they were downloaded, or came damaged."""

import hashlib
import json

import pytest
from huggingface_hub import constants
from presets.miniature import TinyBackbone, TinyClassifier, TinyTokenizer, assert_same_outputs
from presets.sources.bent_answers import each, states
from presets.sources.test_hub import read

import nlpkit
from nlpkit.presets.folders import hash_cache
from nlpkit.presets.sources import verification

HANDLE = "hf://org/tiny"
WEIGHTS = "model.safetensors"


@pytest.fixture(params=["own", "Hugging Face"])
def published(hub, classifier, tmp_path, request):
    """The files of a preset on the Hub, in either layout."""
    classifier.save_to_preset(tmp_path / "saved")
    files = read(tmp_path / "saved")
    if request.param == "Hugging Face":
        del files["nlpkit.json"]
    hub.publish("org/tiny", files)
    return files


def _bend(path, content=None):
    """Change the file that a link leads to: its first byte, or all."""
    path.resolve().write_bytes(content or b"\xff" + path.read_bytes()[1:])


@pytest.mark.parametrize("name", ["config.json", "vocab.txt", WEIGHTS])
def test_file_that_keeps_a_preset_from_loading_is_brought_anew(hub, published, classifier, name):
    folder = nlpkit.presets.download(HANDLE)
    _bend(folder / name)
    hub.requests.clear()
    with pytest.warns(UserWarning, match="was damaged on this machine") as warnings:
        loaded = TinyClassifier.from_preset(HANDLE)
    assert [name in str(warning.message) for warning in warnings] == [True]
    assert_same_outputs(loaded, classifier)
    assert [line.split()[1].rsplit("/")[-1] for line in hub.bodies()] == [name]
    assert nlpkit.presets.verify(HANDLE)


def test_without_network_the_load_fails_as_before(hub, published):
    folder = nlpkit.presets.download(HANDLE)
    _bend(folder / WEIGHTS)
    with pytest.raises(ValueError, match=WEIGHTS) as raised:
        TinyClassifier.from_preset(HANDLE, offline=True)
    assert "model.safetensors of the preset" in raised.value.__notes__[0]
    assert (folder / WEIGHTS).is_file()


def test_server_that_is_away_costs_no_file(hub, published):
    folder = nlpkit.presets.download(HANDLE)
    _bend(folder / WEIGHTS)
    hub.faults["api"] = [500] * 9
    with pytest.raises(ValueError, match=WEIGHTS):
        TinyClassifier.from_preset(HANDLE)
    assert {path.name for path in folder.iterdir()} == {*published}


def test_mistake_of_the_caller_brings_nothing(hub, published):
    nlpkit.presets.download(HANDLE)
    hub.requests.clear()
    with pytest.raises(ValueError, match="num_classes"):
        TinyClassifier.from_preset(HANDLE, num_classes=7)
    with pytest.raises(TypeError, match="no_argument"):
        TinyClassifier.from_preset(HANDLE, no_argument=7)
    assert not hub.requests


@pytest.mark.parametrize(("stays", "links"), [(False, True), (False, False), (True, True)])
def test_file_without_hashes_that_came_damaged_is_brought_anew(
    hub, classifier, tmp_path, monkeypatch, stays, links
):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_SYMLINKS", not links)
    classifier.save_to_preset(tmp_path / "saved")
    files = read(tmp_path / "saved")
    del files["nlpkit.json"]
    hub.publish("org/tiny", files)
    hub.bends = {"api": each(size=None, lfs=None, blobId=None)}
    tags = iter(f"mirror-{i}" for i in range(100))
    hub.bends["HEAD"] = lambda *answer: states(ETag=f'"{next(tags)}"')(*answer)
    bent = b"X" + files["config.json"][1:]
    hub.faults["config.json"] = [("body", bent)] * (9 if stays else 1)
    nlpkit.presets.download(HANDLE)
    if stays:
        with pytest.raises(ValueError, match=r"config.json is not a readable JSON"):
            TinyClassifier.from_preset(HANDLE)
        return
    with pytest.warns(UserWarning, match="config.json was downloaded again"):
        loaded = TinyClassifier.from_preset(HANDLE)
    assert_same_outputs(loaded, classifier)


def test_verified_load_finds_what_loads_silently(hub, published, classifier, monkeypatch):
    folder = nlpkit.presets.download(HANDLE)
    content = bytearray((folder / WEIGHTS).read_bytes())
    right = hashlib.sha256(content).hexdigest()
    content[-1] ^= 1
    _bend(folder / WEIGHTS, bytes(content))
    # As if the right hash were remembered of every file.
    monkeypatch.setattr(verification, "sha256", lambda _: right)
    monkeypatch.setattr(hash_cache, "sha256_of", lambda *_: right)
    with pytest.warns(UserWarning, match=f"{WEIGHTS} was downloaded again"):
        loaded = TinyClassifier.from_preset(HANDLE, verify=True)
    assert_same_outputs(loaded, classifier)


@pytest.mark.parametrize("cls", [TinyTokenizer, TinyBackbone])
def test_verified_load_of_good_files_is_a_load(hub, published, cls, no_network):
    nlpkit.presets.download(HANDLE)
    no_network()
    cls.from_preset(HANDLE, verify=True)


def test_verified_load_without_network_says_what_changed(hub, published):
    folder = nlpkit.presets.download(HANDLE)
    _bend(folder / "vocab.txt")
    with pytest.raises(ValueError, match=r"vocab.txt of the preset 'hf://org/tiny' changed"):
        TinyTokenizer.from_preset(HANDLE, verify=True, offline=True)


def test_verified_load_from_a_folder_compares_with_its_manifest(classifier, tmp_path):
    classifier.save_to_preset(tmp_path / "saved")
    TinyClassifier.from_preset(tmp_path / "saved", verify=True)
    _bend(tmp_path / "saved" / WEIGHTS)
    with pytest.raises(ValueError, match="is damaged: .*model.safetensors: its sha256 is"):
        TinyTokenizer.from_preset(tmp_path / "saved", verify=True)
    (tmp_path / "saved" / "nlpkit.json").unlink()
    with pytest.raises(ValueError, match="no hashes of its files are known"):
        TinyTokenizer.from_preset(tmp_path / "saved", verify=True)


def test_verified_load_compares_a_folder_with_its_lock(classifier, tmp_path):
    classifier.save_to_preset(tmp_path / "saved")
    (tmp_path / "saved" / "nlpkit.json").unlink()
    folder = str(tmp_path / "saved")
    lock = nlpkit.presets.lock(tmp_path / "lock", folder)
    TinyTokenizer.from_preset(folder, lock=lock, verify=True)
    pinned = json.loads(lock.read_text())
    pinned["presets"][folder]["files"][WEIGHTS]["sha256"] = "0" * 64
    lock.write_text(json.dumps(pinned))
    with pytest.raises(ValueError, match=r"model.safetensors is damaged: its sha256 is"):
        TinyTokenizer.from_preset(folder, lock=lock, verify=True)
