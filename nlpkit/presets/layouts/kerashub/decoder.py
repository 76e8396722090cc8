"""What KerasHub's families of decoders have in common."""

from collections.abc import Mapping
from typing import Any

from nlpkit.presets.layouts.kerashub.family import Family, Part
from nlpkit.presets.layouts.kerashub.layers import PRE_NORM

TOKENS = """
token_embedding/embeddings <- layers/reversible_embedding/0
"""
_FINAL_SCALE = """
final_norm/scale <- layers/{norm}/0
"""
SIZES = ("vocabulary_size", "num_layers", "hidden_dim", "intermediate_dim")
_GROUPED = (*SIZES, "num_query_heads", "num_key_value_heads", "layer_norm_epsilon", "dropout")
_GROUPS = {"heads": "num_query_heads", "groups": "num_key_value_heads"}
ROPE = ("rope_max_wavelength", "rope_scaling_factor")


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


def grouped_decoder(
    name: str,
    tokenizer: Mapping[str, Any],
    arguments: tuple[str, ...],
    norm: str,
    layer: str,
    layer_name: str,
    *,
    backbone: Mapping[str, Any] | None = None,
    sizes: Mapping[str, str] | None = None,
    **family: Any,
) -> Family:
    """A `decoder` with RMS norms, whose query heads share heads of keys and values.

    Args:
        name, tokenizer, layer, layer_name: of `decoder`.
        arguments: what its backbone has beside the arguments that all these families have.
        norm: what the final norm is called.
        backbone: further attributes of this part.
        sizes: further ones of `Family`.
        **family: further attributes of `Family`, or `preprocessor`.
    """
    attributes = {"arguments": (*_GROUPED, *arguments), "lines": with_scale(norm)}
    sizes = {**_GROUPS, **(sizes or {})}
    attributes |= backbone or {}
    return decoder(name, tokenizer, attributes, layer, layer_name, sizes=sizes, **family)


def with_scale(norm: str) -> str:
    """The table of a backbone without its layers: tokens, and a final RMS norm of this name."""
    return TOKENS + _FINAL_SCALE.replace("{norm}", norm)
