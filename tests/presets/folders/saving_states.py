"""A program that interrupts savings: by a kill or a full disk at every operation on files.

It saves presets of NumPy arrays, so that no backend takes part and a try takes milliseconds, and
prints as JSON what was there after each: by the way it was interrupted, the names of presets.
"""

import contextlib
import errno
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from nlpkit.presets.folders.publishing import publish
from nlpkit.presets.folders.store import PresetFolder
from nlpkit.presets.formats.safetensors_file import write_weights

PRESETS = {
    "old": {"tensors": 3},
    "more shards": {"tensors": 3, "shards": 3},
    "fewer shards": {"tensors": 4, "value": 2},
    "with tokenizer": {"tensors": 3, "files": ("vocab.txt", "tokenizer_config.json")},
    "all new": {"tensors": 5, "shards": 2, "value": 7, "files": ("vocab.txt",)},
}
# What was there before, and what is saved.
TRANSITIONS = [
    (None, "with tokenizer"),
    ("old", "old"),
    ("more shards", "fewer shards"),
    ("fewer shards", "all new"),
    ("with tokenizer", "more shards"),
]
# In the middle of a write: of the first file, the weights or the manifest.
SIZES = (0, 10, 300, 800, 3000)
# Python's names of what changes a folder.
_EVENTS = ("open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.chmod", "os.truncate")


class _Operations:
    """Counts operations on the files of a folder, and does something before one of them."""

    def __init__(self):
        self.folder, self.count, self.last, self.action = None, 0, 0, None
        sys.addaudithook(self._note)
        # What reaches the disk is an operation, too, of which Python tells nobody.
        os.fsync = lambda handle: self._step()

    def during(self, folder, function, last=0, action=None):
        self.folder, self.count, self.last, self.action = str(folder), 0, last, action
        try:
            function()
        finally:
            self.folder = None
        return self.count

    def _note(self, event, arguments):
        if self.folder is None or event not in _EVENTS:
            return
        is_reading = event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if not is_reading and self.folder in str(arguments[0]):
            self._step()

    def _step(self):
        if self.folder is not None:
            self.count += 1
            if self.count == self.last:
                self.action()


def save(folder, name):
    stated = PRESETS[name]
    files, count = ("config.json", *stated.get("files", ())), stated["tensors"]

    def write(written):
        for file in files:
            (written / file).write_text(json.dumps({"preset": name}))
        tensors = {f"w{i}": np.full(256, stated.get("value", 1), "float32") for i in range(count)}
        size = 1024 * -(-count // stated.get("shards", 1))
        return [*files, *write_weights(written, tensors, max_shard_size=size)]

    publish(folder, write, lambda: {"class": "Any", "arguments": {"preset": name}})


def load(folder):
    """The name of the preset that is there, of which all is as it was saved; None for none."""
    try:
        opened = PresetFolder(folder)
    except (ValueError, OSError):
        if (folder / "nlpkit.json").exists():
            raise
        return None
    name = opened.manifest["arguments"]["preset"]
    stated, tensors = PRESETS[name], opened.tensors()
    for file in ("config.json", "vocab.txt", "tokenizer_config.json"):
        assert opened.has(file) == (file in ("config.json", *stated.get("files", ())))
        assert not opened.has(file) or opened.json(file) == {"preset": name}
    assert len(tensors.shapes) == stated["tensors"]
    assert all((tensors.read(tensor) == stated.get("value", 1)).all() for tensor in tensors.shapes)
    opened.check_unchanged()
    return name


def contents(folder):
    """Every file below a folder, with its content, and every folder."""
    paths = folder.rglob("*") if folder.exists() else ()
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in paths}


def _in_a_child(function):
    child = os.fork()
    if not child:
        try:
            function()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _kill():
    os.kill(os.getpid(), signal.SIGKILL)


def _fail():
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _limited(size, function, is_killed=False):
    """Call a function that may write files of so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL if is_killed else signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        return function()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class _Tries:
    """Tries at one transition, each in a folder of its own."""

    def __init__(self, home, old, new, operations):
        self.home = Path(tempfile.mkdtemp(dir=home))
        self.old, self.new, self.operations = old, new, operations
        self.first = self.home / "first"
        if old:
            save(self.first, old)
            (self.first / "README.md").write_text("mine")
        save(self.home / "right", new)
        self.right = contents(self.home / "right") | ({"README.md": b"mine"} if old else {})
        self.found = {}

    def prepared(self):
        self.folder = Path(tempfile.mkdtemp(dir=self.home)) / "saved"
        if self.old:
            # Linked: nothing may write into a file that is there.
            shutil.copytree(self.first, self.folder, copy_function=os.link)
        return self.folder

    def run(self):
        self.prepared()
        for number in range(1, self.operations.during(self.folder, self.put) + 1):
            self._try("killed", lambda put: self._at(number, _kill, put))  # noqa: B023
            self._try("full disk", lambda put: self._at(number, _fail, put))  # noqa: B023
        for size in SIZES:
            self._try("killed in a write", lambda put: _limited(size, put, True))  # noqa: B023
            self._try("full in a write", lambda put: _limited(size, put))  # noqa: B023
        assert load(self.first) == self.old
        return self.found

    def put(self):
        save(self.folder, self.new)

    def _at(self, number, action, put):
        return self.operations.during(self.folder, put, number, action)

    def _try(self, how, interrupt):
        self.prepared()
        if how.startswith("killed"):
            expected = (-signal.SIGKILL,) if how == "killed" else (-signal.SIGXFSZ, 0)
            assert _in_a_child(lambda: interrupt(self.put)) in expected
        else:
            with contextlib.suppress(Exception):  # safetensors has one of its own for a full disk.
                interrupt(self.put)
        found = load(self.folder)
        assert found in (self.old, self.new), (how, found)
        self.put()
        assert contents(self.folder) == self.right, (how, contents(self.folder).keys())
        self.found.setdefault(how, []).append(found)


def read_while_another_saves(folder, seconds):
    """Load over and over, while another process saves one preset after another; what was read."""
    save(folder, "more shards")
    child = os.fork()
    if not child:
        while True:
            for name in ("all new", "more shards", "with tokenizer"):
                save(folder, name)
    try:
        found, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            found.append(load(folder))
        return found
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def main():
    home = tempfile.mkdtemp()
    operations = _Operations()
    try:
        tries = [_Tries(home, old, new, operations).run() for old, new in TRANSITIONS]
        read = read_while_another_saves(Path(home) / "shared", 0.5)
        print(json.dumps({"tries": tries, "read": read}))
    finally:
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
