"""Samplers called with a function and a cache of one's own."""

import keras
import numpy as np
import pytest
from keras import ops
from samplers.toy import jitted

from nlpkit import samplers

# After a token t comes t + 1; the cache counts how often it was asked.
WORDS, LENGTH = 12, 9
HIDDEN = np.ones((2, LENGTH, 4), "float32")
ALL = [
    samplers.GreedySampler(),
    samplers.RandomSampler(seed=1),
    samplers.TopKSampler(k=3, seed=1),
    samplers.TopPSampler(p=0.5, seed=1),
    samplers.MinPSampler(p=0.5, seed=1),
    samplers.BeamSampler(num_beams=2),
    samplers.ContrastiveSampler(k=2, alpha=0.3),
]


def count_up(prompt, cache, index):
    last = ops.take(prompt, index - 1, axis=1)
    logits = ops.one_hot((last + 1) % WORDS, WORDS) * 50.0
    return logits, ops.ones((prompt.shape[0], 4)), cache + 1


def called(sampler, prompt=((1, 0), (4, 5)), **options):
    prompt = np.array([[*row, *[0] * (LENGTH - len(row))] for row in prompt], "int64")
    options = {"index": 1, "cache": ops.zeros((2, 3), "int32"), "hidden_states": HIDDEN} | options
    return sampler(options.pop("next", count_up), prompt, **options)


def rows(tokens):
    return ops.convert_to_numpy(tokens).tolist()


@pytest.mark.parametrize("sampler", ALL, ids=lambda s: type(s).__name__)
def test_a_row_stops_alone_and_a_prompt_that_is_longer_is_kept(sampler):
    mask = np.arange(LENGTH) < np.array([[1], [2]])
    # The second row's own 5 ends nothing; of both a 6 does, and what follows is the prompt's.
    found = called(sampler, ((1,), (4, 5)), mask=mask, stop_token_ids=[5, 6])
    assert rows(found) == [[1, 2, 3, 4, 5, 0, 0, 0, 0], [4, 5, 6, 0, 0, 0, 0, 0, 0]]
    assert keras.backend.standardize_dtype(found.dtype) in ("int64", "int32")


def test_a_prompt_of_floats_as_keras_fills_it_comes_back_as_ids():
    prompt = ops.full((2, LENGTH), 1)
    assert keras.backend.is_float_dtype(keras.backend.standardize_dtype(prompt.dtype))
    found = samplers.GreedySampler()(count_up, prompt, ops.zeros((2, 3), "int32"), 1)
    assert keras.backend.standardize_dtype(found.dtype) == "int32"
    assert rows(found)[0] == list(range(1, 1 + LENGTH))


def test_it_runs_in_a_compiled_function_and_without_stop_tokens():
    def generate(seed=3):
        return called(samplers.RandomSampler(), seed=seed)

    assert rows(jitted(generate)()) == rows(generate())
    assert rows(generate())[0] == list(range(1, 1 + LENGTH))
    assert rows(jitted(lambda: called(samplers.GreedySampler()))()) == rows(generate())


def test_all_beams_come_with_scores_best_first():
    sampler = samplers.BeamSampler(num_beams=3, return_all_beams=True, length_penalty=0.0)
    tokens, scores = (ops.convert_to_numpy(x) for x in called(sampler))
    assert tokens.shape == (2, 3, LENGTH)
    assert (np.diff(scores, axis=1) <= 0).all()
    assert tokens[:, 0, 1].tolist() == [2, 5]
    np.testing.assert_allclose(scores[:, 0], 0, atol=1e-4)


def even(prompt, cache, index):
    return ops.zeros((prompt.shape[0], WORDS)), None, cache


def test_seeds_decide_and_equal_prompts_are_drawn_apart():
    sampler = samplers.RandomSampler()
    one, again, other = (rows(called(sampler, ((1,), (1,)), next=even, seed=s)) for s in (1, 1, 2))
    assert one == again != other
    assert one[0] != one[1]
    alone = sampler(even, np.array([[1] + [0] * (LENGTH - 1)]), ops.zeros((1, 3)), 1, seed=1)
    assert rows(alone)[0] == one[0]
    assert rows(called(sampler, next=even)) != rows(called(sampler, next=even))


class OwnGenerator(samplers.Sampler):
    """Draws with Keras' generator, as samplers of one's own do."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.generator = keras.random.SeedGenerator(7)

    def get_next_token(self, probabilities):
        logits = ops.log(probabilities)
        return keras.random.categorical(logits, 1, seed=self.generator)[:, 0]


def test_a_generator_of_a_subclass_goes_on_in_a_loop():
    sampler = OwnGenerator()

    generate = jitted(lambda seed=1: called(sampler, next=even, seed=seed))
    first = np.array(rows(generate()))
    assert len(set(first[0, 1:])) > 2
    assert (first != np.array(rows(called(sampler, next=even, seed=2)))).any()


def test_a_model_that_changes_its_variables_is_left_as_it_was():
    dropout = keras.layers.Dropout(0.5, seed=1)
    model = keras.Sequential([keras.layers.Embedding(WORDS, WORDS), dropout])
    model(np.zeros((2, LENGTH), "int32"))

    def ask(prompt, cache, index):
        return ops.take(model(prompt, training=True), index - 1, axis=1), None, cache

    tokens = rows(called(samplers.GreedySampler(), next=ask, model=model))
    assert np.max(tokens) < WORDS
    model(np.zeros((2, LENGTH), "int32"), training=True)  # No tracer was left in its seed.


def no_hidden(prompt, cache, index):
    return ops.zeros((prompt.shape[0], WORDS)), None, cache


@pytest.mark.parametrize(
    ("sampler", "options", "words"),
    [
        (samplers.ContrastiveSampler(k=2), {"hidden_states": None}, "hidden_states"),
        (samplers.ContrastiveSampler(k=2), {"next": no_hidden}, "next must return hidden"),
        (samplers.SpeculativeSampler(), {}, "draft_next"),
        (
            samplers.GreedySampler(),
            {"next": lambda p, c, i: (ops.full((2, WORDS), np.nan), None, c)},
            "not numbers",
        ),
    ],
)
def test_what_is_missing_is_named(sampler, options, words):
    with pytest.raises(ValueError, match=words):
        called(sampler, **options)


def test_a_speculative_sampler_writes_what_its_base_does():
    sampler = samplers.SpeculativeSampler(base_sampler=samplers.RandomSampler(), seed=4)
    assert rows(called(sampler, draft_next=count_up, next=even)) == rows(
        called(samplers.RandomSampler(seed=4), next=even)
    )


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="elsewhere it is drawn at run time")
def test_jax_asks_for_a_seed_where_it_compiles():
    with pytest.raises(ValueError, match="seed must be given"):
        jitted(lambda: called(samplers.RandomSampler(), next=even))()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX needs a seed")
def test_a_graph_draws_anew_each_time():
    generate = jitted(lambda: called(samplers.RandomSampler(), next=even))
    assert rows(generate()) != rows(generate())
