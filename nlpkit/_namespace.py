"""Public namespaces: each name is imported when it is first used.

Importing a namespace, or a module of its package, imports nothing else of it, nor Keras: one
tokenizer does not bring all layers. Its table says where each name is found; the imports that a
namespace has under `TYPE_CHECKING` say the same to type checkers.
"""

import importlib
import sys
from collections.abc import Callable, Mapping

Origin = tuple[str, str]

# For each namespace, the public names and where they are found: the module, the name in it.
ORIGINS: dict[str, dict[str, Origin]] = {}


def namespace(
    package: str,
    modules: Mapping[str, str],
    beyond: Callable[[str], object] | None = None,
    needs_keras: bool = True,
) -> tuple[list[str], Callable[[str], object], Callable[[], list[str]]]:
    """Make a package a namespace.

    Args:
        package: str. The package's name.
        modules: mapping of str to str. Modules of the package, and the names that are public in
            each: "download, lock", or "list_records as list" for another name.
        beyond: callable. Finds a name that none of them has, or returns None.
        needs_keras: bool. Whether its modules import Keras. Default True.

    Returns:
        The package's `__all__`, `__getattr__` and `__dir__`.
    """
    origins = {}
    for module, names in modules.items():
        for imported in names.split(", "):
            name, _, public = imported.partition(" as ")
            origins[public or name] = (f"{package}.{module}", name)
    ORIGINS[package] = origins

    def find(name: str) -> object:
        if name in origins:
            if needs_keras:
                importlib.import_module("nlpkit._backend")  # Says clearly what Keras lacks.
            module, its_name = origins[name]
            found: object = getattr(importlib.import_module(module), its_name)
        else:
            found = beyond(name) if beyond else None
            if found is None:
                raise AttributeError(f"module {package!r} has no attribute {name!r}")
        setattr(sys.modules[package], name, found)
        return found

    return sorted(origins), find, lambda: sorted(origins)
