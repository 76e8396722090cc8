"""Qwen 3 with mixtures of experts (Yang et al., 2025, https://arxiv.org/abs/2505.09388)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.shared import llama_like
from nlpkit.backbones.spec import ExpertsSpec, FeedForwardSpec, NormSpec
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.decoder import IM_END, ROPE, grouped_decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import FUSED_EXPERTS_LAYER, PROJECTION_NORMS
from nlpkit.presets.mapping.weight_table import Line, expand, parse
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.family_tokenizers import ImEndTokenizer

_EXPERTS = """
feed_forward/router/kernel <- mlp.gate.weight | transpose
feed_forward/gate/kernel[{e}] <- mlp.experts.{e}.gate_proj.weight | transpose
feed_forward/intermediate/kernel[{e}] <- mlp.experts.{e}.up_proj.weight | transpose
feed_forward/output/kernel[{e}] <- mlp.experts.{e}.down_proj.weight | transpose
"""
_CONFIG = {
    "moe_intermediate_dim": ("moe_intermediate_size", 768),
    "top_k": ("num_experts_per_tok", 8),
    "norm_top_k_prob": ("norm_topk_prob", False),
    "decoder_sparse_step": ("decoder_sparse_step", 1),
    "router_aux_loss_coefficient": ("router_aux_loss_coef", 0.001),
    "mlp_only_layers": ("mlp_only_layers", []),
    "attention_bias": ("attention_bias", False),
}
_KERASHUB = grouped_decoder(
    "Qwen3Moe",
    IM_END,
    arguments=(
        *ROPE,
        "head_dim",
        "tie_word_embeddings",
        "sliding_window_size",
        "moe_intermediate_dim",
        "num_experts",
        "top_k",
        "norm_top_k_prob",
        "router_aux_loss_coefficient",
    ),
    # All published ones have experts in every layer.
    inert={"mlp_only_layers": (None,), "decoder_sparse_step": (1,)},
    final_norm="qwen3_moe_layer_norm",
    layer=FUSED_EXPERTS_LAYER + PROJECTION_NORMS,
    layer_name="qwen3_moe_transformer_decoder",
)


class Qwen3MoeTokenizer(ImEndTokenizer):
    """Split text into the byte pairs of Qwen 3; see `ImEndTokenizer`."""


class Qwen3MoeBackbone(Backbone):
    """Qwen 3's decoder with a mixture of experts in some layers.

    Args:
        intermediate_dim: int. Intermediate size of the feed-forward layers without experts.
        moe_intermediate_dim: int. Intermediate size of each expert.
        norm_top_k_prob: bool. Whether the weights of the experts of a token are divided by their
            sum.
        decoder_sparse_step: int. One layer in this many has experts.
        router_aux_loss_coefficient: float. Coefficient of the load-balancing loss in training; see
            `nlpkit.ops.experts.balance_loss`.
        mlp_only_layers: ints or None. Indices of further layers without experts; None for none.

    Example:
        >>> backbone = nlpkit.models.Qwen3MoeBackbone(
        ...     vocabulary_size=100, num_layers=2, num_query_heads=4, num_key_value_heads=2,
        ...     hidden_dim=16, intermediate_dim=32, moe_intermediate_dim=8, num_experts=6,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = Qwen3MoeTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("qwen3_moe",)
    hf_architecture: ClassVar[str] = "Qwen3MoeModel"
    heads: ClassVar[Heads] = decoder_heads("Qwen3Moe", answers="transformer.")
    hf_prefix: ClassVar[str] = "model."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_query_heads: int,
        num_key_value_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        moe_intermediate_dim: int,
        num_experts: int,
        head_dim: int | None = None,
        top_k: int = 4,
        norm_top_k_prob: bool = False,
        decoder_sparse_step: int = 1,
        rope_max_wavelength: float = 10000,
        rope_scaling_factor: float = 1.0,
        layer_norm_epsilon: float = 1e-6,
        dropout: float = 0.0,
        dtype: DType = None,
        tie_word_embeddings: bool = False,
        sliding_window_size: int | None = 32768,
        router_aux_loss_coefficient: float = 0.001,
        mlp_only_layers: Sequence[int] | None = None,
        *,
        rope_scaling: Mapping[str, Any] | None = None,
        attention_bias: bool = False,
        attention_dropout: float = 0.0,
        activation: str = "silu",
        max_sequence_length: int = 32768,
        **kwargs: Any,
    ) -> None:
        scaling = llama_like.scaling(rope_scaling, rope_scaling_factor)
        norm = NormSpec("rms", layer_norm_epsilon)
        attention = llama_like.attention(
            hidden_dim=hidden_dim,
            num_query_heads=num_query_heads,
            num_key_value_heads=num_key_value_heads,
            head_dim=head_dim,
            rope_max_wavelength=rope_max_wavelength,
            rope_scaling=scaling,
            bias=attention_bias,
            query_key_norm=norm,
            window=sliding_window_size,
            dropout=attention_dropout,
        )
        experts = ExpertsSpec(
            num_experts,
            top_k,
            moe_intermediate_dim,
            activation,
            normalized=norm_top_k_prob,
            use_bias=False,
            balance_coefficient=router_aux_loss_coefficient,
        )
        dense = FeedForwardSpec(intermediate_dim, activation, gated=True, use_bias=False)
        without = _without_experts(num_layers, decoder_sparse_step, mlp_only_layers)
        layers = [
            llama_like.layer(attention, dense if i in without else experts, norm, dropout)
            for i in range(num_layers)
        ]
        stack = llama_like.stack(vocabulary_size, hidden_dim, layers, norm, tie_word_embeddings)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)
        self._scaling = scaling

    def weight_table(self) -> list[Line]:
        experts = expand(_EXPERTS, e=range(self.num_experts))
        dense = parse(llama_like.FEED_FORWARD)
        without = _without_experts(self.num_layers, self.decoder_sparse_step, self.mlp_only_layers)
        return llama_like.table(
            self.num_layers,
            bias=self.attention_bias,
            query_key_norm=True,
            feed_forward=lambda i: dense if i in without else experts,
        )

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.alias(num_local_experts="num_experts")
        uses_window = reader.get("use_sliding_window", False)
        window = reader.get("sliding_window", 4096) if uses_window else None
        reader.ignore("sliding_window")
        common = llama_like.read(reader, _CONFIG, max_sequence_length=32768)
        return {
            **common,
            "num_experts": reader.get("num_experts", 128),
            "sliding_window_size": window,
        }

    def to_hf_config(self) -> dict[str, Any]:
        return {
            **llama_like.write(self, self._scaling, own=_CONFIG),
            "num_experts": self.num_experts,
            "mlp_only_layers": list(self.mlp_only_layers or ()),
            "use_sliding_window": self.sliding_window_size is not None,
            "sliding_window": self.sliding_window_size,
        }


def _without_experts(layers: int, step: int, further: Sequence[int] | None) -> set[int]:
    """The indices of the layers with an ordinary feed-forward layer."""
    return {i for i in range(layers) if (i + 1) % step} | set(further or ())


class Qwen3MoeCausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `Qwen3MoeTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = Qwen3MoeTokenizer
    stop_tokens: ClassVar[tuple[str, ...]] = ("end_token", "pad_token")


class Qwen3MoeCausalLM(CausalLM):
    """`CausalLM` on a `Qwen3MoeBackbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = Qwen3MoeBackbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = Qwen3MoeCausalLMPreprocessor
