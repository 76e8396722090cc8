"""Samplers: algorithms that choose the next token during generation."""

from typing import TYPE_CHECKING

from nlpkit._namespace import namespace

if TYPE_CHECKING:
    from nlpkit.samplers.beam_sampler import BeamSampler as BeamSampler
    from nlpkit.samplers.contrastive_sampler import ContrastiveSampler as ContrastiveSampler
    from nlpkit.samplers.greedy_sampler import GreedySampler as GreedySampler
    from nlpkit.samplers.min_p_sampler import MinPSampler as MinPSampler
    from nlpkit.samplers.random_sampler import RandomSampler as RandomSampler
    from nlpkit.samplers.sampler import Sampler as Sampler
    from nlpkit.samplers.serialization import deserialize as deserialize
    from nlpkit.samplers.serialization import get as get
    from nlpkit.samplers.serialization import serialize as serialize
    from nlpkit.samplers.speculative_sampler import SpeculativeSampler as SpeculativeSampler
    from nlpkit.samplers.top_k_sampler import TopKSampler as TopKSampler
    from nlpkit.samplers.top_p_sampler import TopPSampler as TopPSampler

__all__, __getattr__, __dir__ = namespace(
    __name__,
    {
        "beam_sampler": "BeamSampler",
        "contrastive_sampler": "ContrastiveSampler",
        "greedy_sampler": "GreedySampler",
        "min_p_sampler": "MinPSampler",
        "random_sampler": "RandomSampler",
        "sampler": "Sampler",
        "serialization": "deserialize, get, serialize",
        "speculative_sampler": "SpeculativeSampler",
        "top_k_sampler": "TopKSampler",
        "top_p_sampler": "TopPSampler",
    },
)
