"""Hashes of large files, computed once."""

import hashlib
import json
import os
from pathlib import Path

import pytest
from presets.miniature import TinyClassifier

from nlpkit.presets.folders import hash_cache

OLD = 10**9  # Seconds: a file that was not changed a moment ago.


@pytest.fixture
def read(monkeypatch, tmp_path):
    """The files that were read for their hashes; all are large and were written long ago."""
    monkeypatch.setenv("NLPKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(hash_cache, "_LARGE", 0)
    monkeypatch.setattr(hash_cache, "_TICK", -1)
    seen = []
    digest = hash_cache.digest

    def note(file):
        seen.append(Path(file.name).name)
        return digest(file)

    monkeypatch.setattr(hash_cache, "digest", note)
    return seen


@pytest.fixture
def file(tmp_path):
    (tmp_path / "file").write_bytes(b"good")
    return tmp_path / "file"


def _right(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_file_is_read_once(file, read):
    assert [hash_cache.sha256(file), hash_cache.sha256(file)] == [_right(file)] * 2
    assert read == ["file"]


def test_link_is_the_file_it_leads_to(file, read):
    link = file.parent / "link"
    link.symlink_to(file)
    assert hash_cache.sha256(file) == hash_cache.sha256(link)
    assert len(read) == 1


def test_changed_file_is_read_again(file, read):
    hash_cache.sha256(file)
    file.write_bytes(b"evil")
    assert hash_cache.sha256(file) == _right(file)


def test_change_that_sets_the_time_back_is_seen(file, read):
    before = file.stat()
    hash_cache.sha256(file)
    with file.open("r+b") as opened:
        opened.write(b"evil")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    assert hash_cache.sha256(file) == _right(file)


def test_another_file_put_in_its_place_is_read(file, read):
    os.utime(file, (OLD, OLD))
    hash_cache.sha256(file)
    other = file.with_name("other")
    other.write_bytes(b"evil")
    os.utime(other, (OLD, OLD))
    other.rename(file)
    assert hash_cache.sha256(file) == _right(file)


def test_file_that_was_just_written_is_not_trusted_yet(file, read, monkeypatch):
    """A second change within a tick of the clock would leave no other time behind."""
    monkeypatch.setattr(hash_cache, "_TICK", 2_000_000_000)
    hash_cache.sha256(file)
    hash_cache.sha256(file)
    assert len(read) == 2


def test_small_files_are_not_worth_remembering(file, read, monkeypatch):
    monkeypatch.setattr(hash_cache, "_LARGE", 1 << 24)
    hash_cache.sha256(file)
    assert not hash_cache._place().exists()


@pytest.mark.parametrize("content", ["", "[]", '{"x": 1}', "\x80", '{"x": {"sha256": "y"}}'])
def test_damaged_record_is_done_without(file, read, content):
    hash_cache._place().parent.mkdir()
    hash_cache._place().write_text(content.replace("x", str(file)), "latin-1")
    assert hash_cache.sha256(file) == _right(file)
    hash_cache.sha256(file)
    assert len(read) == 1


def test_cache_that_may_not_be_written_is_done_without(file, read, tmp_path):
    (tmp_path / "home").write_text("in the way")
    assert hash_cache.sha256(file) == _right(file)


def test_oldest_are_forgotten(file, read, monkeypatch):
    monkeypatch.setattr(hash_cache, "_MOST", 2)
    for name in "abc":
        path = file.with_name(name)
        path.write_text(name)
        hash_cache.sha256(path)
    kept = json.loads(hash_cache._place().read_text())
    assert [path[-1] for path in kept] == ["b", "c"]


def test_preset_is_verified_once_and_refused_when_it_changes(classifier, read, tmp_path):
    classifier.save_to_preset(tmp_path / "saved")
    TinyClassifier.from_preset(tmp_path / "saved")
    read.clear()
    TinyClassifier.from_preset(tmp_path / "saved")
    assert read == []
    weights = tmp_path / "saved" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.safetensors is damaged or was changed"):
        TinyClassifier.from_preset(tmp_path / "saved")
