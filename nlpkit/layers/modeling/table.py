"""A table of learned vectors, for positions and segments."""

import keras

from nlpkit.layers.modeling.direct_call import DirectCall


class Table(DirectCall, keras.layers.Embedding):
    """`keras.layers.Embedding`."""
