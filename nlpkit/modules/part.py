"""Layers that are handed to another layer as its parts."""

from typing import Any


def build_part(part: Any, *shapes: Any) -> None:
    """Build a part by the shapes of its inputs, unless it came from a file, which builds it."""
    if not part.built:
        part.build(*shapes)
