"""Presets on web servers: mirrors and stores."""

import json
import os

import pytest
from presets.miniature import TinyBackbone, TinyClassifier, TinyTokenizer, assert_same_outputs
from presets.sources.test_hub import PLAIN, read

import nlpkit
from nlpkit.presets.sources import cache
from nlpkit.presets.sources.handle import parse_handle

BODY = bytes(range(256)) * 40
WEIGHTS = "model.safetensors"


@pytest.fixture
def store(hub):
    """A function that puts files on the server, and returns their address."""

    def put(files, folder="tiny"):
        hub.files |= {f"{folder}/{name}": content for name, content in files.items()}
        return f"{hub.url}/files/{folder}"

    return put


@pytest.mark.parametrize("layout", ["own", "Hugging Face"])
def test_folder_is_downloaded_once(hub, store, classifier, layout, tmp_path, no_network):
    classifier.save_to_preset(tmp_path / "saved")
    files = read(tmp_path / "saved")
    if layout == "Hugging Face":
        del files["nlpkit.json"]
    handle = store(files)
    assert TinyTokenizer.from_preset(handle).vocabulary[1] == "a"
    assert not any(line.startswith("GET") and WEIGHTS in line for line in hub.requests)
    loaded = TinyClassifier.from_preset(f"{handle}/")
    assert_same_outputs(loaded, classifier)
    no_network()
    TinyBackbone.from_preset(handle)


def test_each_file_is_asked_for_once(hub, store, tokenizer, tmp_path):
    tokenizer.save_to_preset(tmp_path / "saved")
    nlpkit.presets.download(store(read(tmp_path / "saved")))
    assert [line.split("/")[-1].strip() for line in hub.requests] == ["nlpkit.json", "vocab.txt"]


def test_shards_are_found_by_their_index(store):
    index = {"weight_map": {"a": "model-1.safetensors"}}
    files = {
        "model.safetensors.index.json": json.dumps(index).encode(),
        "model-1.safetensors": b"1",
    }
    handle = store({"config.json": PLAIN["config.json"], **files})
    assert files.items() <= read(nlpkit.presets.download(handle)).items()


def test_modules_are_found_by_their_list(store):
    kinds = {"": "Transformer", "1_Pooling": "Pooling", "2_Dense": "Dense"}
    modules = [
        {"path": path, "type": f"sentence_transformers.models.{kind}"}
        for path, kind in kinds.items()
    ]
    files = {
        "modules.json": json.dumps(modules).encode(),
        "1_Pooling/config.json": b"{}",
        "2_Dense/config.json": b"{}",
        "2_Dense/model.safetensors": b"1",
    }
    handle = store({**PLAIN, **files, "3_Other/config.json": b"{}"})
    found = nlpkit.presets.download(handle)
    assert {path: (found / path).read_bytes() for path in files} == files
    assert not (found / "3_Other").exists()


def test_broken_connection_is_continued_where_it_broke(hub, store):
    handle = store(PLAIN | {WEIGHTS: BODY})
    hub.faults[WEIGHTS] = [("cut", 1000), ("reset", 500)]
    assert (nlpkit.presets.download(handle) / WEIGHTS).read_bytes() == BODY
    assert "bytes=1000-" in " ".join(hub.requests)


def test_next_process_continues_what_a_killed_one_began(hub, store):
    handle = store(PLAIN | {WEIGHTS: BODY})
    hub.faults[WEIGHTS] = [("cut", 1000)] + [403] * 9
    with pytest.raises(ValueError, match="it may not be read without a password"):
        nlpkit.presets.download(handle)
    folder = cache.folder_of(parse_handle(handle))
    assert not (folder / WEIGHTS).exists()
    hub.faults.clear()
    assert (nlpkit.presets.download(handle) / WEIGHTS).read_bytes() == BODY
    assert "bytes=1000-" in " ".join(hub.requests)
    assert not list(folder.glob(".*"))


def test_part_of_another_version_is_not_continued(hub, store):
    handle = store(PLAIN | {WEIGHTS: BODY})
    hub.faults[WEIGHTS] = [("cut", 1000)] + [403] * 9
    with pytest.raises(ValueError, match="password"):
        nlpkit.presets.download(handle)
    hub.faults.clear()
    store({WEIGHTS: BODY[::-1]})
    assert (nlpkit.presets.download(handle) / WEIGHTS).read_bytes() == BODY[::-1]


@pytest.mark.parametrize("status", [429, 500])
def test_server_that_fails_twice_is_asked_a_third_time(hub, store, status):
    handle = store(PLAIN)
    hub.faults[WEIGHTS] = [status, status]
    assert read(nlpkit.presets.download(handle)) == PLAIN


def test_server_that_does_not_answer_is_named(hub, store):
    handle = store(PLAIN)
    hub.faults["vocab.txt"] = [500] * 9
    with pytest.raises(ConnectionError, match=r"vocab.txt answered 500"):
        nlpkit.presets.download(handle)
    with pytest.raises(ConnectionError, match="the server does not answer"):
        nlpkit.presets.download("http://127.0.0.1:9/nothing")


def test_what_is_no_preset_is_named(hub, store):
    with pytest.raises(ValueError, match="there is neither nlpkit.json nor config.json at http"):
        nlpkit.presets.download(store({"vocab.txt": b"a"}))


def test_files_are_held_against_the_manifest(hub, store, tokenizer, tmp_path):
    tokenizer.save_to_preset(tmp_path / "saved")
    handle = store(read(tmp_path / "saved"))
    right = hub.files["tiny/vocab.txt"]
    hub.faults["vocab.txt"] = [("body", right[::-1])]
    assert TinyTokenizer.from_preset(handle).vocabulary == tokenizer.vocabulary
    files = read(tmp_path / "saved")
    with pytest.raises(ValueError, match=r"vocab.txt arrived damaged twice"):
        nlpkit.presets.download(store(files | {"vocab.txt": right[::-1]}, "bent"))
    with pytest.raises(ValueError, match=r"has another size than the \d+ stated"):
        nlpkit.presets.download(store(files | {"vocab.txt": right + b"!"}, "longer"))


def test_manifest_that_names_a_file_elsewhere_is_refused(store, tmp_path):
    content = {"files": {"../../stolen": {"size": 1, "sha256": ""}}}
    handle = store({"nlpkit.json": json.dumps(content).encode()})
    with pytest.raises(ValueError, match="only names in its folder are allowed"):
        nlpkit.presets.download(handle)


def test_full_disk_is_reported(store, monkeypatch):
    handle = store(PLAIN)
    folder = cache.folder_of(parse_handle(handle))
    folder.mkdir(parents=True)
    (folder / f".{WEIGHTS}.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match=rf"No space left on device: presets cannot .* {folder}"):
        nlpkit.presets.download(handle)


@pytest.mark.parametrize("suffix", ["", ".etag"])
@pytest.mark.parametrize("leads", ["to a file", "to nothing", "pipe"])
def test_what_is_planted_for_a_half_file_is_not_written_through(store, tmp_path, suffix, leads):
    handle = store(PLAIN)
    place = cache.folder_of(parse_handle(handle)) / f".{WEIGHTS}.part{suffix}"
    place.parent.mkdir(parents=True)
    target = tmp_path / "target"
    if leads == "pipe":
        os.mkfifo(place)
    else:
        place.symlink_to(target)
    if leads == "to a file":
        target.write_text("mine")
    assert read(nlpkit.presets.download(handle)) == PLAIN
    assert not target.exists() or target.read_text() == "mine"
    assert target.exists() == (leads == "to a file")


def test_redirect_off_the_encrypted_line_is_refused(hub, store, monkeypatch):
    handle = store(PLAIN)
    monkeypatch.setattr("nlpkit.presets.sources.http_download.is_trusted_url", lambda *_: False)
    with pytest.raises(ValueError, match=r"redirects to http://127.0.0.1, which is not safe"):
        nlpkit.presets.download(handle)
