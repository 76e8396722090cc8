"""What the running backend does by kernels of its own, and facts about it; chosen here, once.

Callers write `backend.dropout(...)` and do not ask which backend runs. `default` has every name, by
Keras' own operations; `torch`, `jax` and `tensorflow` have those that differ there.
"""

import keras

from nlpkit.ops.backend.default import *

if keras.backend.backend() == "torch":
    from nlpkit.ops.backend.torch import *
elif keras.backend.backend() == "jax":
    from nlpkit.ops.backend.jax import *
elif keras.backend.backend() == "tensorflow":
    from nlpkit.ops.backend.tensorflow import *
