"""Watching what a piece of code does to this machine: files it opens, code it runs, memory."""

import ctypes
import os
import resource
import site
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

from nlpkit.presets.sources.retry import THREAD_NAME

_FORBIDDEN = (
    "ctypes.dlopen",
    "exec",
    "marshal.loads",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
    "os.system",
    "pickle.find_class",
    "socket.connect",
    "socket.getaddrinfo",
    "subprocess.Popen",
    "urllib.Request",
)
_IN_OPEN, _IN_ACCESS = 0x20, 0x1
_PYTHON = tuple({sys.prefix, sys.base_prefix, *site.getsitepackages(), *sys.path[1:], "/proc/self"})
_watched: list[tuple[str, tuple]] | None = None
_others: set[int | None] = set()


def _note(event, arguments):
    if _watched is None or threading.get_ident() in _others:
        return
    if event == "open" or event in _FORBIDDEN:
        _watched.append((event, arguments))


sys.addaudithook(_note)


@contextmanager
def watching(*closed):
    """What happens within: `seconds` of work, `mebibytes` at peak, `events`, `opened` files."""
    global _watched, _others
    seen = SimpleNamespace(events=[], opened=0)
    notifier = _notify(closed)
    before = _start_peak()
    # Of the processor, so that other work on the machine does not count.
    started = time.process_time()
    # A request that an earlier test gave up may still tidy up after itself.
    _others = {thread.ident for thread in threading.enumerate() if thread.name == THREAD_NAME}
    _watched = seen.events
    try:
        yield seen
    finally:
        _watched = None
        seen.seconds = time.process_time() - started
        seen.mebibytes = (_peak() - before) / 1024
        seen.opened = _notifications(notifier)


def foreign(events, folder):
    """What was opened outside of a folder and of Python's own, and what was run."""
    found, last = [], ""
    for event, arguments in events:
        if event == "open":
            last = arguments[0]
        if not _is_expected(event, arguments, last, folder):
            found.append((event, str(arguments)[:200]))
    return found


def _is_expected(event, arguments, last, folder):
    if event == "open":
        return _is_known(arguments[0], folder)
    # Python's own modules, which are imported when they are first needed.
    if event == "marshal.loads":
        return str(last).endswith(".pyc") and str(last).startswith(_PYTHON)
    return event == "exec" and arguments[0].co_filename.startswith((*_PYTHON, "<frozen"))


def _is_known(path, folder):
    if not isinstance(path, str | bytes | os.PathLike):
        return True  # A file that is open already.
    path = os.path.abspath(os.fsdecode(path))
    return Path(path).is_relative_to(folder) or path.startswith(_PYTHON)


def _start_peak():
    with suppress(OSError):  # Forget the peak so far; Linux only.
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak():
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _notify(paths):
    """Audit hooks do not see what HDF5 opens; the kernel does."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    notifier = libc.inotify_init1(os.O_NONBLOCK)
    for path in paths:
        if libc.inotify_add_watch(notifier, os.fsencode(path), _IN_OPEN | _IN_ACCESS) < 0:
            raise OSError(f"{path} cannot be watched")
    return notifier


def _notifications(notifier):
    if notifier is None:
        return 0
    try:
        return len(os.read(notifier, 4096))
    except BlockingIOError:
        return 0
    finally:
        os.close(notifier)
