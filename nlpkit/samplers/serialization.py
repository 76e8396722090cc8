"""Lookup and serialization of samplers."""

from typing import Any

from nlpkit._config import deserialize_object, serialize_object
from nlpkit.samplers.beam_sampler import BeamSampler
from nlpkit.samplers.contrastive_sampler import ContrastiveSampler
from nlpkit.samplers.greedy_sampler import GreedySampler
from nlpkit.samplers.min_p_sampler import MinPSampler
from nlpkit.samplers.random_sampler import RandomSampler
from nlpkit.samplers.sampler import Sampler
from nlpkit.samplers.speculative_sampler import SpeculativeSampler
from nlpkit.samplers.top_k_sampler import TopKSampler
from nlpkit.samplers.top_p_sampler import TopPSampler

_NAMES: dict[str, type[Sampler]] = {
    "greedy": GreedySampler,
    "random": RandomSampler,
    "top_k": TopKSampler,
    "top_p": TopPSampler,
    "min_p": MinPSampler,
    "beam": BeamSampler,
    "contrastive": ContrastiveSampler,
    "speculative": SpeculativeSampler,
}


def get(identifier: str | dict[str, Any] | Sampler) -> Sampler:
    """Get a sampler by name or configuration.

    Args:
        identifier: a name ("greedy", "random", "top_k", "top_p", "min_p", "beam", "contrastive",
            "speculative"), what `serialize` returned, or a sampler, which is returned unchanged.

    Raises:
        ValueError: the name is unknown.
        TypeError: `identifier` is of another type.

    Example:
        >>> nlpkit.samplers.get("top_p").get_config()
        {'p': 0.1, 'k': None, 'seed': None, 'temperature': 1.0}
    """
    if isinstance(identifier, Sampler):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if not isinstance(identifier, str):
        raise TypeError(
            "sampler must be a name, an nlpkit.samplers.Sampler or its serialized form; "
            f"got {identifier!r}."
        )
    if identifier not in _NAMES:
        raise ValueError(f"sampler must be one of {', '.join(_NAMES)}; got {identifier!r}.")
    return _NAMES[identifier]()


def serialize(sampler: Sampler) -> dict[str, Any]:
    """Serialize a sampler to a dict of its class and configuration.

    Args:
        sampler: `Sampler`.

    Example:
        >>> nlpkit.samplers.serialize(nlpkit.samplers.TopKSampler(k=5))["config"]
        {'k': 5, 'seed': None, 'temperature': 1.0}
    """
    return serialize_object(sampler)


def deserialize(config: dict[str, Any]) -> Sampler:
    """Rebuild a sampler from the output of `serialize`.

    Args:
        config: dict.

    Raises:
        ValueError: it describes something other than a sampler.

    Example:
        >>> config = nlpkit.samplers.serialize(nlpkit.samplers.TopKSampler(k=7))
        >>> nlpkit.samplers.deserialize(config).k
        7
    """
    sampler = deserialize_object(config)
    if not isinstance(sampler, Sampler):
        raise ValueError(f"config must describe a sampler; got a {type(sampler).__name__}.")
    return sampler
