"""What goes wrong between a Hub and this machine."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import constants

import nlpkit

BODY = bytes(range(256)) * 40
FILES = {
    "config.json": json.dumps({"model_type": "tiny"}).encode(),
    "vocab.txt": b"a\nfine\nfilm",
    "model.safetensors": BODY,
}
HANDLE = "hf://org/tiny"


@pytest.fixture(autouse=True)
def _published(hub):
    hub.publish("org/tiny", FILES)


def is_whole(folder):
    return all((folder / name).read_bytes() == content for name, content in FILES.items())


def test_broken_connection_is_continued_where_it_broke(hub, monkeypatch):
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 250)  # It keeps whole chunks.
    hub.faults["model.safetensors"] = [("cut", 1000)]
    assert is_whole(nlpkit.presets.download(HANDLE))
    ranges = [line.split()[2:] for line in hub.bodies("model.safetensors")]
    assert ranges == [[], ["bytes=1000-"]]


def test_broken_connection_to_a_server_without_ranges_starts_again(hub):
    hub.accepts_ranges = False
    hub.faults["model.safetensors"] = [("cut", 1000)]
    assert is_whole(nlpkit.presets.download(HANDLE))


def test_connection_that_is_reset_is_made_again(hub):
    hub.faults["model.safetensors"] = [("reset", 1000)]
    assert is_whole(nlpkit.presets.download(HANDLE))


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("place", ["api", "model.safetensors"])
def test_server_that_fails_twice_is_asked_a_third_time(hub, status, place):
    hub.faults[place] = [status, status]
    assert is_whole(nlpkit.presets.download(HANDLE))


@pytest.mark.parametrize("place", ["api", "model.safetensors"])
def test_server_that_goes_on_failing_is_named(hub, place):
    hub.faults[place] = [500] * 20
    with pytest.raises(ConnectionError, match=rf"'{HANDLE}'.*{hub.url} does not answer .*500"):
        nlpkit.presets.download(HANDLE)


@pytest.mark.parametrize("name", ["vocab.txt", "model.safetensors"])
@pytest.mark.parametrize("wrong", [lambda x: x[:-4], lambda x: b"X" + x[1:]], ids=["short", "bent"])
def test_damaged_file_is_fetched_once_more(hub, name, wrong):
    hub.faults[name] = [("body", wrong(FILES[name]))]
    assert is_whole(nlpkit.presets.download(HANDLE))


@pytest.mark.parametrize("name", ["vocab.txt", "model.safetensors"])
def test_file_that_stays_damaged_is_refused_and_deleted(hub, name):
    hub.faults[name] = [("body", b"X" + FILES[name][1:])] * 2
    with pytest.raises(
        ValueError, match=rf"{name} arrived damaged twice and was deleted: its (sha|git)"
    ):
        nlpkit.presets.download(HANDLE)
    bent = b"X" + FILES[name][1:]
    assert not [path for path in files_in(constants.HF_HUB_CACHE) if path.read_bytes() == bent]
    assert is_whole(nlpkit.presets.download(HANDLE))


def test_file_that_stays_short_is_refused(hub):
    hub.faults["model.safetensors"] = [("body", BODY[:-4])] * 20
    with pytest.raises(ValueError, match=r"model.safetensors arrived incomplete.*10240"):
        nlpkit.presets.download(HANDLE)


def test_manifest_is_held_against_the_files(hub):
    files = {"nlpkit.json": manifest(sha256="0" * 64), **FILES}
    hub.publish("org/tiny", files)
    with pytest.raises(
        ValueError, match=r"vocab.txt arrived damaged twice.*its sha256 is .*stated is 0"
    ):
        nlpkit.presets.download(HANDLE)


def test_cached_file_that_was_cut_since_is_fetched_again(hub):
    folder = nlpkit.presets.download(HANDLE)
    (folder / "model.safetensors").resolve().write_bytes(BODY[:100])
    assert is_whole(nlpkit.presets.download(HANDLE))


def test_damaged_file_of_another_program_is_not_used(hub):
    commit = hub.references["org/tiny"]["main"]
    folder = Path(constants.HF_HUB_CACHE) / "models--org--tiny" / "snapshots" / commit
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_bytes(b"evil")
    assert is_whole(nlpkit.presets.download(HANDLE))


def test_full_disk_is_reported_before_the_download(hub, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5000))
    with pytest.raises(
        OSError, match=r"cannot be written to .*models--org--tiny.*HF_HOME"
    ) as raised:
        nlpkit.presets.download(HANDLE)
    assert raised.value.errno == 28
    assert "0 MB are needed" in str(raised.value)
    assert not hub.bodies("model.safetensors")


@pytest.mark.parametrize("place", ["HF_HOME", "NLPKIT_HOME"])
def test_cache_that_cannot_be_written_is_named(hub, place, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    if place == "HF_HOME":
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "file"))
    else:
        monkeypatch.setenv("NLPKIT_HOME", str(tmp_path / "file"))
    with pytest.raises(OSError, match=rf"cannot be written to {tmp_path}/file.*{place}"):
        nlpkit.presets.download(HANDLE)


def test_leftovers_of_killed_downloads_are_removed(hub):
    blobs = Path(constants.HF_HUB_CACHE) / "models--org--tiny" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "abc.1234.incomplete").write_bytes(b"half")
    (Path(constants.HF_HUB_CACHE) / ".locks" / "models--org--tiny").mkdir(parents=True)
    nlpkit.presets.download(HANDLE)
    assert not list(blobs.glob("*.incomplete"))


def manifest(**facts):
    files = {"vocab.txt": {"size": len(FILES["vocab.txt"]), **facts}}
    content = {"format_version": 1, "class": "TinyTokenizer", "arguments": {}, "files": files}
    return json.dumps(content).encode()


def files_in(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]
