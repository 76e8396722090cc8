"""Classes that hold tensors, as JAX's pytrees."""

import jax


def register_tree(cls: type, tensors: tuple[str, ...], statics: tuple[str, ...]) -> None:
    """Register a dataclass, whose fields JAX reads and writes in native code."""
    jax.tree_util.register_dataclass(cls, data_fields=tensors, meta_fields=statics)
