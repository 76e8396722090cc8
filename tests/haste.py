"""Compiling in haste: tests compile hundreds of programs, to run each a few times."""

import atexit
import os
import shutil
import tempfile


def compile_in_haste() -> None:
    """Have XLA and TensorFlow leave out their optimizations, here and in processes started here.

    XLA compiles a training step in 0.4 of the time, TensorFlow starts one in 0.8, and processes on
    JAX share what they compiled. What compares with a process of its own calls this there, too. The
    data-parallel journey keeps XLA's optimizations, and compares.
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
