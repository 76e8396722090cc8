"""What nlpkit keeps between processes is input, too: any program may have written it."""

import json
import os
from pathlib import Path

import pytest
from huggingface_hub import constants
from presets.hostile.planted_files import SECRET
from presets.hostile.touching import touching
from presets.miniature import TinyTokenizer
from presets.sources.test_hub import PLAIN

import nlpkit
from nlpkit.presets.sources import cache
from nlpkit.presets.sources.handle import parse_handle

HANDLE = "hf://org/tiny"
FACTS = {"size": 7, "sha256": None, "git_sha1": None}


@pytest.fixture
def record(hub, caches):
    """The record of a preset that was downloaded, beside a folder of the user's."""
    (caches / SECRET).parent.mkdir(parents=True)
    for name, content in {**PLAIN, "secret": b"private"}.items():
        (caches / SECRET).with_name(name).write_bytes(content)
    hub.publish("org/tiny", PLAIN)
    nlpkit.presets.download(HANDLE)
    return cache._record_path(parse_handle(HANDLE))


def _elsewhere(content, home):
    content["folder"] = str(home)


def _above(content, home):
    content["folder"] += "/../../../../" + SECRET


def _another_revision(content, home):
    content["folder"] = content["folder"][:-40] + "b" * 40


def _another_repository(content, home):
    content["handle"]["location"] = "org/other"


def _a_repository_above(content, home):
    content["handle"]["location"] = "../home"


def _another_scheme(content, home):
    content["handle"] = {"scheme": "https", "location": "https://x.org", "revision": None}


def _no_revision(content, home):
    content["handle"]["revision"] = "main"


def _a_file_above(content, home):
    content["checked"]["../" * 6 + SECRET] = FACTS


def _an_absolute_file(content, home):
    content["files"][str(home / "secret")] = FACTS


def _a_size_of_no_type(content, home):
    content["checked"]["vocab.txt"]["size"] = "7"


def _a_fact_too_many(content, home):
    content["checked"]["vocab.txt"]["more"] = 1


def _no_files(content, home):
    content["files"] = []


CHANGES = [
    _elsewhere,
    _above,
    _another_revision,
    _another_repository,
    _a_repository_above,
    _another_scheme,
    _no_revision,
    _a_file_above,
    _an_absolute_file,
    _a_size_of_no_type,
    _a_fact_too_many,
    _no_files,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__[1:])
def test_record_of_something_else_is_done_without(record, caches, change):
    content = json.loads(record.read_text())
    home = (caches / SECRET).parent
    change(content, home)
    record.write_text(json.dumps(content))
    with touching([caches / "hub", caches / "nlpkit"], [home]) as events:
        assert cache.read_record(parse_handle(HANDLE)) is None
        with pytest.raises(ValueError, match="has not been downloaded"):
            nlpkit.presets.verify(HANDLE)
        assert TinyTokenizer.from_preset(HANDLE).vocabulary == ["a", "fine"]
    assert events == []


@pytest.mark.parametrize("content", ["", "[]", "{}", "5", '{"format_version": 1}', "[" * 99999])
def test_damaged_record_is_done_without(record, content):
    record.write_text(content)
    assert TinyTokenizer.from_preset(HANDLE).vocabulary == ["a", "fine"]
    assert cache.read_record(parse_handle(HANDLE)) is not None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes in folders")
def test_pipe_in_a_records_place_is_not_waited_for(record):
    record.unlink()
    os.mkfifo(record)
    assert TinyTokenizer.from_preset(HANDLE).vocabulary == ["a", "fine"]


@pytest.mark.parametrize("commit", ["../../../home/.ssh", "/etc", "main", "a" * 39, ""])
def test_reference_that_names_a_folder_elsewhere_is_not_followed(record, caches, commit):
    record.unlink()
    repository = Path(constants.HF_HUB_CACHE) / "models--org--tiny"
    (repository / "refs").mkdir(exist_ok=True)
    (repository / "refs" / "main").write_text(commit)
    home = (caches / SECRET).parent
    with (
        touching([caches / "hub", caches / "nlpkit"], [home]) as events,
        pytest.raises(ConnectionError, match="not on this machine"),
    ):
        TinyTokenizer.from_preset(HANDLE, offline=True)
    assert events == []


def test_file_that_all_repositories_share_is_read(record):
    """Huggingface_hub keeps what comes by Xet once for all."""
    folder = cache.read_record(parse_handle(HANDLE)).folder
    blob = folder.joinpath(os.readlink(folder / "vocab.txt"))
    shared = Path(constants.HF_HUB_CACHE) / "blobs" / "ab" / ("ab" * 32)
    shared.parent.mkdir(parents=True)
    blob.replace(shared)
    blob.symlink_to(os.path.relpath(shared, blob.parent.resolve()))
    record.unlink()
    assert TinyTokenizer.from_preset(HANDLE).vocabulary == ["a", "fine"]


def test_blob_that_was_changed_since_is_not_used_offline(record):
    """Its name is its hash, whoever downloaded it."""
    folder = cache.read_record(parse_handle(HANDLE)).folder
    record.unlink()
    (Path(constants.HF_HUB_CACHE) / "models--org--tiny" / "refs").mkdir(exist_ok=True)
    (folder.parent.parent / "refs" / "main").write_text(folder.name)
    assert TinyTokenizer.from_preset(HANDLE, offline=True).vocabulary == ["a", "fine"]
    (folder / "vocab.txt").resolve().write_bytes(b"a\nevil")
    with pytest.raises(ValueError, match=r"vocab.txt.*is damaged: its git_sha1 is"):
        TinyTokenizer.from_preset(HANDLE, offline=True)
