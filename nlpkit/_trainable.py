"""Which of a layer's own layers are trained, as a part of its configuration.

A layer of nlpkit is rebuilt by its constructor, so that the configuration of the layers within,
where Keras writes down which of them are frozen, is not saved.
"""

from collections.abc import Iterator
from typing import Any


def unlike_their_parents(layer: Any) -> dict[str, bool]:
    """Whether layers within are trained, by path, of those that differ from what they are part of.

    Args:
        layer: `keras.Layer`.
    """
    return {
        path: inner.trainable
        for path, inner, parent in _layers_within(layer)
        if inner.trainable != parent.trainable
    }


def set_trainable(layer: Any, trainable: bool) -> None:
    """Freeze or thaw a layer and all within it, some of which may have been made since.

    Args:
        layer: `keras.Layer`.
        trainable: bool.
    """
    layer.trainable = not trainable  # On TensorFlow, Keras ignores what does not change the layer.
    layer.trainable = trainable


def set_trainable_within(layer: Any, flags: dict[str, bool]) -> None:
    """Freeze and thaw layers within; the inverse of `unlike_their_parents`.

    Args:
        layer: `keras.Layer`, built.
        flags: dict by path; outer layers stand before those in them.

    Raises:
        ValueError: there is no such layer.
    """
    for path, trainable in flags.items():
        found = [inner for place, inner, _ in _layers_within(layer) if place == path]
        if not found:
            raise ValueError(f"{layer.name} has no layer {path!r}, which trainable_layers names.")
        for inner in found:
            set_trainable(inner, bool(trainable))


def _layers_within(layer: Any, prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    for inner in layer._layers:
        path = f"{prefix}{inner.name}"
        yield path, inner, layer
        yield from _layers_within(inner, f"{path}/")
