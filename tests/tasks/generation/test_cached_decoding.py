"""What people who come from KerasHub call on a CausalLM beside generate."""

import keras
import numpy as np
import pytest
from keras import ops
from samplers.toy import jitted
from tasks.generators import random_model

from nlpkit import samplers
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.ops.tree import replaced

LAYERS, HEADS, HEAD_DIM = 2, 2, 8
IDS = np.random.default_rng(1).integers(5, 200, (2, 5))
PADDED = {
    "token_ids": np.pad(IDS, ((0, 0), (0, 4))),
    "padding_mask": np.arange(9) < np.array([[5], [3]]),
}


def numbers(x):
    return ops.convert_to_numpy(x)


def test_a_cache_of_arrays_gives_the_logits_of_the_whole_text(model):
    whole = numbers(model({"token_ids": IDS}))
    words = model.spelled_words
    cache = ops.zeros((2, LAYERS, 2, 8, HEADS, HEAD_DIM))
    call_with_cache = jitted(model.call_with_cache)
    logits, hidden, cache = call_with_cache(IDS[:, :3], cache, np.int32(0))
    assert hidden.shape == (2, 3, 16)
    np.testing.assert_allclose(numbers(logits)[..., :words], whole[:, :3, :words], atol=1e-4)
    for index in (3, 4):
        before = numbers(cache)
        arguments = (IDS[:, index : index + 1], cache, np.int32(index))
        logits, _, cache = call_with_cache(*arguments)
        np.testing.assert_array_equal(numbers(arguments[1]), before)
        assert cache.shape == before.shape
        found = numbers(logits)[:, 0, :words]
        np.testing.assert_allclose(found, whole[:, index, :words], atol=1e-4)


def test_a_called_sampler_generates_with_the_cache_as_generate_does(model):
    def following(prompt, cache, index):
        last = ops.slice(prompt, [0, index - 1], [prompt.shape[0], 1])
        logits, hidden, cache = model.call_with_cache(last, cache, index - 1)
        return ops.squeeze(logits, axis=1), ops.squeeze(hidden, axis=1), cache

    prompt, mask = PADDED["token_ids"], PADDED["padding_mask"]
    sampler = samplers.GreedySampler()

    def generate():
        cache = ops.zeros((2, LAYERS, 2, 9, HEADS, HEAD_DIM))
        _, _, cache = model.call_with_cache(prompt, cache, 0)
        return sampler(following, prompt, cache, index=3, mask=mask, model=model)

    found = jitted(generate)()
    expected = model.generate(PADDED, stop_token_ids=None, sampler=sampler)
    np.testing.assert_array_equal(numbers(found), expected["token_ids"])


@pytest.mark.parametrize("sampler", ["greedy", "beam"])
def test_a_called_sampler_takes_the_cache_that_generate_makes(model, sampler):
    sampler = samplers.get(sampler)
    ids = ops.convert_to_tensor(IDS.astype("int32"))
    prompt = Prompt(ids, ids > 0, reach=ops.convert_to_tensor([9, 9]), slots=9)

    def following(prompt, caches, index):
        last = ops.slice(prompt, [0, index - 1], [prompt.shape[0], 1])
        logits, _, cache = model.step(last, caches["own"])
        return logits[:, 0], None, {"own": cache}

    def generate():
        # The last token of the prompt is what `following` runs first.
        before = replaced(prompt, token_ids=ids[:, :4], padding_mask=ids[:, :4] > 0)
        caches = {"own": model.prefill(before)[2]}
        return sampler(following, np.pad(IDS, ((0, 0), (0, 4))), caches, index=5)

    expected = model.generate(IDS.tolist(), max_length=9, stop_token_ids=None, sampler=sampler)
    assert numbers(jitted(generate)()).tolist() == expected


def test_arrays_are_filled_to_their_width_and_full_rows_stay(model):
    full = PADDED | {"padding_mask": np.arange(9) < np.array([[9], [3]])}
    ended = model.generate(full, stop_token_ids=None, sampler="greedy")
    np.testing.assert_array_equal(ended["token_ids"][0], full["token_ids"][0])
    assert ended["padding_mask"].all()
    alone = model.generate([IDS[1, :3].tolist()], max_length=9, sampler="greedy", stop_token_ids=[])
    assert ended["token_ids"][1].tolist() == alone[0]
    with pytest.raises(ValueError, match="token_ids must have room"):
        model.generate({"token_ids": IDS})


def test_the_generate_function_is_there_until_compile(model):
    row = model.generate(PADDED, sampler="greedy", stop_token_ids=None)["token_ids"][1].tolist()
    stop = row[-1]
    model.compile(sampler="greedy")
    assert model.generate_function is None
    ended = model.make_generate_function()(PADDED, stop_token_ids=(stop,))
    assert model.generate_function == model.make_generate_function()
    assert ended["token_ids"].shape == (2, 9)
    assert ended["padding_mask"][1].sum() == row.index(stop, 3)


def test_stop_tokens_may_be_named(model):
    tokenizer = model.preprocessor.tokenizer
    first = model.generate(PADDED, sampler="greedy", stop_token_ids=None)["token_ids"][1, 3]
    named = model.generate(
        PADDED, sampler="greedy", stop_token_ids=[tokenizer.id_to_token(int(first))]
    )
    assert named["padding_mask"][1].sum() == 3
    with pytest.raises(ValueError, match="'no such token'"):
        model.generate(PADDED, stop_token_ids=["no such token"])


class Favorite(samplers.Sampler):
    def __init__(self, token, **kwargs):
        super().__init__(**kwargs)
        self.token = token

    def get_next_token(self, probabilities):
        return ops.full_like(probabilities[:, 0], self.token, dtype="int32")


def test_what_is_overridden_and_compiled_takes_effect():
    model = random_model()
    sampler = Favorite(7)
    model.compile(sampler=sampler)
    assert model.generate([[5]], max_length=3, stop_token_ids=None) == [[5, 7, 7]]
    sampler.token = 8
    model.compile(sampler=sampler)
    assert model.generate([[5]], max_length=3, stop_token_ids=None) == [[5, 8, 8]]

    call_with_cache = model.call_with_cache

    def biased(*args, **kwargs):
        logits, hidden, cache = call_with_cache(*args, **kwargs)
        return logits + 1e6 * ops.one_hot(9, logits.shape[-1]), hidden, cache

    model.call_with_cache = biased
    model.compile(sampler="greedy")
    assert model.generate([[5]], max_length=4, stop_token_ids=None) == [[5, 9, 9, 9]]


def test_logits_losses_and_what_is_put_between_the_layers(model):
    seen = []

    def intercept(hidden, layer):
        seen.append((layer, tuple(hidden.shape)))
        return hidden if layer >= 0 else ops.zeros_like(hidden)

    arguments = {"token_ids": IDS, "padding_mask": np.ones_like(IDS, bool)}
    logits = numbers(model.score(**arguments))
    np.testing.assert_allclose(logits, numbers(model(arguments)), atol=1e-5)
    target = np.roll(IDS, -1, axis=1)
    loss = numbers(model.score(**arguments, scoring_mode="loss", target_ids=target))
    log_probs = np.stack(model.score(IDS.tolist(), verbose=0))
    np.testing.assert_allclose(-loss[:, :-1], log_probs, atol=1e-4)
    changed = numbers(model.score(**arguments, layer_intercept_fn=intercept))
    assert seen == [(i, (2, 5, 16)) for i in (-1, 0, 1)]
    np.testing.assert_allclose(changed[0], changed[1], atol=1e-6)
    assert not np.allclose(changed, logits, atol=1e-3)
    for wrong, words in (
        ({}, "inputs or token_ids"),
        ({"token_ids": IDS, "scoring_mode": "loss"}, "target_ids"),
        ({"token_ids": IDS, "scoring_mode": "sum"}, "scoring_mode"),
    ):
        with pytest.raises(ValueError, match=words):
            model.score(**wrong)


def test_a_folder_for_transformers_holds_nothing_else(model, tmp_path):
    model.export_to_transformers(tmp_path / "task")
    names = {path.name for path in (tmp_path / "task").iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer_config.json"} <= names
    assert "nlpkit.json" not in names
    model.backbone.export_to_transformers(tmp_path / "backbone")
    assert not (tmp_path / "backbone" / "tokenizer_config.json").exists()
    preprocessor = type(model.preprocessor)(model.preprocessor.tokenizer)
    preprocessor.export_to_transformers(tmp_path / "preprocessor")
    assert not (tmp_path / "preprocessor" / "config.json").exists()
    preprocessor.tokenizer = None
    with pytest.raises(ValueError, match="must have a tokenizer"):
        preprocessor.export_to_transformers(tmp_path / "nothing")


def test_the_loop_of_the_translation_guide():
    """A decoder without a cache, called on the whole text for each token."""
    inputs = keras.Input((None,), dtype="int32")
    logits = keras.layers.Embedding(6, 6, embeddings_initializer=_next_word)(inputs)
    translator = keras.Model(inputs, logits)
    start, pad, end, length = 1, 0, 5, 10

    def following(prompt, cache, index):
        return translator(prompt)[:, index - 1, :], None, cache

    prompt = ops.concatenate([ops.full((1, 1), start), ops.full((1, length - 1), pad)], axis=-1)
    tokens = samplers.GreedySampler()(following, prompt, stop_token_ids=[end], index=1)
    assert numbers(tokens).tolist() == [[1, 2, 3, 4, 5, 0, 0, 0, 0, 0]]


def _next_word(shape, dtype=None):
    return ops.cast(np.roll(np.eye(*shape), 1, axis=1), dtype)
