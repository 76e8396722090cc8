"""Calling layers without Keras' bookkeeping, where it costs more than the layers' work.

Every call of a Keras layer looks at all its arguments: for their dtypes, masks and symbolic
tensors. That takes some 50 microseconds, a hundred times a token, as long as a third of the
arithmetic of a small model that decodes a single row on PyTorch.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

from nlpkit.ops import backend

_STATE = threading.local()


class DirectCall:
    """Mix-in for layers, placed before Keras' class: `direct_calls` calls `call` at once."""

    quantization_mode: Any

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if called_directly() and self.quantization_mode is None:
            return self.call(*args, **kwargs)  # type: ignore[attr-defined]
        return super().__call__(*args, **kwargs)  # type: ignore[misc]


@contextmanager
def direct_calls(active: bool = True) -> Iterator[None]:
    """Within, layers are called directly: built ones, on real tensors of their dtype.

    Weights must stay as they are meanwhile.

    Args:
        active: bool. False leaves everything as it is.
    """
    before = getattr(_STATE, "active", False), getattr(_STATE, "held", {})
    _STATE.active, _STATE.held = active, {}
    try:
        yield
    finally:
        _STATE.active, _STATE.held = before


def called_directly() -> bool:
    """Whether this is within `direct_calls`."""
    return getattr(_STATE, "active", False)


def held(layer: keras.Layer, make: Callable[[], Any]) -> Any:
    """What `make` makes of a layer's weights; once within `direct_calls`, if eager."""
    if not called_directly() or not backend.EAGER:
        return make()
    found = _STATE.held.get(id(layer))
    if found is None:
        found = _STATE.held[id(layer)] = make()
    return found
