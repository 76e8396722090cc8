"""Support for `keras.models.clone_model`.

Keras clones every functional model layer by layer into a plain `Functional`; that it would go by
`get_config` of a class that defines its own is written there, but never reached (Keras 3.15). The
clone of a task would not take strings, and shared weights, such as tied embeddings, would be
duplicated.
"""

import copy
import functools
from typing import Any

import keras

from nlpkit._config import Configurable


def clone_by_configuration() -> None:
    """Make `keras.models.clone_model` clone nlpkit's models by their configuration."""
    keras_s = keras.models.clone_model

    @functools.wraps(keras_s)
    def clone_model(model: keras.Model, *args: Any, **kwargs: Any) -> Any:
        options = [value for name, value in kwargs.items() if name != "recursive"]
        asked = any(option is not None for option in (*args, *options))
        if asked or not isinstance(model, Configurable):
            return keras_s(model, *args, **kwargs)
        return _clone(model)

    keras.models.clone_model = clone_model


def _clone(model: keras.Model) -> Any:
    serialized = keras.saving.serialize_keras_object(model)
    made = keras.saving.deserialize_keras_object(serialized)
    # Its vocabulary is not part of the configuration.
    if getattr(model, "preprocessor", None) is not None:
        made.preprocessor = copy.deepcopy(model.preprocessor)
    return made
