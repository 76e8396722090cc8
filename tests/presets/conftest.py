"""The miniature families, registered while a test of this folder runs; a Hub of our own."""

import socket
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import constants, file_download
from huggingface_hub.utils import _http as http
from huggingface_hub.utils import close_session
from presets import miniature
from presets.miniature import randomized
from presets.sources.hub_server import serve

import nlpkit.models  # noqa: F401 (registers the real families before the miniature ones)
from nlpkit import _registry
from nlpkit.presets.sources import retry

# What gives a backend its weights; the others find, check, keep and write files.
ON_EACH_BACKEND = ("assignment", "carried", "deferred", "from_preset", "hostile", "mapped")
ON_EACH_BACKEND += ("hugging_face_folder", "kerashub_folder", "mutations", "shards")
ON_EACH_BACKEND += ("safetensors_file", "transposing", "weight_table")
assert {f"test_{name}" for name in ON_EACH_BACKEND} <= {
    path.stem for path in Path(__file__).parent.rglob("test_*.py")
}


def pytest_itemcollected(item):
    on_each = item.path.stem.removeprefix("test_") in ON_EACH_BACKEND
    if not on_each and not item.get_closest_marker("by_turns"):
        item.add_marker(pytest.mark.by_turns)


@pytest.fixture(autouse=True)
def _families(monkeypatch):
    for cls in miniature.CLASSES:
        monkeypatch.setitem(_registry.CLASSES, cls.__name__, cls)


@pytest.fixture
def tokenizer():
    return miniature.TinyTokenizer(["[PAD]", "a", "fine", "film", "dull"], lowercase=True)


@pytest.fixture
def backbone():
    return randomized(miniature.TinyBackbone(4))


@pytest.fixture
def classifier(backbone, tokenizer):
    preprocessor = miniature.TinyPreprocessor(tokenizer, sequence_length=5)
    return randomized(miniature.TinyClassifier(backbone, 3, preprocessor, dropout=0.25))


@pytest.fixture
def language_model(backbone, tokenizer):
    return randomized(miniature.TinyLM(backbone, miniature.TinyPreprocessor(tokenizer)))


@pytest.fixture
def caches(monkeypatch, tmp_path):
    """Empty caches, the network switched on, and pauses between attempts that do not hold up."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    for name in ("HF_HUB_OFFLINE", "NLPKIT_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NLPKIT_HOME", str(tmp_path / "nlpkit"))
    monkeypatch.setattr(retry, "_FIRST_PAUSE", 0.01)
    clock = SimpleNamespace(sleep=lambda _: None, time=time.time, monotonic=time.monotonic)
    for module in (file_download, http):
        monkeypatch.setattr(module, "time", clock)
    return tmp_path


@pytest.fixture
def hub(monkeypatch, caches):
    """A Hub of our own, which huggingface_hub takes for the one."""
    server = serve()
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def no_network(monkeypatch):
    """A function that, once called, makes every connection an error."""

    def refuse(*_):
        raise AssertionError("there is no network in this test")

    def block():
        close_session()  # Or its open connections would do.
        monkeypatch.setattr(socket.socket, "connect", refuse)
        monkeypatch.setattr(socket, "create_connection", refuse)

    return block
