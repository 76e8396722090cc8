"""Phi-3 (Abdin et al., 2024, https://arxiv.org/abs/2404.14219)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.shared import llama_like
from nlpkit.backbones.spec import FeedForwardSpec, NormSpec
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.decoder import SENTENCE_PIECES, grouped_decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import GATED_LAYER, renamed
from nlpkit.presets.mapping.weight_table import Line, expand
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.sentence_piece.source import ProtoSource
from nlpkit.tokenizers.sentence_piece.start_end_tokenizer import StartEndPieceTokenizer

_TABLE = """
token_embedding/embeddings <- embed_tokens.weight
final_norm/scale <- norm.weight
transformer_layer_{i}/attention_residual/pre_norm/scale <- layers.{i}.input_layernorm.weight
transformer_layer_{i}/attention/query/kernel <- \
layers.{i}.self_attn.qkv_proj.weight[0:{h} of {h}+{g}+{g}] | transpose
transformer_layer_{i}/attention/key/kernel <- \
layers.{i}.self_attn.qkv_proj.weight[{h}:{h}+{g} of {h}+{g}+{g}] | transpose
transformer_layer_{i}/attention/value/kernel <- \
layers.{i}.self_attn.qkv_proj.weight[{h}+{g}:{h}+{g}+{g} of {h}+{g}+{g}] | transpose
transformer_layer_{i}/attention/output/kernel <- layers.{i}.self_attn.o_proj.weight | transpose
transformer_layer_{i}/feed_forward_residual/pre_norm/scale <- \
layers.{i}.post_attention_layernorm.weight
transformer_layer_{i}/feed_forward/gate/kernel <- \
layers.{i}.mlp.gate_up_proj.weight[0 of 2] | transpose
transformer_layer_{i}/feed_forward/intermediate/kernel <- \
layers.{i}.mlp.gate_up_proj.weight[1 of 2] | transpose
transformer_layer_{i}/feed_forward/output/kernel <- layers.{i}.mlp.down_proj.weight | transpose
"""
_CONFIG = {
    "pretraining_sequence_length": ("original_max_position_embeddings", 4096),
    "partial_rotary_factor": ("partial_rotary_factor", 1.0),
    "sliding_window": ("sliding_window", None),
    "dropout": ("resid_pdrop", 0.0),
    "embedding_dropout": ("embd_pdrop", 0.0),
}
_KERASHUB = grouped_decoder(
    "Phi3",
    SENTENCE_PIECES,
    arguments=(
        "rope_max_wavelength",
        "rope_scaling_type",
        "rope_scaling_short_factor",
        "rope_scaling_long_factor",
        "max_sequence_length",
        "pretraining_sequence_length",
    ),
    final_norm="phi3_layer_norm",
    layer=renamed(
        GATED_LAYER,
        {
            "self_attention_layer/": "attention/",
            "self_attention_layer_norm": "pre_attention_layer_norm",
            "feedforward_layer_norm": "post_attention_layer_norm",
        },
    ),
    layer_name="phi3_decoder",
)


class Phi3Tokenizer(StartEndPieceTokenizer):
    """Split text into the pieces of Phi-3; see `StartEndPieceTokenizer`.

    Args:
        start_token: str. Default "<s>".
        end_token: str. Default "<|endoftext|>".
    """

    def __init__(
        self,
        proto: ProtoSource | None = None,
        *,
        start_token: str = "<s>",
        end_token: str = "<|endoftext|>",
        **kwargs: Any,
    ) -> None:
        super().__init__(proto, start_token=start_token, end_token=end_token, **kwargs)

    @property
    def turn_end_token_id(self) -> int | None:
        """The id of "<|end|>", which ends the answer."""
        return self._known().ids.get("<|end|>")


class Phi3Backbone(Backbone):
    """Phi-3's decoder: Llama's, with LongRoPE.

    Args:
        num_query_heads: int. Number of query heads; must divide `hidden_dim`.
        max_sequence_length: int. Length of the longest sequences that the model is meant for; sets
            no limit.
        pretraining_sequence_length: int. Maximum sequence length in training, before LongRoPE.
        rope_scaling_type: str or None. "su" for LongRoPE.
        rope_scaling_short_factor, rope_scaling_long_factor: floats. What LongRoPE divides the
            rotary angles by, one per pair of features, in sequences of at most
            `pretraining_sequence_length`, and in longer ones.
        rope_scaling: dict or None. Scaling of the rotary frequencies, with the keys that
            transformers has, in place of the three arguments above; see
            `nlpkit.backbones.rope.config`.
        embedding_dropout: float. Dropout rate of the embeddings.

    Example:
        >>> backbone = nlpkit.models.Phi3Backbone(
        ...     vocabulary_size=100, num_layers=2, hidden_dim=16, intermediate_dim=32,
        ...     num_query_heads=4, num_key_value_heads=2,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = Phi3Tokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("phi3",)
    hf_architecture: ClassVar[str] = "Phi3Model"
    heads: ClassVar[Heads] = decoder_heads("Phi3")
    hf_prefix: ClassVar[str] = "model."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        hidden_dim: int,
        intermediate_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        layer_norm_epsilon: float = 1e-6,
        dropout: float = 0.0,
        max_sequence_length: int = 4096,
        pretraining_sequence_length: int = 4096,
        rope_max_wavelength: float = 10000,
        rope_scaling_type: str | None = None,
        rope_scaling_short_factor: Sequence[float] | None = None,
        rope_scaling_long_factor: Sequence[float] | None = None,
        dtype: DType = None,
        *,
        rope_scaling: Mapping[str, Any] | None = None,
        partial_rotary_factor: float = 1.0,
        sliding_window: int | None = None,
        tie_word_embeddings: bool = False,
        embedding_dropout: float = 0.0,
        attention_dropout: float = 0.0,
        activation: str = "silu",
        **kwargs: Any,
    ) -> None:
        scaling = rope_scaling
        if rope_scaling_type is not None:
            scaling = _longrope(
                rope_scaling_type,
                rope_scaling_short_factor,
                rope_scaling_long_factor,
                max_sequence_length,
                pretraining_sequence_length,
            )
        norm = NormSpec("rms", layer_norm_epsilon)
        attention = llama_like.attention(
            hidden_dim=hidden_dim,
            num_query_heads=num_query_heads,
            num_key_value_heads=num_key_value_heads,
            head_dim=None,
            rope_max_wavelength=rope_max_wavelength,
            rope_scaling=scaling,
            rotary_part=partial_rotary_factor,
            window=sliding_window,
            dropout=attention_dropout,
        )
        feed_forward = FeedForwardSpec(intermediate_dim, activation, gated=True, use_bias=False)
        layers = [llama_like.layer(attention, feed_forward, norm, dropout)] * num_layers
        stack = llama_like.stack(vocabulary_size, hidden_dim, layers, norm, tie_word_embeddings)
        embedding = replace(stack.embedding, dropout=embedding_dropout)
        super().__init__(replace(stack, embedding=embedding), locals(), dtype=dtype, **kwargs)
        self._head_dim, self._scaling = attention.head_dim, scaling

    def weight_table(self) -> list[Line]:
        heads = {"h": self.num_query_heads, "g": self.num_key_value_heads}
        return expand(_TABLE, i=range(self.num_layers), **heads)

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        for name in ("attention_bias", "mlp_bias", "lm_head_bias"):
            reader.require(name, [False], False)
        # What nobody reads of Phi-4-mini.
        reader.ignore("full_attn_mod", "interpolate_factor")
        arguments = llama_like.read(
            reader,
            _CONFIG,
            max_sequence_length=4096,
            layer_norm_epsilon=1e-5,
            partial_rotary_factor=1.0,
        )
        _check_head_dim(arguments)
        return arguments

    def to_hf_config(self) -> dict[str, Any]:
        return {
            **llama_like.write(self, self._scaling, {"head_dim": "_head_dim"}, _CONFIG),
            # transformers would take 32000, and refuse it in a smaller vocabulary.
            "pad_token_id": 32000 if self.vocabulary_size > 32000 else None,
        }


def _longrope(
    kind: str,
    short: Sequence[float] | None,
    long: Sequence[float] | None,
    longest: int,
    before: int,
) -> dict[str, Any]:
    """The scaling that KerasHub's arguments describe."""
    if kind != "su" or short is None or long is None:
        raise ValueError(
            'rope_scaling_type must be None, or "su" with rope_scaling_short_factor and '
            f"rope_scaling_long_factor; got {kind!r}, {short} and {long}."
        )
    return {
        "rope_type": "longrope",
        "short_factor": list(short),
        "long_factor": list(long),
        "original_max_position_embeddings": before,
        "factor": longest / before,
    }


def _check_head_dim(arguments: dict[str, Any]) -> None:
    """Remove the size of a head, which follows from the others."""
    head_dim = arguments.pop("head_dim")
    if head_dim not in (None, arguments["hidden_dim"] // arguments["num_query_heads"]):
        raise ValueError(f"head_dim must be hidden_size / num_attention_heads; got {head_dim}.")


class Phi3CausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `Phi3Tokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = Phi3Tokenizer
    stop_tokens: ClassVar[tuple[str, ...]] = ("end_token", "turn_end_token")


class Phi3CausalLM(CausalLM):
    """`CausalLM` on a `Phi3Backbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = Phi3Backbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = Phi3CausalLMPreprocessor
