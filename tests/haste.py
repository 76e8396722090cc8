"""Compiling in haste: tests compile hundreds of programs, to run each a few times."""

import atexit
import os
import shutil
import sys
import tempfile
import types

import numpy as np

_ADAM = ("var", "m", "v", "beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon", "grad")


def compile_in_haste() -> None:
    """Have XLA and TensorFlow leave out their optimizations, here and in processes started here.

    XLA compiles a training step in 0.4 of the time, TensorFlow starts one in 0.8, and processes on
    JAX share what they compiled. What compares with a process of its own calls this there, too. The
    data-parallel journey keeps XLA's optimizations, and compares. TensorFlow's graphs do not know
    which line made an operation, and have one for a step of Adam. Weights start from NumPy's random
    numbers, for which nothing is compiled. Errors keep the frames of Keras and TensorFlow: to be
    ready to leave them out takes a fifth of the time of tracing.
    """
    os.environ.setdefault(
        "XLA_FLAGS",
        "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true "
        "--xla_cpu_use_fusion_emitters=false",
    )
    if os.environ.get("KERAS_BACKEND") == "jax" and "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        folder = os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp()
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
    if os.environ.get("KERAS_BACKEND") == "tensorflow":
        import tensorflow

        tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
        tensorflow.debugging.disable_traceback_filtering()
        _trace_in_haste(tensorflow)
    import keras

    keras.config.disable_traceback_filtering()
    _draw_initial_weights_in_numpy()


def _trace_in_haste(tf: types.ModuleType) -> None:
    """Leave out what TensorFlow does beside making an operation, and most operations of Adam."""
    from tensorflow.python.framework import op_def_library
    from tensorflow.python.util import tf_stack

    here, check = tf_stack.extract_stack(), op_def_library._SatisfiesTypeConstraint

    def check_in_haste(dtype, attribute, param_name):
        """Ask of a type first whether it is allowed; TensorFlow first writes down which are."""
        if dtype not in attribute.allowed_values.list.type:
            check(dtype, attribute, param_name)

    tf_stack.extract_stack = lambda stacklevel=1: here
    op_def_library._SatisfiesTypeConstraint = check_in_haste
    _step_in_one_operation(tf)


def _step_in_one_operation(tf: types.ModuleType) -> None:
    """Have Keras' Adam take TensorFlow's own operation, of the same formula, in graphs."""
    from keras.optimizers import Adam

    step = Adam.update_step

    def update_step(self, gradient, variable, learning_rate):
        as_keras_does = self.amsgrad or variable.dtype != "float32" or tf.executing_eagerly()
        if as_keras_does or isinstance(gradient, tf.IndexedSlices):
            return step(self, gradient, variable, learning_rate)
        numbers = tf.compat.v1.get_collection_ref(("numbers of Adam", id(self)))
        if not numbers:
            count = tf.cast(self.iterations.value + 1, "float32")
            betas = [tf.constant(x, "float32") for x in (self.beta_1, self.beta_2)]
            numbers.extend([*(beta**count for beta in betas), learning_rate, *betas, self.epsilon])
        index = self._get_variable_index(variable)
        moments = [x[index].value.handle for x in (self._momentums, self._velocities)]
        resources = [variable.handle, *moments]
        return tf.raw_ops.ResourceApplyAdam(
            **dict(zip(_ADAM, [*resources, *numbers, gradient], strict=True))
        )

    Adam.update_step = update_step


def forget_graphs() -> None:
    """Let TensorFlow free what no model runs any more.

    Its `tf.custom_gradient`, which is in its SiLU and in each step of Keras' optimizers, registers
    a function that holds the graph, and so the variables, until the process ends: 20 GB of tests.
    """
    if os.environ.get("KERAS_BACKEND") == "tensorflow":
        registered = sys.modules["tensorflow.python.framework.ops"].gradient_registry._registry
        for name in [name for name in registered if name.startswith("CustomGradient-")]:
            del registered[name]


def _draw_initial_weights_in_numpy() -> None:
    from keras.src.initializers import random_initializers

    drawn = {"normal": _normal, "truncated_normal": _truncated_normal, "uniform": _uniform}
    known = vars(random_initializers.random)
    random_initializers.random = types.SimpleNamespace(**{**known, **drawn})


def _normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    return _tensor(mean + stddev * _generator(seed).normal(size=shape), dtype)


def _truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """What lies beyond two standard deviations comes in again at the other end."""
    drawn = _generator(seed).normal(size=shape)
    return _tensor(mean + stddev * ((drawn + 2) % 4 - 2), dtype)


def _uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    return _tensor(_generator(seed).uniform(minval, maxval, shape), dtype)


def _generator(seed):
    import keras

    if isinstance(seed, keras.random.SeedGenerator):
        seed = keras.ops.convert_to_numpy(seed.next())
    return np.random.default_rng(seed)


def _tensor(drawn, dtype):
    import keras

    return keras.ops.convert_to_tensor(drawn, dtype=dtype)
