"""What every test shares: quiet backends, fixed seeds, no network; and which process runs it."""

import gc
import os
import zlib

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import pytest
from haste import compile_in_haste, forget_graphs

compile_in_haste()


BACKENDS = ("tensorflow", "jax", "torch")
# What runs on one of them alone: PyTorch, which compiles nothing, takes the larger part.
IN_TURN = ("torch", "jax", "torch", "tensorflow", "torch", "torch", "torch", "torch")
# Of a test with variants here, the first is on each backend, and the others by turns.
VARIANTS_BY_TURNS = ("conformance/test_layers.py", "journeys/test_generation_guides.py")
VARIANTS_BY_TURNS += ("layers/", "modules/", "samplers/", "tasks/")


def pytest_addoption(parser):
    parser.addoption(
        "--by-turns",
        action="store_true",
        help="run what is marked by_turns on one of the three backends alone",
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Leave out what would do the same thing a second time; `conformance` has one of each kind."""
    import keras

    here, elsewhere, seen = [], [], set()
    for item in items:
        test = item.nodeid.partition("[")[0]
        if test in seen and test.partition("/")[2].startswith(VARIANTS_BY_TURNS):
            item.add_marker(pytest.mark.by_turns)
        seen.add(test)
        runs_here = keras.backend.backend() in _backends_of(item, config.getoption("by_turns"))
        (here if runs_here else elsewhere).append(item)
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = here


def pytest_collection_finish():
    """What was imported stays: have the garbage collector leave it out, and look less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def _backends_of(item, by_turns):
    """The backends that run a test, one at least: by marks and names, as each process has them."""
    turn = item.get_closest_marker("by_turns")
    if item.get_closest_marker("pure_graph"):
        return ("tensorflow",)
    if not (turn and by_turns):
        return BACKENDS
    number = turn.args[0] if turn.args else zlib.crc32(item.nodeid.encode())
    return (IN_TURN[number % len(IN_TURN)],)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="module", autouse=True)
def _module():
    """What a module's fixtures train is the same whatever ran before; its models go with it."""
    _set_seed()
    yield
    forget_graphs()
    gc.collect()


@pytest.fixture(autouse=True)
def _seed():
    _set_seed()


def _set_seed():
    import keras

    keras.utils.set_random_seed(0)
