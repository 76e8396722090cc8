"""Compiling in haste: tests compile hundreds of programs, to run each a few times."""

import os


def compile_in_haste() -> None:
    """Have XLA and TensorFlow leave out their optimizations, here and in processes started here.

    XLA compiles a training step in 0.4 of the time, TensorFlow starts one in 0.8. What compares
    with a process of its own calls this there, too. The data-parallel journey keeps XLA's
    optimizations, and compares.
    """
    os.environ.setdefault(
        "XLA_FLAGS",
        "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true "
        "--xla_cpu_use_fusion_emitters=false",
    )
    if os.environ.get("KERAS_BACKEND") == "tensorflow":
        import tensorflow

        tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
