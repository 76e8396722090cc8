"""Whether the regular expressions of the preset that is being read may be of any kind."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ALLOWED: ContextVar[bool] = ContextVar("patterns_allowed", default=True)


@contextmanager
def patterns_of_presets(allowed: bool) -> Iterator[None]:
    """Within, tokenizers are built from the files of somebody else.

    Args:
        allowed: bool. Whether they may have any pattern.
    """
    token = _ALLOWED.set(allowed)
    try:
        yield
    finally:
        _ALLOWED.reset(token)


def are_patterns_allowed() -> bool:
    """Whether any pattern may be used here; outside of `patterns_of_presets` it may."""
    return _ALLOWED.get()
