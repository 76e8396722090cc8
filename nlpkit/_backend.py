"""Import of Keras and its backend, with a clear error if the backend is not installed."""

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
        f"Keras would use the backend {_lacking!r}, which is not installed. It is the one that "
        f"KERAS_BACKEND or ~/.keras/keras.json selects, or the default: {_advice}, before Python "
        "starts or before anything imports keras."
    ) from None
