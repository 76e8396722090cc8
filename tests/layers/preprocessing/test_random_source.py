import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from nlpkit.layers.preprocessing.masked_lm_mask_generator import MaskedLMMaskGenerator
from nlpkit.layers.preprocessing.random_deletion import RandomDeletion
from nlpkit.layers.preprocessing.random_source import RandomSource
from nlpkit.layers.preprocessing.random_swap import RandomSwap

TOKENS = list(range(5, 60))
LAYERS = {
    "masking": lambda seed: MaskedLMMaskGenerator(100, 0.3, 4, seed=seed),
    "deletion": lambda seed: RandomDeletion(0.3, seed=seed),
    "swap": lambda seed: RandomSwap(0.3, seed=seed),
}


def run(name, seed):
    layer = LAYERS[name](seed)
    outputs = [layer(TOKENS) for _ in range(2)]
    return [list(out["token_ids"]) if isinstance(out, dict) else out for out in outputs]


@pytest.mark.parametrize("name", LAYERS)
def test_a_seed_repeats_a_run_and_every_call_draws_anew(name):
    first, second = run(name, 1)
    assert run(name, 1) == [first, second]
    assert first != second
    assert run(name, 2) != [first, second]
    assert run(name, None) != run(name, None)


def test_threads_get_streams_of_their_own():
    source = RandomSource(0)
    with ThreadPoolExecutor(8) as pool:
        draws = list(pool.map(lambda _: source.next().integers(0, 2**60), range(400)))
    expected = RandomSource(0)
    assert sorted(draws) == sorted(expected.next().integers(0, 2**60) for _ in range(400))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_forked_processes_draw_other_numbers():
    source = RandomSource(0)
    draws = {_draw_in_child(source) for _ in range(3)}
    assert len(draws | {int(source.next().integers(0, 2**60))}) == 4


def _draw_in_child(source):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, str(source.next().integers(0, 2**60)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return int(os.read(reading, 64))


@pytest.mark.parametrize("name", LAYERS)
def test_tf_data_draws_anew_for_each_element(tf, name):
    dataset = tf.data.Dataset.from_tensors(TOKENS).repeat(2)
    dataset = dataset.map(LAYERS[name](1), num_parallel_calls=2)
    first, second = (out["token_ids"] if isinstance(out, dict) else out for out in dataset)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("name", LAYERS)
def test_a_saved_layer_goes_on_where_it_was(name):
    layer, again, store = LAYERS[name](1), LAYERS[name](1), {}
    _, second = run(name, 1)
    layer(TOKENS)
    layer.save_own_variables(store)
    again.load_own_variables(store)
    output = again(TOKENS)
    assert (list(output["token_ids"]) if isinstance(output, dict) else output) == second
    again.load_own_variables({})  # A file of before.
