"""The key/value cache of one attention layer: `[batch, 2, slots, heads, head size]`, keys first."""

from typing import Any

from keras import ops


def write(cache: Any, keys: Any, values: Any, index: Any) -> Any:
    """Put keys and values `[B, T, G, D]` into the slots from `index` on; return the new cache."""
    update = ops.cast(ops.stack([keys, values], axis=1), cache.dtype)
    return ops.slice_update(cache, [0, 0, index, 0, 0], update)


def read(cache: Any) -> tuple[Any, Any]:
    """The keys and values of all slots, `[B, S, G, D]` each."""
    return cache[:, 0], cache[:, 1]
