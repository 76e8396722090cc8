"""The permission for arbitrary regular expressions in the preset being loaded."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ALLOWED: ContextVar[bool] = ContextVar("patterns_allowed", default=True)


@contextmanager
def patterns_of_presets(allowed: bool) -> Iterator[None]:
    """A context in which tokenizers are built from untrusted files.

    Args:
        allowed: bool. Whether they may have any pattern.
    """
    token = _ALLOWED.set(allowed)
    try:
        yield
    finally:
        _ALLOWED.reset(token)


def are_patterns_allowed() -> bool:
    """Whether any pattern is allowed here, as it is outside of `patterns_of_presets`."""
    return _ALLOWED.get()
