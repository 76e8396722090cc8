"""Keras finds nlpkit's classes by their registered names before they are imported.

A `.keras` file names the classes that it needs, and `keras.saving` looks them up among those that
have been registered, which happens as their modules are imported. `import nlpkit` imports none of
them, nor Keras; so what is registered at first, once Keras is there, are names that stand for them.
"""

import importlib
import importlib.abc
import importlib.machinery
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

_SAVING = "keras.saving"
_NAME = re.compile(r"^class (\w+)\(|registered_name=\"(\w+)\"", re.MULTILINE)


class _Deferred:
    """Stands for a class until it is used; registering the class itself takes its place."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._find()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._find(), name)

    def _find(self) -> Any:
        for namespace in importlib.import_module("nlpkit").__all__:
            importlib.import_module(f"nlpkit.{namespace}")
        return importlib.import_module("nlpkit._config").registered_class(self._name)


class _WhenSavingIsImported(importlib.abc.MetaPathFinder):
    """Registers the names as soon as Keras' registry is there."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != _SAVING:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_register(module: ModuleType) -> None:
                execute(module)
                _register(module)

            spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec


def register_names() -> None:
    """Register all classes by name, now or when Keras is imported."""
    if _SAVING in sys.modules:
        _register(sys.modules[_SAVING])
    else:
        sys.meta_path.insert(0, _WhenSavingIsImported())


def _register(saving: ModuleType) -> None:
    registered = saving.get_custom_objects()
    for path in Path(__file__).parent.rglob("*.py"):
        for match in _NAME.finditer(path.read_text(encoding="utf-8")):
            name = match[1] or match[2]
            registered.setdefault(f"nlpkit>{name}", _Deferred(name))
