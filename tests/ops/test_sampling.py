"""From logits to the next token."""

import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.ops import sampling

WORDS = 1500  # More than a selection of the heaviest on PyTorch, and no multiple of a block.


def weights_of(rows=3, seed=0, spread=3.0):
    logits = np.random.default_rng(seed).normal(size=(rows, WORDS)).astype("float32") * spread
    return np.exp(logits - logits.max(axis=-1, keepdims=True))


def kept(function, weights, *parameters):
    """Which words a compiled filter keeps."""
    parameters = [ops.convert_to_tensor(x) for x in parameters]
    return ops.convert_to_numpy(compiled(function)(ops.convert_to_tensor(weights), *parameters)) > 0


def compiled(function):
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=True)
    return function


@pytest.mark.parametrize("k", [1, 2, 50, 1023, 1024, 1025, WORDS - 1, WORDS, WORDS + 1])
def test_top_k_keeps_the_k_heaviest(k):
    weights = weights_of()
    expected = weights >= np.sort(weights, axis=-1)[:, -min(k, WORDS)][:, None]
    np.testing.assert_array_equal(kept(sampling.keep_top_k, weights, np.int32(k)), expected)


def test_top_k_keeps_equals_of_the_last():
    weights = np.array([[1.0, 0.5, 0.25, 0.5, 0.1]], "float32")
    assert kept(sampling.keep_top_k, weights, np.int32(2)).tolist() == [[1, 1, 0, 1, 0]]


@pytest.mark.parametrize("p", [1e-6, 0.1, 0.5, 0.9, 0.999, 0.99999])
@pytest.mark.parametrize("spread", [0.1, 3.0])
def test_top_p_keeps_the_fewest_that_reach_p(p, spread):
    weights = weights_of(spread=spread)
    expected = []
    for row in weights.astype("float64"):
        order = np.argsort(-row)
        count = np.searchsorted(np.cumsum(row[order]), float(np.float32(p)) * row.sum()) + 1
        expected.append(np.isin(np.arange(WORDS), order[:count]))
    result = kept(sampling.keep_top_p, weights, np.float32(p))
    # Rounding may decide about one word, whose sum with those before it is p to seven digits.
    assert (result != expected).sum(-1).max() <= 1


def test_top_p_of_one_keeps_all():
    weights = np.array([[1.0] + [1e-30] * 9], "float32")
    assert kept(sampling.keep_top_p, weights, np.float32(1)).all()


def test_top_p_keeps_equals_of_the_last():
    weights = np.array([[1.0, 0.5, 0.5, 0.25]], "float32")
    assert kept(sampling.keep_top_p, weights, np.float32(0.6)).tolist() == [[1, 1, 1, 0]]


def test_min_p_compares_with_the_heaviest():
    weights = np.array([[1.0, 0.5, 0.2, 0.1]], "float32")
    assert kept(sampling.keep_min_p, weights, np.float32(0.2)).tolist() == [[1, 1, 1, 0]]


def test_parameters_may_differ_from_row_to_row():
    weights = weights_of(2)
    assert kept(sampling.keep_top_k, weights, np.array([1, 7], "int32")).sum(-1).tolist() == [1, 7]
    each = kept(sampling.keep_top_p, weights, np.array([0.3, 0.9], "float32"))
    for row, p in enumerate((0.3, 0.9)):
        alone = kept(sampling.keep_top_p, weights[row : row + 1], np.float32(p))
        np.testing.assert_array_equal(each[row], alone[0])


def test_all_parameters_agree_with_transformers():
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    logits = np.random.default_rng(1).normal(size=(4, WORDS)).astype("float32") * 2
    values = {"temperature": 0.7, "top_k": 40, "top_p": 0.9, "min_p": 0.05}
    expected = torch.tensor(logits)
    for warper in (
        transformers.TemperatureLogitsWarper(0.7),
        transformers.TopKLogitsWarper(40),
        transformers.TopPLogitsWarper(0.9),
        transformers.MinPLogitsWarper(0.05),
    ):
        expected = warper(None, expected)
    plan = {name: ops.convert_to_tensor(value) for name, value in values.items()}
    weights = sampling.sampling_weights(ops.convert_to_tensor(logits), plan)
    probabilities = ops.convert_to_numpy(sampling.probabilities_of(weights))
    np.testing.assert_allclose(probabilities, expected.softmax(-1).numpy(), atol=1e-6)


def test_choice_has_the_probabilities_of_the_weights():
    weights = weights_of(1, spread=1.0)
    probabilities = weights[0] / weights[0].sum()
    uniform = (np.arange(20000) + 0.5).astype("float32") / 20000
    many = ops.convert_to_tensor(np.repeat(weights, 500, axis=0))
    chosen = [
        ops.convert_to_numpy(sampling.choose_by(many, ops.convert_to_tensor(part)))
        for part in uniform.reshape(-1, 500)
    ]
    counts = np.bincount(np.concatenate(chosen), minlength=WORDS)
    # Evenly spaced numbers: each word is met as often as its probability says, but for its ends.
    assert np.abs(counts - probabilities * 20000).max() < 1.1


@pytest.mark.parametrize("number", [0.0, 0.5, 1 - 2**-24])
def test_choice_is_never_a_word_of_no_weight(number):
    weights = np.zeros((3, WORDS), "float32")
    weights[0, [3, 700]] = 1e-6
    weights[1, 1499] = 1
    weights[2, 5:1200] = np.random.default_rng(0).uniform(1e-9, 1, 1195)
    uniform = ops.convert_to_tensor(np.full(3, number, "float32"))
    chosen = ops.convert_to_numpy(sampling.choose_by(ops.convert_to_tensor(weights), uniform))
    assert chosen.dtype == "int32"
    assert (weights[np.arange(3), chosen] > 0).all()
    assert chosen[0] == (3 if number == 0 else 700)


def test_greedy_choice_takes_the_first_of_equals():
    logits = ops.convert_to_tensor([[0.0, 2.0, 2.0], [1.0, 0.0, -1.0]])
    assert ops.convert_to_numpy(sampling.greedy_choice(logits)).tolist() == [1, 0]


def test_repetition_penalty_agrees_with_transformers_and_ignores_padding():
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    logits = np.random.default_rng(2).normal(size=(2, 9)).astype("float32")
    token_ids = np.array([[0, 0, 4, 4, 7], [1, 2, 3, 2, 0]], "int32")
    mask = np.array([[0, 0, 1, 1, 1], [1, 1, 1, 1, 1]], bool)
    processor = transformers.RepetitionPenaltyLogitsProcessor(1.3)
    expected = [
        processor(torch.tensor(ids[real][None].astype("int64")), torch.tensor(row[None]))[0].numpy()
        for ids, real, row in zip(token_ids, mask, logits, strict=True)
    ]
    arguments = [ops.convert_to_tensor(x) for x in (logits, token_ids, mask, np.float32(1.3))]
    penalized = compiled(sampling.repetition_penalty)(*arguments)
    np.testing.assert_allclose(ops.convert_to_numpy(penalized), expected, rtol=1e-6)


def test_a_number_that_is_none_is_noticed():
    logits = np.zeros((3, WORDS), "float32")
    logits[1, 1000] = np.nan
    logits[2, 7] = -np.inf
    found = sampling.has_nan(ops.convert_to_tensor(logits))
    assert ops.convert_to_numpy(found).tolist() == [False, True, False]
