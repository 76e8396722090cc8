"""Modular natural-language models on Keras 3: one library on TensorFlow, JAX and PyTorch.

`import nlpkit` loads neither a backend nor Keras; each namespace does when it is first used.
"""

import importlib
from typing import TYPE_CHECKING

from nlpkit._registration import register_names

if TYPE_CHECKING:
    from nlpkit import layers, metrics, models, presets, samplers, tokenizers

__version__ = "0.1.0"
__all__ = ["layers", "metrics", "models", "presets", "samplers", "tokenizers"]


def __getattr__(name: str) -> object:
    if name in __all__:
        return importlib.import_module(f"nlpkit.{name}")
    if name == "upload_preset":  # KerasHub's name of it.
        return importlib.import_module("nlpkit.presets").upload
    raise AttributeError(f"module 'nlpkit' has no attribute {name!r}; it has {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


register_names()
