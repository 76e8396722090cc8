"""Dataclasses of tensors."""


def register_tree(cls: type, tensors: tuple[str, ...], statics: tuple[str, ...]) -> None:
    """Register a dataclass, so that compiled loops and programs can flatten its instances.

    Args:
        cls: a dataclass.
        tensors: the names of the fields that are trees of tensors, or None.
        statics: the names of the others, whose values are hashable.
    """
