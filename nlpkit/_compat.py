"""Optional dependencies, imported on first use, with an installation hint if missing."""

import importlib
import sys
from types import ModuleType

_EXTRAS = {
    "tensorflow": "tensorflow",
    "tensorflow_text": "tensorflow",
    "torch": "torch",
    "jax": "jax",
    "kagglehub": "kaggle",
    "nltk": "metrics",
    "sacrebleu": "metrics",
}


def require(name: str, purpose: str) -> ModuleType:
    """Import an optional package.

    Args:
        name: str. The module, one of the packages in nlpkit's extras.
        purpose: str. What needs it, for the error message.

    Raises:
        ImportError: the package is not installed; the message names the extra that installs it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ImportError(
            f"{purpose} needs the package {name!r}, which is not installed. "
            f'Install it with: pip install "nlpkit[{_EXTRAS[name]}]"'
        ) from error


def is_tensorflow_value(x: object) -> bool:
    """Whether `x` is a TensorFlow tensor, ragged tensor or variable; never imports TensorFlow."""
    tf = sys.modules.get("tensorflow")
    return tf is not None and isinstance(x, tf.Tensor | tf.RaggedTensor | tf.Variable)


def is_tensorflow_dataset(x: object) -> bool:
    """Whether `x` is a `tf.data.Dataset`; never imports TensorFlow."""
    tf = sys.modules.get("tensorflow")
    return tf is not None and isinstance(x, tf.data.Dataset)
