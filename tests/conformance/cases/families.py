"""What the modules of `conformance.families` list, and which of it runs on each backend."""

from importlib import import_module
from pathlib import Path
from typing import Any

import nlpkit

_MODULES = sorted(path.stem for path in Path(__file__).parents[1].glob("families/*.py"))
FAMILIES: list[Any] = [
    case for name in _MODULES for case in import_module(f"conformance.families.{name}").CASES
]
# The modules of families with each kind of positions, window, cache and block: others combine them.
KINDS = (
    "bert",
    "bloom",
    "falcon",
    "gemma3",
    "gpt2",
    "gpt_oss",
    "mistral",
    "modern_bert",
    "smollm3",
    "t5",
)


def combines(case: Any) -> bool:
    """Whether a case is of a family that combines the parts of KINDS."""
    cls = getattr(nlpkit.models, case.name.split("-")[0], None)
    return cls is not None and cls.__module__.rpartition(".")[2] not in KINDS
