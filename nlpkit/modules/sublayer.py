"""Layers that are given to another layer, which is made of them."""

from typing import Any

import keras


def build_sublayer(layer: keras.Layer, *input_shapes: Any) -> None:
    """Build a layer for inputs of these shapes, unless it came from a file, which builds it."""
    if not layer.built:
        layer.build(*input_shapes)
