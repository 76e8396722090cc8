"""What every test shares: quiet backends, fixed seeds, no network."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest
from haste import compile_in_haste

compile_in_haste()


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
