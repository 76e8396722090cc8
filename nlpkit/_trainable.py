"""The `trainable` flags of sub-layers as part of a configuration.

A layer of nlpkit is rebuilt by its constructor, so the configurations of its sub-layers, where
Keras records which of them are frozen, are not saved.
"""

from collections.abc import Iterator
from typing import Any

import keras


def unlike_their_parents(layer: keras.Layer) -> dict[str, bool]:
    """The `trainable` flags, by path, of sub-layers that differ from their parents.

    Args:
        layer: `keras.Layer`.
    """
    return {
        path: inner.trainable
        for path, inner, parent in _layers_within(layer)
        if inner.trainable != parent.trainable
    }


def set_trainable(layer: keras.Layer, trainable: bool) -> None:
    """Freeze or unfreeze a layer and all its sub-layers, including later ones.

    Args:
        layer: `keras.Layer`.
        trainable: bool.
    """
    # On TensorFlow, Keras ignores a value that does not change the layer.
    layer.trainable = not trainable
    layer.trainable = trainable


def set_trainable_within(layer: keras.Layer, flags: dict[str, bool]) -> None:
    """Freeze and unfreeze sub-layers; the inverse of `unlike_their_parents`.

    Args:
        layer: `keras.Layer`, built.
        flags: dict of flags by path; outer layers before their sub-layers.

    Raises:
        ValueError: there is no layer with such a path.
    """
    for path, trainable in flags.items():
        found = [inner for place, inner, _ in _layers_within(layer) if place == path]
        if not found:
            raise ValueError(f"{layer.name} has no layer {path!r}, which trainable_layers names.")
        for inner in found:
            set_trainable(inner, bool(trainable))


def _layers_within(layer: keras.Layer, prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    for inner in layer._layers:
        path = f"{prefix}{inner.name}"
        yield path, inner, layer
        yield from _layers_within(inner, f"{path}/")
