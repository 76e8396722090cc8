"""Kernels of the running backend, and facts about it, chosen here once.

Callers write `backend.dropout(...)` and do not ask which backend runs. `default` has every name, in
Keras' operations; `torch`, `jax` and `tensorflow` replace some.
"""

import keras

from nlpkit.ops.backend.default import *

if keras.backend.backend() == "torch":
    from nlpkit.ops.backend.torch import *
elif keras.backend.backend() == "jax":
    from nlpkit.ops.backend.jax import *
elif keras.backend.backend() == "tensorflow":
    from nlpkit.ops.backend.tensorflow import *
