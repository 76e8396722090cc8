"""The embedding of positions and segments."""

from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Tensor
from nlpkit.modules.direct_call import DirectCall
from nlpkit.ops import backend


class Table(DirectCall, Configurable, keras.layers.Embedding):
    """`keras.layers.Embedding` that trains alike on every backend."""

    def call(self, inputs: Tensor) -> Any:
        """Look up ids, int `[...]`."""
        return embedded(self, inputs)


def embedded(layer: keras.layers.Embedding, ids: Tensor) -> Any:
    """The embeddings `[..., dim]` of ids, in the layer's compute dtype."""
    table = ops.convert_to_tensor(layer.embeddings)
    return ops.cast(backend.take_rows(table, ops.cast(ids, "int32")), layer.compute_dtype)
