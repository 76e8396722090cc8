"""Classes that hold tensors."""


def register_tree(cls: type, tensors: tuple[str, ...], statics: tuple[str, ...]) -> None:
    """Let compiled loops and programs take the instances of a dataclass apart.

    Args:
        cls: a dataclass.
        tensors: the names of the fields that are trees of tensors, or None.
        statics: the names of the others, whose values are hashable.
    """
