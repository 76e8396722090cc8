"""Dataclasses of tensors as pytrees of JAX."""

import jax


def register_tree(cls: type, tensors: tuple[str, ...], statics: tuple[str, ...]) -> None:
    """Register a dataclass, which JAX then flattens in native code."""
    jax.tree_util.register_dataclass(cls, data_fields=tensors, meta_fields=statics)
