"""nlpkit's own classes by name.

A class is entered as it is made. The families stand above all that looks for one of them, so they
are imported when they are asked for, in the way that `nlpkit/__init__.py` says.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

CLASSES: dict[str, type[Any]] = {}
_IMPORTERS: list[Callable[[], ModuleType]] = []


def import_families_by(importer: Callable[[], ModuleType]) -> None:
    """Say what imports the families, and returns the module that has them all."""
    _IMPORTERS.append(importer)


def families() -> ModuleType:
    """The module that has the classes of all families."""
    return _IMPORTERS[-1]()


def registered_class(name: str) -> type[Any]:
    """nlpkit's own class of that name, if it has been imported.

    Raises:
        ValueError: nlpkit has no such class.
    """
    if name not in CLASSES:
        raise ValueError(f"{name!r} is not a class of nlpkit.")
    return CLASSES[name]


def registered_classes() -> dict[str, type[Any]]:
    """nlpkit's own classes by name, as far as they have been imported."""
    return dict(CLASSES)


def known_classes() -> dict[str, type[Any]]:
    """nlpkit's own classes by name, those of all families among them."""
    families()
    return registered_classes()
