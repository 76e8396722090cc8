"""Mixtral (Jiang et al., 2024, https://arxiv.org/abs/2401.04088)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.shared import llama_like
from nlpkit.backbones.spec import ExpertsSpec, NormSpec
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.decoder import ROPE, SENTENCE_PIECES, grouped_decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import EXPERTS_LAYER
from nlpkit.presets.mapping.weight_table import Line, expand
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.sentence_piece.start_end_tokenizer import StartEndPieceTokenizer

_EXPERTS = """
feed_forward/router/kernel <- block_sparse_moe.gate.weight | transpose
feed_forward/gate/kernel[{e}] <- block_sparse_moe.experts.{e}.w1.weight | transpose
feed_forward/intermediate/kernel[{e}] <- block_sparse_moe.experts.{e}.w3.weight | transpose
feed_forward/output/kernel[{e}] <- block_sparse_moe.experts.{e}.w2.weight | transpose
"""
_CONFIG = {
    "num_experts": ("num_local_experts", 8),
    "top_k": ("num_experts_per_tok", 2),
    "router_jitter_noise": ("router_jitter_noise", 0.0),
    "router_aux_loss_coef": ("router_aux_loss_coef", 0.001),
}
_KERASHUB = grouped_decoder(
    "Mixtral",
    SENTENCE_PIECES,
    arguments=(
        *ROPE,
        "sliding_window",
        "num_experts",
        "top_k",
        "router_jitter_noise",
        "router_aux_loss_coef",
    ),
    final_norm="mixtral_layer_normalization",
    layer=EXPERTS_LAYER,
    layer_name="mixtral_transformer_decoder",
)


class MixtralTokenizer(StartEndPieceTokenizer):
    """Split text into Mixtral's pieces; see `StartEndPieceTokenizer`."""


class MixtralBackbone(Backbone):
    """Mixtral's decoder: Mistral's, with a mixture of experts in each layer.

    Args:
        intermediate_dim: int. Intermediate size of each expert.
        router_jitter_noise: float. In training, the input of the router and the experts is
            multiplied by random numbers from 1 - noise to 1 + noise.
        router_aux_loss_coef: float. Coefficient of the load-balancing loss in training; see
            `nlpkit.ops.experts.balance_loss`.

    Example:
        >>> backbone = nlpkit.models.MixtralBackbone(
        ...     vocabulary_size=100, num_layers=2, num_query_heads=4, hidden_dim=16,
        ...     intermediate_dim=32, num_key_value_heads=2, num_experts=4,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = MixtralTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("mixtral",)
    hf_architecture: ClassVar[str] = "MixtralModel"
    heads: ClassVar[Heads] = decoder_heads("Mixtral", answers="model.")
    hf_prefix: ClassVar[str] = "model."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_query_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        num_key_value_heads: int,
        num_experts: int,
        top_k: int = 2,
        router_jitter_noise: float = 0.0,
        rope_max_wavelength: float = 10000,
        rope_scaling_factor: float = 1.0,
        layer_norm_epsilon: float = 1e-6,
        router_aux_loss_coef: float = 0.02,
        sliding_window: int | None = 512,
        dropout: float = 0.0,
        dtype: DType = None,
        *,
        rope_scaling: Mapping[str, Any] | None = None,
        head_dim: int | None = None,
        tie_word_embeddings: bool = False,
        attention_dropout: float = 0.0,
        activation: str = "silu",
        max_sequence_length: int = 131072,
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
            window=sliding_window,
            dropout=attention_dropout,
        )
        experts = ExpertsSpec(
            num_experts,
            top_k,
            intermediate_dim,
            activation,
            normalized=True,
            use_bias=False,
            balance_coefficient=router_aux_loss_coef,
            jitter=router_jitter_noise,
        )
        layers = [llama_like.layer(attention, experts, norm, dropout)] * num_layers
        stack = llama_like.stack(vocabulary_size, hidden_dim, layers, norm, tie_word_embeddings)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)
        self._scaling = scaling

    def weight_table(self) -> list[Line]:
        experts = expand(_EXPERTS, e=range(self.num_experts))
        return llama_like.table(self.num_layers, feed_forward=lambda _: experts)

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.alias(num_experts="num_local_experts")
        common = llama_like.read(
            reader,
            _CONFIG,
            max_sequence_length=131072,
            layer_norm_epsilon=1e-5,
            rope_max_wavelength=1_000_000.0,
        )
        window = reader.get("sliding_window", None, kind=int)
        return {**common, "sliding_window": window}

    def to_hf_config(self) -> dict[str, Any]:
        config = llama_like.write(self, self._scaling, own=_CONFIG)
        return {**config, "sliding_window": self.sliding_window}


class MixtralCausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `MixtralTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = MixtralTokenizer


class MixtralCausalLM(CausalLM):
    """`CausalLM` on a `MixtralBackbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = MixtralBackbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = MixtralCausalLMPreprocessor
