"""Speculative decoding."""

from types import SimpleNamespace

import numpy as np
import pytest
from keras import ops
from samplers.loop import run, texts
from samplers.toy import ToyDecoder

from nlpkit.samplers import (
    BeamSampler,
    GreedySampler,
    RandomSampler,
    SpeculativeSampler,
    TopPSampler,
)
from nlpkit.samplers.combination import combine
from nlpkit.samplers.look_up import look_up

PROMPTS = [[3, 1, 4], [1, 5, 9, 2, 6], [5], [7, 8, 7, 8, 7]]
BASES = {
    "greedy": None,
    "random": RandomSampler(),
    "top_p, penalty": combine(TopPSampler(p=0.8), repetition_penalty=1.5, temperature=1.3),
}


def drafts(decoder):
    """Guessers that are always right, often right, and the text."""
    other = ToyDecoder(seed=3)
    other.head = decoder.head + 0.3 * other.head
    return {"right": ToyDecoder(seed=3), "similar": other, "text": None}


@pytest.mark.parametrize(
    ("base", "draft"),
    [
        ("greedy", "text"),
        ("random", "right"),
        ("random", "similar"),
        ("top_p, penalty", "similar"),
        ("top_p, penalty", "text"),
    ],
)
def test_text_is_that_of_the_base_sampler(base, draft):
    decoder = ToyDecoder(seed=3)
    sampler = SpeculativeSampler(3, BASES[base], draft=drafts(decoder)[draft])
    options = {"room": 40, "stops": (2, 10), "limits": [40, 17, 30, 40]}
    expected = run(BASES[base] or GreedySampler(), decoder, PROMPTS, **options)
    results = run(sampler, decoder, PROMPTS, **options)
    assert texts(results) == texts(expected)


def test_right_guesses_save_steps():
    decoder = ToyDecoder(seed=3)
    sampler = SpeculativeSampler(3, RandomSampler(), draft=ToyDecoder(seed=3))
    results = run(sampler, decoder, PROMPTS, room=41)
    assert results["step"] == 10  # After the first token, four at a time.


def test_distribution_is_that_of_plain_sampling():
    decoder = ToyDecoder(seed=3, sharpness=1.0)
    similar = drafts(decoder)["similar"]
    sampler = SpeculativeSampler(2, RandomSampler(), draft=similar)
    rows = 4096
    results = run(sampler, decoder, [[3, 1, 4]] * rows, room=3, seeds=range(rows))
    found = np.array(texts(results))
    pairs = np.zeros((11, 11))
    np.add.at(pairs, (found[:, 0], found[:, 1]), 1)
    first = np.exp(decoder.log_probs([3, 1, 4]))
    second = np.exp([decoder.log_probs([3, 1, 4, word]) for word in range(11)])
    expected = first[:, None] * second * rows
    statistic = np.sum((pairs - expected) ** 2 / expected)
    assert abs(statistic - 120) < 5 * np.sqrt(240)  # Chi-square with 120 degrees of freedom


def test_a_row_is_the_same_alone():
    decoder = ToyDecoder(seed=3)
    sampler = SpeculativeSampler(3, RandomSampler(), draft=drafts(decoder)["similar"])
    together = texts(run(sampler, decoder, PROMPTS, room=20))
    for row in (0, 2):
        alone = run(sampler, decoder, [PROMPTS[row]], room=20, seeds=[row])
        assert texts(alone) == [together[row]]


def test_parameters_of_generate_reach_the_base_sampler():
    sampler = combine(SpeculativeSampler(), temperature=0.5, top_k=3)
    assert isinstance(sampler.inner, RandomSampler)
    assert sampler.parameters() == {"temperature": 0.5, "top_k": 3}


def test_base_sampler_must_choose_token_by_token():
    with pytest.raises(ValueError, match="BeamSampler"):
        SpeculativeSampler(base_sampler=BeamSampler())


def test_draft_with_another_tokenizer_is_refused():
    def with_words(name, words):
        tokenizer = SimpleNamespace(get_vocabulary=lambda: words)
        decoder = ToyDecoder()
        decoder.name, decoder.preprocessor = name, SimpleNamespace(tokenizer=tokenizer)
        return decoder

    sampler = SpeculativeSampler(draft=with_words("small", ["a", "b"]))
    with pytest.raises(ValueError, match=r"small with another vocabulary \(2 tokens; large has 1"):
        run(sampler, with_words("large", ["a"]), PROMPTS, room=4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ([5, 1, 2, 3, 4, 6, 2, 3, 7, 1, 2, 3], [4, 6, 2]),  # The longest match
        ([1, 9, 1, 8, 1], [8, 1, 8]),  # The last of equal ones, over and over
        ([1, 2, 3], [3, 3, 3]),  # None
    ],
)
def test_look_up(text, expected):
    padded = np.array([[0, 0, *text, 0, 0, 0]], "int32")
    arguments = (padded, np.array([2], "int32"), np.array([2 + len(text)], "int32"))
    guesses = look_up(*(ops.convert_to_tensor(x) for x in arguments), 3, 3)
    assert ops.convert_to_numpy(guesses).tolist() == [expected]
