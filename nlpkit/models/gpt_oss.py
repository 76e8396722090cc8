"""GPT-OSS (OpenAI, 2025, https://arxiv.org/abs/2508.10925)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.layer_types import attentions_of_layers, kinds_of_layers
from nlpkit.backbones.shared import llama_like
from nlpkit.backbones.spec import ExpertsSpec, NormSpec
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.formats.mxfp4 import check_method
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.decoder import END_OF_TEXT, ROPE, grouped_decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import BIASED_EXPERTS_LAYER, renamed
from nlpkit.presets.mapping.weight_table import Line, expand
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer

_PERIOD = 2
_YARN = {
    "rope_type": "yarn",
    "factor": 32.0,
    "beta_fast": 32.0,
    "beta_slow": 1.0,
    "truncate": False,
    "original_max_position_embeddings": 4096,
}
_CONFIG = {
    "num_experts": ("num_local_experts", 128),
    "top_k": ("num_experts_per_tok", 4),
    "sliding_window": ("sliding_window", 128),
    "output_router_logits": ("output_router_logits", False),
    "attention_bias": ("attention_bias", True),
    "swiglu_limit": ("swiglu_limit", 7.0),
    "swiglu_alpha": ("swiglu_alpha", 1.702),
    "router_aux_loss_coefficient": ("router_aux_loss_coef", 0.001),
}
_RENAMED = {"attention_dropout": "dropout", "head_dim": "_head_dim"}
_SECOND_HALF = """
attention/sinks <- self_attn.sinks
feed_forward/router/kernel <- mlp.router.weight | transpose
feed_forward/router/bias <- mlp.router.bias
feed_forward/gate/kernel <- mlp.experts.gate_up_proj[:, :, 0 of 2 x {f}]
feed_forward/gate/bias <- mlp.experts.gate_up_proj_bias[:, 0 of 2 x {f}]
feed_forward/intermediate/kernel <- mlp.experts.gate_up_proj[:, :, 1 of 2 x {f}]
feed_forward/intermediate/bias <- mlp.experts.gate_up_proj_bias[:, 1 of 2 x {f}]
feed_forward/output/kernel <- mlp.experts.down_proj
feed_forward/output/bias <- mlp.experts.down_proj_bias
"""
# In KerasHub the windows are on the other layers and one token longer than in OpenAI's model, which
# the weights are from, and here.
_KERASHUB = grouped_decoder(
    "GptOss",
    END_OF_TEXT,
    arguments=(*ROPE, "num_experts", "top_k", "sliding_window", "output_router_logits", "head_dim"),
    final_norm="gpt_oss_layer_normalization",
    layer=renamed(
        BIASED_EXPERTS_LAYER,
        {
            "self_attention_layer_norm": "input_layer_norm",
            "feedforward_layer_norm": "post_attention_layer_norm",
        },
    ),
    layer_name="gpt_oss_transformer_decoder",
    sizes={"width": "intermediate_dim"},
)


class GptOssTokenizer(BytePairTokenizer):
    """Split text into the byte pairs of GPT-OSS, with a token for end and padding.

    Args:
        vocabulary, merges, **kwargs: as for `BytePairTokenizer`.
        end_token: str. Default "<|endoftext|>".
        split_pattern: str. Default "o200k".

    Example:
        >>> vocabulary = {"<|endoftext|>": 0, "a": 1, "Ġ": 2, "b": 3, "Ġb": 4}
        >>> tokenizer = nlpkit.models.GptOssTokenizer(vocabulary, ["Ġ b"])
        >>> tokenizer("a b")
        [1, 4]
        >>> tokenizer.end_token_id
        0
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("end_token",)

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        *,
        end_token: str = "<|endoftext|>",
        split_pattern: str = "o200k",
        **kwargs: Any,
    ) -> None:
        super().__init__(split_pattern=split_pattern, **kwargs)
        self.end_token = end_token
        self.set_vocabulary_and_merges(vocabulary, merges)

    @property
    def turn_end_token_id(self) -> int | None:
        """The id of "<|return|>", which ends the answer."""
        return self._known().ids.get("<|return|>")

    @property
    def call_token_id(self) -> int | None:
        """The id of "<|call|>", which ends a tool call."""
        return self._known().ids.get("<|call|>")


class GptOssBackbone(Backbone):
    """GPT-OSS's decoder: attention sinks, a sliding window in every other layer, experts.

    Args:
        intermediate_dim: int. Intermediate size of each expert.
        rope_scaling_factor: float. Factor of a scaling of the type "yarn" from 4096 positions.
        sliding_window: int. Number of tokens that a token attends to in layers with a window,
            itself included.
        output_router_logits: bool. Whether training has a loss that balances the load of the
            experts.
        router_aux_loss_coefficient: float. Coefficient of that loss; see
            `nlpkit.ops.experts.balance_loss`.
        layer_types: strs or None. "sliding_attention" or "full_attention" for each layer; None for
            these in turn.
        swiglu_limit, swiglu_alpha: float. See `nlpkit.modules.experts.Experts`.

    Example:
        >>> backbone = nlpkit.models.GptOssBackbone(
        ...     vocabulary_size=100, num_layers=2, num_query_heads=4, hidden_dim=16,
        ...     intermediate_dim=8, num_key_value_heads=2, num_experts=4,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = GptOssTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("gpt_oss",)
    hf_architecture: ClassVar[str] = "GptOssModel"
    heads: ClassVar[Heads] = decoder_heads("GptOss")
    hf_prefix: ClassVar[str] = "model."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)
    activation: ClassVar[str] = "silu"

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
        rope_max_wavelength: float = 10000,
        rope_scaling_factor: float = 1.0,
        layer_norm_epsilon: float = 1e-6,
        sliding_window: int = 4096,
        head_dim: int | None = None,
        dropout: float = 0.0,
        output_router_logits: bool = False,
        dtype: DType = None,
        *,
        router_aux_loss_coefficient: float = 0.001,
        layer_types: Sequence[str] | None = None,
        rope_scaling: Mapping[str, Any] | None = None,
        attention_bias: bool = True,
        swiglu_limit: float = 7.0,
        swiglu_alpha: float = 1.702,
        tie_word_embeddings: bool = False,
        max_sequence_length: int = 131072,
        **kwargs: Any,
    ) -> None:
        scaling = rope_scaling
        if rope_scaling_factor != 1.0:
            if rope_scaling is not None:
                raise ValueError("Give rope_scaling or rope_scaling_factor, not both.")
            scaling = {**_YARN, "factor": rope_scaling_factor}
        norm = NormSpec("rms", layer_norm_epsilon)
        attention = llama_like.attention(
            hidden_dim=hidden_dim,
            num_query_heads=num_query_heads,
            num_key_value_heads=num_key_value_heads,
            head_dim=head_dim,
            rope_max_wavelength=rope_max_wavelength,
            rope_scaling=scaling,
            bias=attention_bias,
            sinks=True,
            dropout=dropout,
        )
        kinds = kinds_of_layers(num_layers, True, layer_types, _PERIOD)
        experts = ExpertsSpec(
            num_experts,
            top_k,
            intermediate_dim,
            "silu",
            normalized=True,
            use_bias=True,
            swiglu_limit=swiglu_limit,
            swiglu_alpha=swiglu_alpha,
            balance_coefficient=router_aux_loss_coefficient * output_router_logits,
        )
        attentions = attentions_of_layers(attention, kinds, sliding_window)
        layers = [llama_like.layer(each, experts, norm, 0.0) for each in attentions]
        stack = llama_like.stack(vocabulary_size, hidden_dim, layers, norm, tie_word_embeddings)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)
        self._head_dim, self._scaling, self._kinds = attention.head_dim, scaling, kinds

    def weight_table(self) -> list[Line]:
        second_half = expand(_SECOND_HALF, f=self.intermediate_dim)
        return llama_like.table(
            self.num_layers,
            bias=self.attention_bias,
            feed_forward=lambda _: second_half,
        )

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        check_method(reader)
        reader.alias(num_experts="num_local_experts")
        reader.require("hidden_act", ["silu"], "silu")
        reader.ignore("experts_per_token", "initial_context_length")
        arguments = llama_like.read(
            reader,
            _CONFIG,
            max_sequence_length=131072,
            layer_norm_epsilon=1e-5,
            rope_max_wavelength=150_000.0,
        )
        del arguments["activation"]
        arguments["dropout"] = arguments.pop("attention_dropout")
        if not (reader.has("rope_parameters") or reader.has("rope_scaling")):
            arguments["rope_scaling"] = dict(_YARN)
        return {**arguments, "layer_types": reader.get("layer_types", None, kind=list)}

    def to_hf_config(self) -> dict[str, Any]:
        # Without any scaling, transformers takes the published one.
        config = {"rope_scaling": {"rope_type": "default"}, "layer_types": self._kinds}
        return {**config, **llama_like.write(self, self._scaling, _RENAMED, _CONFIG)}


class GptOssCausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `GptOssTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = GptOssTokenizer
    stop_tokens: ClassVar[tuple[str, ...]] = ("end_token", "turn_end_token", "call_token")


class GptOssCausalLM(CausalLM):
    """`CausalLM` on a `GptOssBackbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = GptOssBackbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = GptOssCausalLMPreprocessor
