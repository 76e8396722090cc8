"""Descriptions of KerasHub's decoder families."""

from collections.abc import Mapping
from typing import Any

from nlpkit.presets.layouts.kerashub.family import ClassMapping, Family
from nlpkit.presets.layouts.kerashub.layers import PRE_NORM

TOKENS = """
token_embedding/embeddings <- layers/reversible_embedding/0
"""
FINAL_NORM = """
final_norm/gamma <- layers/layer_normalization/0
final_norm/beta <- layers/layer_normalization/1
"""
_FINAL_SCALE = """
final_norm/scale <- layers/{norm}/0
"""
SIZES = ("vocabulary_size", "num_layers", "hidden_dim", "intermediate_dim")
PLAIN = (*SIZES, "num_heads", "dropout")
_GROUPED = (*SIZES, "num_query_heads", "num_key_value_heads", "layer_norm_epsilon", "dropout")
_GROUPS = {"heads": "num_query_heads", "groups": "num_key_value_heads"}
ROPE = ("rope_max_wavelength", "rope_scaling_factor")


def byte_pairs(*special: str) -> dict[str, Any]:
    """A tokenizer; KerasHub finds special tokens in any text, nlpkit if it is asked to."""
    arguments = ("sequence_length", "add_prefix_space")
    return {"arguments": arguments, "inert": {"unsplittable_tokens": special}}


END_OF_TEXT = byte_pairs("<|endoftext|>")
IM_END = byte_pairs("<|im_end|>", "<|endoftext|>")
SENTENCE_PIECES: dict[str, Any] = {
    "arguments": ("sequence_length", "add_bos", "add_eos"),
    "inert": {"proto": (None,)},
}


def decoder(
    name: str,
    tokenizer: Mapping[str, Any],
    *,
    layer: str,
    layer_name: str,
    arguments: tuple[str, ...],
    lines: str,
    fixed: Mapping[str, Any] | None = None,
    inert: Mapping[str, Any] | None = None,
    preprocessor: Mapping[str, Any] | None = None,
    **family: Any,
) -> Family:
    """Describe a family whose classes have the usual names.

    Args:
        name: what they start with.
        tokenizer: further attributes of the tokenizer's mapping.
        layer, layer_name: of `Family`.
        arguments, lines, fixed, inert: of the backbone's mapping.
        preprocessor: further attributes of the preprocessor's mapping.
        **family: further attributes of `Family`.
    """

    def mapping(kind: str, **attributes: Any) -> ClassMapping:
        return ClassMapping((name + kind,), name + kind, **attributes)

    packing = ("sequence_length", "add_start_token", "add_end_token")
    return Family(
        tokenizer=mapping("Tokenizer", **tokenizer),
        backbone=mapping(
            "Backbone", arguments=arguments, lines=lines, fixed=fixed or {}, inert=inert or {}
        ),
        preprocessors=(
            mapping("CausalLMPreprocessor", **{"arguments": packing, **(preprocessor or {})}),
        ),
        tasks=(mapping("CausalLM", arguments=()),),
        layer=layer.replace("{norm}", PRE_NORM),
        layer_name=layer_name,
        **family,
    )


def grouped_decoder(
    name: str,
    tokenizer: Mapping[str, Any],
    *,
    final_norm: str,
    arguments: tuple[str, ...],
    sizes: Mapping[str, str] | None = None,
    **further: Any,
) -> Family:
    """Describe a `decoder` with RMS norms and grouped-query attention.

    Args:
        name, tokenizer: of `decoder`.
        final_norm: what the final norm is called.
        arguments: what its backbone has beside the arguments that all these families have.
        sizes: further ones of `Family`.
        **further: further arguments of `decoder`.
    """
    return decoder(
        name,
        tokenizer,
        arguments=(*_GROUPED, *arguments),
        lines=with_scale(final_norm),
        sizes={**_GROUPS, **(sizes or {})},
        **further,
    )


def with_scale(norm: str) -> str:
    """The table of a backbone without its layers: tokens, and a final RMS norm of this name."""
    return TOKENS + _FINAL_SCALE.replace("{norm}", norm)
