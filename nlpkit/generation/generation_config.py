"""What a preset says of generation, in Hugging Face's generation_config.json."""

from collections.abc import Mapping
from typing import Any

from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.samplers.beam_sampler import BeamSampler
from nlpkit.samplers.combination import combine
from nlpkit.samplers.greedy_sampler import GreedySampler
from nlpkit.samplers.sampler import Sampler

# The keys that are read, and their types.
_KINDS: dict[str, type] = {
    "num_beams": int,
    "do_sample": bool,
    "temperature": float,
    "top_k": int,
    "top_p": float,
    "repetition_penalty": float,
    "length_penalty": float,
    "early_stopping": object,
    "renormalize_logits": bool,
    "no_repeat_ngram_size": int,
    "bad_words_ids": list,
    "min_length": int,
    "min_new_tokens": int,
    "max_length": int,
    "max_new_tokens": int,
    "decoder_start_token_id": int,
    "forced_bos_token_id": int,
    "forced_eos_token_id": int,
}
_SAMPLING = ("temperature", "top_k", "top_p", "repetition_penalty")


def read_generation_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a generation_config.json, or of an old config.json, that generation observes.

    Raises:
        ValueError: a value is of another type.
    """
    reader = ConfigReader(config, "generation_config.json")
    found = {name: reader.get(name, None, kind=kind) for name, kind in _KINDS.items()}
    return {name: value for name, value in found.items() if value is not None}


def check_generation_config(config: Mapping[str, Any]) -> None:
    """Raise a ValueError if a key is not one that generation observes, or of another type."""
    if unknown := set(config) - set(_KINDS):
        raise ValueError(
            f"generation_config must have keys of {', '.join(_KINDS)}; got {sorted(unknown)}."
        )
    read_generation_config(config)


def sampler_of(config: Mapping[str, Any]) -> Sampler:
    """The sampler that a preset asks for: beams, random choices, or else greedy search."""
    if config.get("num_beams", 1) > 1:
        return BeamSampler(
            config["num_beams"],
            length_penalty=config.get("length_penalty", 1.0),
            early_stopping=config.get("early_stopping", False),
            renormalize_logits=config.get("renormalize_logits", False),
        )
    given = {name: config[name] for name in _SAMPLING if name in config}
    if not config.get("do_sample", False):
        given = {name: x for name, x in given.items() if name == "repetition_penalty"}
    return combine(GreedySampler(), **given)
