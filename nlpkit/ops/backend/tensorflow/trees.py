"""Dataclasses of tensors as structures of `tf.nest`."""

from typing import Any


def register_tree(cls: Any, tensors: tuple[str, ...], statics: tuple[str, ...]) -> None:
    """Give the class the methods of `tf.nest`'s protocol, which leave out None, no tensor to it."""

    def flatten(x: Any) -> tuple[Any, tuple[Any, ...]]:
        held = tuple(name for name in tensors if getattr(x, name) is not None)
        others = tuple((name, getattr(x, name)) for name in statics)
        return (held, others), tuple(getattr(x, name) for name in held)

    def unflatten(metadata: Any, held: tuple[Any, ...]) -> Any:
        names, others = metadata
        absent = dict.fromkeys(tensors)
        return cls(**{**absent, **dict(zip(names, held, strict=True)), **dict(others)})

    cls.__tf_flatten__, cls.__tf_unflatten__ = flatten, staticmethod(unflatten)
