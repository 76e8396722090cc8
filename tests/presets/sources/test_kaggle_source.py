"""Presets of Kaggle, with a stand-in for kagglehub."""

from types import SimpleNamespace

import pytest
from presets.miniature import TinyTokenizer
from presets.sources.test_hub import PLAIN

import nlpkit
from nlpkit import _compat
from nlpkit.presets.sources import cache
from nlpkit.presets.sources.handle import parse_handle

HANDLE = "kaggle://keras/tiny/keras/tiny_en"


class NotFoundError(Exception):
    """Named as kagglehub's."""


@pytest.fixture
def kaggle(caches, monkeypatch):
    """What was asked for; `fails` is raised, if set."""
    asked = SimpleNamespace(handles=[], fails=None, folder=caches / "kaggle" / "2")
    asked.folder.mkdir(parents=True)
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(caches / "kaggle"))

    def model_download(handle, force_download=False):
        asked.handles.append(handle)
        if asked.fails:
            raise asked.fails
        for name, content in PLAIN.items():
            (asked.folder / name).write_bytes(content)
        return str(asked.folder)

    module = SimpleNamespace(model_download=model_download)
    monkeypatch.setattr(_compat, "require", lambda *_: module)
    return asked


def test_model_is_downloaded_once_and_its_version_remembered(kaggle, tmp_path):
    for _ in range(2):
        assert TinyTokenizer.from_preset(HANDLE).vocabulary == ["a", "fine"]
    assert kaggle.handles == ["keras/tiny/keras/tiny_en"]
    path = nlpkit.presets.lock(tmp_path / "presets.lock", HANDLE)
    assert f"{HANDLE}/2" in path.read_text()
    TinyTokenizer.from_preset(f"{HANDLE}/2")
    assert kaggle.handles[-1] == "keras/tiny/keras/tiny_en/2"


def test_what_kagglehub_has_is_enough_offline(kaggle, monkeypatch, tmp_path):
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "cache" / "models" / HANDLE.removeprefix("kaggle://") / "2"
    folder.mkdir(parents=True)
    for name, content in PLAIN.items():
        (folder / name).write_bytes(content)
    with pytest.raises(ConnectionError, match="not on this machine"):
        TinyTokenizer.from_preset(f"{HANDLE}/2", offline=True)
    folder.with_name("2.complete").touch()
    assert TinyTokenizer.from_preset(f"{HANDLE}/2", offline=True).vocabulary == ["a", "fine"]
    assert not kaggle.handles


def test_link_in_a_model_that_leads_out_of_it_is_no_file_of_it(kaggle, tmp_path):
    (tmp_path / "secret").write_bytes(b"a\nsecret")
    (kaggle.folder / "spiece.model").symlink_to(tmp_path / "secret")
    nlpkit.presets.download(HANDLE)
    assert "spiece.model" not in cache.read_record(parse_handle(HANDLE)).files


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (NotFoundError(), ValueError, "Kaggle has no model keras/tiny/keras/tiny_en"),
        (RuntimeError("odd"), ConnectionError, "Kaggle does not answer as it should: odd"),
        (OSError(28, "No space left"), OSError, "No space left"),
    ],
)
def test_failure_is_explained(kaggle, error, kind, message):
    kaggle.fails = error
    with pytest.raises(kind, match=message):
        TinyTokenizer.from_preset(HANDLE)


def test_terms_that_were_not_accepted_are_named(kaggle):
    kaggle.fails = RuntimeError()
    kaggle.fails.response = SimpleNamespace(status_code=403)
    with pytest.raises(
        ValueError, match=r"accept the model's terms at https://www.kaggle.com/models/k"
    ):
        TinyTokenizer.from_preset(HANDLE)
