"""Keras with its backend; imported first, so that a backend that is not there is told clearly."""

import importlib.util

_BACKENDS = ("torch", "jax", "tensorflow")

try:
    import keras as keras
except ModuleNotFoundError as error:
    _lacking = str(error.name).partition(".")[0]
    if _lacking not in _BACKENDS:
        raise
    _there = [name for name in _BACKENDS if importlib.util.find_spec(name) is not None]
    _choices = " or ".join(f"KERAS_BACKEND={name}" for name in _there)
    _advice = f"set {_choices} in the environment" if _there else "install torch, jax or tensorflow"
    raise ImportError(
        f"Keras would compute with {_lacking!r}, which is not installed (KERAS_BACKEND or "
        f"~/.keras/keras.json says so, or neither says anything): {_advice}, before Python starts "
        "or before anything imports keras."
    ) from None
