"""Whatever a server answers or a cache holds: the right files or a message, and nothing else."""

import hashlib
import json
import re
import time

import pytest
from huggingface_hub import constants
from huggingface_hub.utils import _http as client
from presets.hostile.planted_files import SECRET
from presets.hostile.touching import touching
from presets.sources.download_faults import FAULTS, FILES, STALLS

import nlpkit
from nlpkit.presets.layouts import selection
from nlpkit.presets.sources import responses, retry

TREE = {SECRET: "private", "home/notes.txt": "mine", "home/config.json": "{}"}


@pytest.fixture
def tree(caches):
    """Files beside the caches, which are nobody's business."""
    for name, content in TREE.items():
        (caches / name).parent.mkdir(parents=True, exist_ok=True)
        (caches / name).write_text(content)
    return caches / "home"


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    """Limits that are reached in a moment."""
    monkeypatch.setattr(retry, "_LONGEST_PAUSE", 0.01)
    for module in (responses, selection):
        monkeypatch.setattr(module, "LARGE", 1 << 20)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}-{fault.name}")
def test_fault_is_survived_or_refused_and_touches_nothing_else(
    fault, hub, caches, tree, monkeypatch
):
    if fault.says == STALLS:
        monkeypatch.setattr(retry, "PATIENCE", 0.2)
    _try(fault, hub, caches, tree)


@pytest.mark.parametrize(
    "fault",
    # With an ETag for all, files are not one: each is moved away before the next one comes.
    [
        fault
        for fault in FAULTS
        if re.search("ETag|damaged", str(fault.says)) and fault.name != "etag-for-all"
    ],
    ids=lambda fault: f"{fault.kind}-{fault.name}",
)
def test_without_links_it_is_the_same(fault, hub, caches, tree, monkeypatch):
    """On Windows files are where they would be linked from."""
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_SYMLINKS", True)
    _try(fault, hub, caches, tree)


def _try(fault, hub, caches, tree):
    handle, files = _published(hub, fault, caches)
    with touching([caches / "hub", caches / "nlpkit"], [tree]) as events:
        said = _message(handle)
    assert events == []
    assert {str(path.relative_to(caches)): path.read_text() for path in _files(tree)} == TREE
    if fault.says is None:
        assert said == ""
        folder = nlpkit.presets.download(handle)
        assert {name: (folder / name).read_bytes() for name in files} == files
    else:
        assert re.search(fault.says, said)
        assert handle in said or "cannot be written" in said
        assert len(said) < 1500


def test_a_client_that_is_replaced_meanwhile_checks_answers_too(hub, caches, tree):
    """huggingface_hub makes a new one when a connection is refused, before it asks again."""
    hub.publish("org/tiny", {"config.json": FILES["config.json"]})

    def bend(name, status, headers, content):
        if sum(line.startswith("HEAD") for line in hub.requests) == 1:
            client._GLOBAL_CLIENT = None
            return 500, {"Content-Length": 0}, b""
        return status, {**headers, "ETag": f'"../../../{SECRET}"'}, content

    hub.bends["HEAD"] = bend
    with touching([caches / "hub", caches / "nlpkit"], [tree]) as events:
        assert "an ETag that is not a file name" in _message("hf://org/tiny")
    assert events == []


def test_server_is_waited_for_while_another_program_brings_the_file(monkeypatch):
    """Huggingface_hub waits for the lock, and nothing comes to us."""
    monkeypatch.setattr(retry, "PATIENCE", 0.05)
    deadline = retry.Deadline(time.monotonic_ns)
    assert deadline.run(lambda: time.sleep(0.2) or "brought") == "brought"
    with pytest.raises(ConnectionError, match="the server stalls"):
        retry.Deadline().run(lambda: time.sleep(0.2))


def test_what_came_fast_saves_no_time_for_what_drips_afterwards(monkeypatch):
    monkeypatch.setattr(retry, "PATIENCE", 0.05)
    deadline = retry.Deadline()
    deadline.extend(10**12)
    with pytest.raises(ConnectionError, match="the server stalls"):
        deadline.run(lambda: time.sleep(0.2))


def test_there_are_enough_faults():
    assert len(FAULTS) >= 100
    assert len({(fault.kind, fault.name) for fault in FAULTS}) == len(FAULTS)


def _published(hub, fault, caches):
    """Where the preset is that the fault is about, and its files."""
    if fault.kind == "files":
        content = FILES["vocab.txt"]
        stated = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        manifest = json.dumps({"files": {"vocab.txt": stated}}).encode()
        files = {"nlpkit.json": manifest, "vocab.txt": content}
        hub.files |= {f"tiny/{name}": content for name, content in files.items()}
        hub.bends["files"] = fault.act
        return f"{hub.url}/files/tiny", files
    commit = hub.publish("org/tiny", FILES)
    if fault.kind:
        hub.bends[fault.kind] = fault.act
    else:
        fault.act(caches, commit)
    return "hf://org/tiny", FILES


def _message(handle):
    """What is said instead of bringing a preset; nothing if it came."""
    try:
        nlpkit.presets.download(handle)
    except (ValueError, OSError) as error:
        return str(error)
    return ""


def _files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]
