"""What every test shares: quiet backends, fixed seeds, no network."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Tests compile hundreds of programs to run each a few times: XLA compiles them in haste, a training
# step in 0.4 of the time. The data-parallel journey keeps the optimizations, and compares.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true "
    "--xla_cpu_use_fusion_emitters=false",
)

import pytest


def pytest_configure():
    """Have TensorFlow run its graphs as they are, too: a training step starts the sooner."""
    if os.environ["KERAS_BACKEND"] == "tensorflow":
        import tensorflow

        tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def pytest_collection_modifyitems(config, items):
    """Leave out what would do the same thing a second time; `conformance` has one of each kind."""
    import keras

    if keras.backend.backend() != "tensorflow":
        repeated = [item for item in items if item.get_closest_marker("pure_graph")]
        config.hook.pytest_deselected(items=repeated)
        items[:] = [item for item in items if item not in repeated]


@pytest.fixture(autouse=True)
def _seed():
    import keras

    keras.utils.set_random_seed(0)
