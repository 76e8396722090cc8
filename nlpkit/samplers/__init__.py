"""Samplers choose the next token of a generated text."""

from nlpkit import _backend as _backend
from nlpkit.samplers.beam_sampler import BeamSampler
from nlpkit.samplers.combination import combine as combine
from nlpkit.samplers.contrastive_sampler import ContrastiveSampler
from nlpkit.samplers.greedy_sampler import GreedySampler
from nlpkit.samplers.min_p_sampler import MinPSampler
from nlpkit.samplers.random_sampler import RandomSampler
from nlpkit.samplers.sampler import Sampler
from nlpkit.samplers.serialization import deserialize, get, serialize
from nlpkit.samplers.speculative_sampler import SpeculativeSampler
from nlpkit.samplers.top_k_sampler import TopKSampler
from nlpkit.samplers.top_p_sampler import TopPSampler

__all__ = [
    "BeamSampler",
    "ContrastiveSampler",
    "GreedySampler",
    "MinPSampler",
    "RandomSampler",
    "Sampler",
    "SpeculativeSampler",
    "TopKSampler",
    "TopPSampler",
    "deserialize",
    "get",
    "serialize",
]


def __dir__() -> list[str]:
    return [*__all__]
