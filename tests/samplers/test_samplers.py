"""Samplers that choose token by token: by name, by configuration, with parameters of `generate`."""

import json

import numpy as np
import pytest
from keras import ops
from samplers.loop import run, texts
from samplers.toy import ToyDecoder

from conformance.test_every_class import documented_arguments
from nlpkit import samplers
from nlpkit._config import argument_names
from nlpkit.samplers import (
    BeamSampler,
    ContrastiveSampler,
    GreedySampler,
    MinPSampler,
    RandomSampler,
    Sampler,
    SpeculativeSampler,
    TopKSampler,
    TopPSampler,
)
from nlpkit.samplers.combination import combine

BY_NAME = {
    "greedy": GreedySampler,
    "random": RandomSampler,
    "top_k": TopKSampler,
    "top_p": TopPSampler,
    "min_p": MinPSampler,
    "beam": BeamSampler,
    "contrastive": ContrastiveSampler,
    "speculative": SpeculativeSampler,
}
OTHERS = [
    GreedySampler(temperature=2.0),
    RandomSampler(seed=3, temperature=0.5),
    TopKSampler(k=7, seed=1),
    TopPSampler(p=0.5, k=9, seed=2),
    MinPSampler(p=0.2, seed=4),
    BeamSampler(3, return_all_beams=True, length_penalty=0.5),
    ContrastiveSampler(k=3, alpha=0.2),
    SpeculativeSampler(2, TopKSampler(k=3), seed=5, longest_match=2),
]
PROMPTS = [[3, 1, 4], [5]]


class Rarest(Sampler):
    def get_next_token(self, probabilities):
        return ops.argmin(ops.where(probabilities > 0, probabilities, 2.0), axis=-1)


@pytest.mark.parametrize("name", BY_NAME)
def test_by_name(name):
    assert type(samplers.get(name)) is BY_NAME[name]


def test_a_sampler_is_itself():
    sampler = TopKSampler()
    assert samplers.get(sampler) is sampler


@pytest.mark.parametrize("wrong", ["nucleus", "Greedy"])
def test_unknown_name(wrong):
    with pytest.raises(ValueError, match=f"greedy, random.*got '{wrong}'"):
        samplers.get(wrong)


def test_neither_name_nor_sampler():
    with pytest.raises(TypeError, match="got 3"):
        samplers.get(3)


@pytest.mark.parametrize("sampler", OTHERS, ids=lambda sampler: type(sampler).__name__)
def test_serialized_and_back(sampler):
    config = json.loads(json.dumps(samplers.serialize(sampler)))
    revived = samplers.get(config)
    assert type(revived) is type(sampler)
    assert revived.get_config() == sampler.get_config() == config["config"]


@pytest.mark.parametrize("cls", BY_NAME.values())
def test_documented_arguments_are_the_signature(cls):
    documented = {
        name
        for ancestor in cls.__mro__
        if ancestor.__module__.startswith("nlpkit")
        for name in documented_arguments(ancestor)
    }
    assert documented == set(argument_names(cls))


def test_only_samplers_are_deserialized():
    config = {"class_name": "Dense", "config": {"units": 2}, "registered_name": None}
    with pytest.raises(ValueError, match="config must describe a sampler; got a Dense"):
        samplers.deserialize({"module": "keras.layers", **config})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: TopKSampler(k=0), "k must be a whole number of at least 1; got 0"),
        (lambda: TopPSampler(p=1.5), "p must be a number above 0 and at most 1; got 1.5"),
        (lambda: TopPSampler(k=-1), "k must be a whole number of at least 1; got -1"),
        (lambda: MinPSampler(p=-0.1), "p must be a number from 0 to 1; got -0.1"),
        (lambda: RandomSampler(temperature=0), "temperature must be a positive number; got 0"),
        (lambda: BeamSampler(0), "num_beams must be a whole number of at least 1; got 0"),
        (lambda: ContrastiveSampler(alpha=2), "alpha must be a number from 0 to 1; got 2"),
        (lambda: combine(GreedySampler(), top_p=0.0), "top_p must be a number above 0 and"),
        (lambda: combine(GreedySampler(), repetition_penalty=-1), "repetition_penalty must be"),
        (lambda: combine(GreedySampler(), temperature=float("nan")), "temperature must be a pos"),
    ],
)
def test_out_of_range(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize("wrong", [2.5, True, "3"])
def test_not_a_whole_number(wrong):
    with pytest.raises(TypeError, match=f"top_k must be a whole .* got {wrong!r}"):
        combine(GreedySampler(), top_k=wrong)


def test_nothing_given_changes_nothing():
    sampler = GreedySampler()
    assert combine(sampler) is sampler


def test_greedy_search_with_a_parameter_is_sampling():
    assert type(combine(GreedySampler(), top_p=0.5)) is RandomSampler
    penalized = combine(GreedySampler(), repetition_penalty=1.2)
    assert type(penalized) is GreedySampler
    assert penalized.parameters()["repetition_penalty"] == 1.2


def test_parameters_given_replace_those_of_the_sampler_which_stays_as_it_is():
    sampler = TopPSampler(p=0.9, k=50, temperature=0.7)
    other = combine(sampler, top_p=0.5, min_p=0.1)
    assert other.parameters() == {"top_p": 0.5, "top_k": 50, "temperature": 0.7, "min_p": 0.1}
    assert sampler.parameters() == {"top_p": 0.9, "top_k": 50, "temperature": 0.7}


@pytest.mark.parametrize("sampler", [BeamSampler(), ContrastiveSampler()])
def test_parameters_that_contradict(sampler):
    with pytest.raises(ValueError, match="does not support temperature=0.7, top_k=3; it takes"):
        combine(sampler, temperature=0.7, top_k=3)


def test_what_is_combined_needs_no_other_loop():
    for sampler in (Rarest(), TopPSampler(), BeamSampler()):
        combined = combine(sampler, repetition_penalty=1.1) if sampler.takes else sampler
        assert combined.structure() == sampler.structure()
    assert TopPSampler(p=0.3).structure() == TopKSampler(k=3).structure()
    assert BeamSampler(2).structure() != BeamSampler(3).structure()


def test_one_candidate_is_greedy_search():
    decoder = ToyDecoder()
    expected = texts(run(GreedySampler(), decoder, PROMPTS, room=6, stops=(2,)))
    for sampler in (TopPSampler(p=1e-6, k=1), MinPSampler(p=1.0)):
        assert texts(run(sampler, decoder, PROMPTS, room=6, stops=(2,))) == expected


def test_a_seed_gives_the_same_text_and_another_another():
    decoder = ToyDecoder()
    first, again, other = (
        texts(run(RandomSampler(), decoder, [[5]], room=12, seeds=[seed])) for seed in (1, 1, 2)
    )
    assert first == again != other


def test_own_sampler_sees_only_words_that_are_left():
    decoder = ToyDecoder()
    tokens = [3]
    for _ in range(6):
        log_probs = decoder.log_probs(tokens)
        third = np.argsort(-log_probs)[2]
        tokens.append(int(third))
    assert texts(run(combine(Rarest(), top_k=3), decoder, [[3]], room=6)) == [tokens[1:]]
