"""The embedding of positions and segments."""

import keras

from nlpkit._config import Configurable
from nlpkit.modules.direct_call import DirectCall


class Table(DirectCall, Configurable, keras.layers.Embedding):
    """`keras.layers.Embedding`."""
