"""What `CausalLM.generate` and `score` do around a sampler, on a tiny GPT-2."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from stand_ins import Arrow, Frame, Sequence, Series
from tasks.generators import CONTEXT, SPELLED

from nlpkit.metrics import Perplexity
from nlpkit.samplers import BeamSampler, RandomSampler

compiled_only = pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="PyTorch generates eagerly, nothing is compiled"
)


def _ids(length, seed=0):
    return np.random.default_rng(seed).integers(5, 200, length).tolist()


@pytest.mark.parametrize(
    ("inputs", "arguments", "named"),
    [
        ([[]], {}, "Prompt 0 is empty"),
        ([[7], []], {}, "Prompt 1 is empty"),
        ([], {}, "inputs"),
        ([[7]], {"stop_token_ids": [3, 100_000]}, r"stop_token_ids.*100000"),
        ([[7]], {"stop_token_ids": [-1]}, r"stop_token_ids.*-1"),
        ([[7]], {"stop_token_ids": "end"}, "stop_token_ids"),
        ([_ids(5)], {"max_length": 5}, "max_length"),
        ([[7], _ids(5)], {"max_length": 4}, "Prompt 1 .*max_length"),
        ([[7]], {"max_length": CONTEXT + 1}, f"max_length must be at most.*{CONTEXT}"),
        ([_ids(CONTEXT)], {}, f"has {CONTEXT} tokens"),
        ([_ids(CONTEXT)], {"max_new_tokens": 1}, f"has {CONTEXT} tokens"),
        ("a" * 300, {"max_length": 20}, "Prompt 0 has 301 tokens.* max_length .* room for 19"),
        ([[7, 100_000]], {}, "token_ids must lie in"),
        ([[7]], {"max_new_tokens": 0}, "max_new_tokens"),
        ([[7]], {"num_return_sequences": 0}, "num_return_sequences"),
        ([[7]], {"truncation": "right"}, "truncation"),
        ([[7], [8]], {"seed": [1, 2, 3]}, "seed.*3 seeds for 2 prompts"),
        (
            [[7]],
            {"sampler": "beam", "temperature": 0.5},
            "BeamSampler does not support temperature=0.5",
        ),
        ("a", {"sampler": "beam", "stop_strings": "x"}, "stop_strings.*BeamSampler"),
        ("a", {"sampler": "beam", "stream": True}, "stream=True.*BeamSampler"),
        ([[7]], {"stream": True}, "stream=True needs prompts that are strings"),
        ("a", {"num_return_sequences": 2, "stream": True}, "num_return_sequences=2"),
    ],
)
def test_an_error_names_what_is_wrong(model, inputs, arguments, named):
    with pytest.raises(ValueError, match=named):
        next(iter(model.generate(inputs, **{"max_new_tokens": 2} | arguments)))


@pytest.mark.parametrize(
    "form",
    [
        Series,
        Arrow,
        Sequence,
        iter,
        lambda x: np.array(x)[:, None],
        lambda x: Frame({"prompts": x}),
    ],
)
def test_prompts_in_every_form(model, form):
    prompts = ["ab", "abc"]
    wanted = model.generate(prompts, max_new_tokens=2, sampler="greedy")
    assert model.generate(form(prompts), max_new_tokens=2, sampler="greedy") == wanted
    for actual, expected in zip(model.score(form(prompts)), model.score(prompts), strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_weights_that_are_no_numbers_are_an_error(model):
    weight = model.backbone.get_layer("final_norm").weights[0]
    kept = keras.ops.convert_to_numpy(weight).copy()
    weight.assign(np.full(weight.shape, np.nan))
    try:
        with pytest.raises(ValueError, match="logits.*NaN"):
            model.generate([[7]], max_new_tokens=2)
    finally:
        weight.assign(kept)


def test_a_long_text_is_cut_on_the_left_with_a_warning(model):
    long = "good bad " * 60
    with pytest.warns(UserWarning, match="cut .* tokens on the left"):
        text = model.generate(
            long, max_length=20, max_new_tokens=4, truncation="left", stop_token_ids=None, seed=0
        )
    tokenizer = model.preprocessor.tokenizer
    # Room for one more: 19 tokens, the start token first.
    end = tokenizer.detokenize(tokenizer(long)[-18:])
    assert text.startswith(end)
    prompt = [[tokenizer.start_token_id, *tokenizer(end)]]
    (ids,) = model.generate(prompt, max_length=20, stop_token_ids=None, seed=0)
    assert text == model.preprocessor.generate_postprocess({"token_ids": ids})


def test_long_ids_are_cut_on_the_left_with_a_warning(model):
    long, options = _ids(9), {"max_length": 5, "stop_token_ids": None, "seed": 0}
    with pytest.warns(UserWarning, match="1 of 2 prompts were cut on the left"):
        found = model.generate([[7], long], truncation="left", **options)
    assert found == model.generate([[7], long[-4:]], **options)


def test_the_end_token_ends_a_text(speller):
    assert speller.generate("a", sampler="greedy") == "a" + SPELLED
    assert speller.generate("a", sampler="greedy", strip_prompt=True) == SPELLED


@pytest.mark.parametrize(
    ("stops", "end"),
    [("ever", "ever"), (["語 so", "日本"], "日本"), ("r 🙂", "r 🙂"), (["nowhere", ", é"], ", é")],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_stop_string_ends_a_text_and_is_left_out(speller, stops, end, stream):
    text = speller.generate("a", sampler="greedy", stop_strings=stops, stream=stream)
    expected = "a" + SPELLED[: SPELLED.index(end)]
    assert "".join(text) == expected


def test_a_stop_string_in_the_prompt_ends_nothing(speller):
    assert speller.generate("a", sampler="greedy", stop_strings="a") == "a" + SPELLED.split("a")[0]


def test_rows_that_stop_early_wait_for_the_others(model):
    prompts = ["good", "the film was", "é"]
    whole = model.generate(prompts, max_new_tokens=40, seed=3, strip_prompt=True)
    stop = whole[1][10]
    cut = model.generate(prompts, max_new_tokens=40, seed=3, strip_prompt=True, stop_strings=stop)
    assert cut == [text.split(stop)[0] for text in whole]


def test_several_continuations_of_a_prompt_differ(model):
    prompts = ["good", "bad", "good"]
    options = {"max_new_tokens": 12, "seed": 0, "sampler": "random", "stop_token_ids": None}
    found = model.generate(prompts, num_return_sequences=3, **options)
    assert [len(texts) for texts in found] == [3, 3, 3]
    assert all(
        text.startswith(prompt) for prompt, row in zip(prompts, found, strict=True) for text in row
    )
    assert len({text for row in found for text in row}) == 9
    assert model.generate("bad", num_return_sequences=3, **options) == found[1]
    assert model.generate("bad", **options) == found[1][0]


def test_the_seed_of_a_sampler_counts_where_no_other_is_given(model):
    def texts(sampler, **options):
        return model.generate([[7], [8]], sampler=sampler, max_new_tokens=12, **options)

    seeded = RandomSampler(seed=5)
    assert texts(seeded) == texts(seeded) == texts(RandomSampler(), seed=5)
    assert texts(seeded, temperature=1.0) == texts(seeded)
    assert texts(seeded, seed=6) == texts(RandomSampler(), seed=6) != texts(seeded)


@compiled_only
def test_values_compile_nothing(model, monkeypatch):
    def generate(**options):
        return model.generate([[7, 8]], max_new_tokens=4, **options)

    options = {"temperature": 0.7, "top_p": 0.9, "sampler": "random"}
    generate(**options, seed=0, stop_token_ids=[3])
    before = model._execution.compilations
    assert before > 0
    traced = []
    step = model.step
    monkeypatch.setattr(model, "step", lambda *args: traced.append(1) or step(*args))
    for change in (
        {"temperature": 1.3},
        {"temperature": 2},  # an int is no other type to the program
        {"top_p": 0.2},
        {"top_p": 1},
        {"seed": 1},
        {"seed": [-5]},
        {"seed": None},
        {"stop_token_ids": [4, 5]},
        {"stop_token_ids": None},
        {"stop_token_ids": "auto"},
    ):
        generate(**{"seed": 0, "stop_token_ids": [3]} | options | change)
        assert model._execution.compilations == before, change
        assert not traced, change


@compiled_only
def test_prompts_of_all_lengths_share_few_programs(model):
    before = model._execution.compilations
    for length in range(10, CONTEXT - 10, 10):
        model.generate([_ids(length)], sampler="greedy", max_length=CONTEXT)
    assert 1 <= model._execution.compilations - before <= 6


def test_scores_are_those_of_perplexity(model):
    texts = ["good was the é", "bad", "the 🙂 was good"]
    scores = model.score(texts)
    rows = [model.preprocessor.generate_preprocess(t, padding_side="left") for t in texts]
    for row, own in zip(rows, scores, strict=True):
        features = {name: np.asarray(x)[None] for name, x in row.items()}
        ids = features["token_ids"]
        assert own.shape == (ids.shape[1] - 1,)
        metric = Perplexity(from_logits=True)
        metric.update_state(ids[:, 1:], model(features)[:, :-1])
        assert np.exp(-own.mean()) == pytest.approx(float(metric.result()), rel=1e-4)


@pytest.mark.parametrize("as_ids", [False, True])
def test_all_beams_come_with_scores_best_first(model, as_ids):
    prompts = [[7, 8, 9], [10]] if as_ids else ["good", "the"]
    options = {"max_new_tokens": 6, "stop_token_ids": None, "strip_prompt": True}
    found = model.generate(prompts, sampler=BeamSampler(3, return_all_beams=True), **options)
    assert [len(row) for row in found] == [3, 3]
    for row in found:
        scores = [score for _, score in row]
        assert scores == sorted(scores, reverse=True)
        assert all(np.isfinite(scores))
        assert len({str(text) for text, _ in row}) == 3
    best = model.generate(prompts, sampler=BeamSampler(3), **options)
    assert best == [row[0][0] for row in found]
    if as_ids:
        for prompt, row in zip(prompts, found, strict=True):
            for ids, score in row:
                (own,) = model.score([prompt + ids])
                assert score == pytest.approx(own[-6:].mean(), rel=1e-4)


def test_threads_get_their_own_texts(model):
    """Eight at once, while their programs are compiled; then one after the other."""

    def written(i):
        options = {"sampler": "top_k", "seed": i, "max_new_tokens": 6 + i % 2}
        prompt = ["the movie", "good", "unbelievable"][i % 3]
        whole, pieces = (model.generate(prompt, stream=s, **options) for s in (False, True))
        return whole, "".join(pieces), model.score([prompt])[0].tolist()

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(written, range(8)))
    assert found == [written(i) for i in range(8)]
    assert len({whole for whole, *_ in found}) == 8


def test_values_of_the_wrong_kind_are_refused(model):
    with pytest.raises(ValueError, match="stop_strings need prompts that are strings"):
        model.generate([[5, 6]], max_new_tokens=2, stop_strings="a")
    with pytest.raises(ValueError, match="stop_strings must not be empty"):
        model.generate("the", max_new_tokens=2, stop_strings=["a", ""])
    with pytest.raises(TypeError, match="seed must be an int"):
        model.generate("the", max_new_tokens=2, seed=1.5)
    with pytest.raises(TypeError, match="float"):
        model.generate([[5.5]], max_new_tokens=2)
    with pytest.raises(TypeError, match="float"):
        model.generate("the", max_new_tokens=2, stop_token_ids=[7.9])
