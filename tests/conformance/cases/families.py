"""What the modules of `conformance.families` list."""

from importlib import import_module
from pathlib import Path
from typing import Any

_MODULES = sorted(path.stem for path in Path(__file__).parents[1].glob("families/*.py"))
FAMILIES: list[Any] = [
    case for name in _MODULES for case in import_module(f"conformance.families.{name}").CASES
]
