"""Modular natural language processing models on Keras 3, for TensorFlow, JAX and PyTorch.

`import nlpkit` loads neither Keras nor a backend; the namespaces do on first use.
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from nlpkit._registration import register_names
from nlpkit._registry import import_families_by
from nlpkit._version import __version__ as __version__

if TYPE_CHECKING:
    from nlpkit import callbacks, layers, losses, metrics, models, presets, samplers, tokenizers

__all__ = [
    "callbacks",
    "layers",
    "losses",
    "metrics",
    "models",
    "presets",
    "samplers",
    "tokenizers",
]


def __getattr__(name: str) -> object:
    if name in __all__:
        return importlib.import_module(f"nlpkit.{name}")
    if name == "upload_preset":  # KerasHub's name for it.
        return importlib.import_module("nlpkit.presets").upload
    raise AttributeError(f"module 'nlpkit' has no attribute {name!r}; it has {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def _import_families() -> ModuleType:
    import nlpkit.models

    return nlpkit.models


import_families_by(_import_families)
register_names()
