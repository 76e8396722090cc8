"""What KerasHub's families of decoders have in common."""

from collections.abc import Mapping
from typing import Any

from nlpkit.presets.kerashub_family import Family, Part
from nlpkit.presets.kerashub_layers import PRE_NORM

TOKENS = """
token_embedding/embeddings <- layers/reversible_embedding/0
"""
SIZES = ("vocabulary_size", "num_layers", "hidden_dim", "intermediate_dim")


def byte_pairs(*special: str) -> dict[str, Any]:
    """A tokenizer; KerasHub finds special tokens in any text, nlpkit if it is asked to."""
    arguments = ("sequence_length", "add_prefix_space")
    return {"arguments": arguments, "inert": {"unsplittable_tokens": special}}


END_OF_TEXT = byte_pairs("<|endoftext|>")
SENTENCE_PIECES: dict[str, Any] = {
    "arguments": ("sequence_length", "add_bos", "add_eos"),
    "inert": {"proto": (None,)},
}


def decoder(
    name: str,
    tokenizer: Mapping[str, Any],
    backbone: Mapping[str, Any],
    layer: str,
    layer_name: str,
    preprocessor: Mapping[str, Any] | None = None,
    **family: Any,
) -> Family:
    """A family whose classes have the usual names.

    Args:
        name: what they start with.
        tokenizer, backbone, preprocessor: further attributes of these parts.
        layer, layer_name: of `Family`.
        **family: further attributes of `Family`.
    """

    def part(kind: str, **attributes: Any) -> Part:
        return Part((name + kind,), name + kind, **attributes)

    packing = ("sequence_length", "add_start_token", "add_end_token")
    return Family(
        tokenizer=part("Tokenizer", **tokenizer),
        backbone=part("Backbone", **backbone),
        preprocessors=(
            part("CausalLMPreprocessor", **{"arguments": packing, **(preprocessor or {})}),
        ),
        tasks=(part("CausalLM", arguments=()),),
        layer=layer.replace("{norm}", PRE_NORM),
        layer_name=layer_name,
        **family,
    )
