"""Watching which files a piece of code writes, deletes or reads, wherever links lead."""

import os
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import nlpkit

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Which of an event's arguments are paths that it changes.
_CHANGES = {
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.link": (1,),
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.rmdir": (0,),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.utime": (0,),
}
_LISTS = ("os.listdir", "os.scandir")
_PACKAGE = Path(nlpkit.__file__).parent
_watched = None


def _note(event, arguments):
    if _watched is None or not arguments or threading.get_ident() in _watched[-1]:
        return
    changed, closed, found, _ = _watched
    if event == "open" and isinstance(arguments[0], str | bytes):
        path = os.path.realpath(os.fsdecode(arguments[0]))
        writes = (arguments[2] or 0) & _WRITING and not path.startswith("/dev/")
        if _is_in(path, closed) or (writes and not _is_in(path, changed)):
            found.append((event, path))
    elif event in _LISTS and isinstance(arguments[0], str | bytes):
        path = os.path.realpath(os.fsdecode(arguments[0]))
        found.extend([(event, path)] if _is_in(path, closed) else [])
    for place in _CHANGES.get(event, ()):
        path = _place(event, arguments[place], arguments[-1])
        found.extend([] if path is None or _is_in(path, changed) else [(event, path)])


def _place(event, name, folder):
    """Where a change is made; None if it is to a file that is open."""
    if isinstance(name, int):
        return None
    path = Path(os.fsdecode(name))
    # The other events' last argument is none of a folder that is open.
    if event in ("os.remove", "os.rmdir", "os.mkdir") and folder not in (None, -1):
        path = Path(f"/proc/self/fd/{folder}") / path
    return os.path.join(os.path.realpath(path.parent), path.name)


def _is_in(path, folders):
    return any(Path(path).is_relative_to(folder) for folder in folders)


sys.addaudithook(_note)


@contextmanager
def touching(changed, closed):
    """What happens within that should not: a list of events with their paths.

    Args:
        changed: folders in which files may be written and deleted.
        closed: folders in which nothing may be read or listed, either.
    """
    global _watched
    found = []
    # Python writes the bytecode of nlpkit's own modules when it imports one for the first time.
    changed = (*changed, *(path.parent / "__pycache__" for path in _PACKAGE.rglob("__init__.py")))
    folders = tuple([os.path.realpath(folder) for folder in part] for part in (changed, closed))
    # Earlier threads may still be at what was given up.
    others = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}
    _watched = (*folders, found, others)
    try:
        yield found
    finally:
        _watched = None
