"""GPT-2 (Radford et al., 2019, "Language Models are Unsupervised Multitask Learners")."""

from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.causal_attention import causal_attention
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.spec import (
    EmbeddingSpec,
    FeedForwardSpec,
    HeadSpec,
    LayerSpec,
    NormSpec,
    ResidualSpec,
    StackSpec,
)
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader, config_of
from nlpkit.presets.layouts.kerashub.decoder import END_OF_TEXT, FINAL_NORM, PLAIN, TOKENS, decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import BIASED_LAYER
from nlpkit.presets.mapping.weight_table import Line, expand
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.family_tokenizers import EndOfTextTokenizer

_ACTIVATIONS = {
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu": "gelu",
    "relu": "relu",
    "silu": "silu",
}
_CONFIG = {
    "vocabulary_size": ("vocab_size", 50257),
    "num_layers": ("n_layer", 12),
    "num_heads": ("n_head", 12),
    "hidden_dim": ("n_embd", 768),
    "dropout": ("resid_pdrop", 0.1),
    "max_sequence_length": ("n_positions", 1024),
    "embedding_dropout": ("embd_pdrop", 0.1),
    "attention_dropout": ("attn_pdrop", 0.1),
    "layer_norm_epsilon": ("layer_norm_epsilon", 1e-5),
}
_TABLE = """
token_embedding/embeddings <- wte.weight
position_embedding/embeddings <- wpe.weight
transformer_layer_{i}/attention_residual/pre_norm/gamma <- h.{i}.ln_1.weight
transformer_layer_{i}/attention_residual/pre_norm/beta <- h.{i}.ln_1.bias
transformer_layer_{i}/attention/query/kernel <- h.{i}.attn.c_attn.weight[:, 0 of 3]
transformer_layer_{i}/attention/query/bias <- h.{i}.attn.c_attn.bias[0 of 3]
transformer_layer_{i}/attention/key/kernel <- h.{i}.attn.c_attn.weight[:, 1 of 3]
transformer_layer_{i}/attention/key/bias <- h.{i}.attn.c_attn.bias[1 of 3]
transformer_layer_{i}/attention/value/kernel <- h.{i}.attn.c_attn.weight[:, 2 of 3]
transformer_layer_{i}/attention/value/bias <- h.{i}.attn.c_attn.bias[2 of 3]
transformer_layer_{i}/attention/output/kernel <- h.{i}.attn.c_proj.weight
transformer_layer_{i}/attention/output/bias <- h.{i}.attn.c_proj.bias
transformer_layer_{i}/feed_forward_residual/pre_norm/gamma <- h.{i}.ln_2.weight
transformer_layer_{i}/feed_forward_residual/pre_norm/beta <- h.{i}.ln_2.bias
transformer_layer_{i}/feed_forward/intermediate/kernel <- h.{i}.mlp.c_fc.weight
transformer_layer_{i}/feed_forward/intermediate/bias <- h.{i}.mlp.c_fc.bias
transformer_layer_{i}/feed_forward/output/kernel <- h.{i}.mlp.c_proj.weight
transformer_layer_{i}/feed_forward/output/bias <- h.{i}.mlp.c_proj.bias
final_norm/gamma <- ln_f.weight
final_norm/beta <- ln_f.bias
<- h.*.attn.bias ; buffer
<- h.*.attn.masked_bias ; buffer
"""
_KERASHUB_POSITIONS = """
position_embedding/embeddings <- layers/position_embedding/0
"""
_KERASHUB = decoder(
    "GPT2",
    END_OF_TEXT,
    arguments=(*PLAIN, "max_sequence_length"),
    lines=TOKENS + _KERASHUB_POSITIONS + FINAL_NORM,
    layer=BIASED_LAYER,
    layer_name="transformer_decoder",
)


class GPT2Tokenizer(EndOfTextTokenizer):
    """Split text into GPT-2's byte pairs; see `EndOfTextTokenizer`."""


class GPT2Backbone(Backbone):
    """GPT-2's decoder.

    Args:
        dropout: float in [0, 1). Dropout rate of the output of each sub-layer, and of the
            embeddings and attention weights unless these are given.
        max_sequence_length: int. Number of learned positions: the maximum sequence length.
        activation: str. "gelu_tanh" as in the original, "gelu", "relu" or "silu".
        embedding_dropout: float or None. Dropout rate of the embeddings; None for `dropout`.
        attention_dropout: float or None. Dropout rate of the attention weights; None for `dropout`.

    Example:
        >>> backbone = nlpkit.models.GPT2Backbone(
        ...     vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=32
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = GPT2Tokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("gpt2",)
    hf_architecture: ClassVar[str] = "GPT2Model"
    heads: ClassVar[Heads] = decoder_heads(
        "GPT2", causal_lm="LMHeadModel", tokens="classifier", answers="transformer."
    )
    hf_prefix: ClassVar[str] = "transformer."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        dropout: float = 0.1,
        max_sequence_length: int = 1024,
        *,
        activation: str = "gelu_tanh",
        embedding_dropout: float | None = None,
        attention_dropout: float | None = None,
        layer_norm_epsilon: float = 1e-5,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        norm = NormSpec("layer", layer_norm_epsilon)
        residual = ResidualSpec(pre=norm, dropout=dropout)
        rate = dropout if attention_dropout is None else attention_dropout
        attention = causal_attention(hidden_dim, num_heads, use_bias=True, dropout=rate)
        feed_forward = FeedForwardSpec(intermediate_dim, activation, gated=False, use_bias=True)
        layer = LayerSpec(attention, residual, feed_forward, residual)
        embedding = EmbeddingSpec(
            vocabulary_size,
            max_sequence_length,
            dropout=dropout if embedding_dropout is None else embedding_dropout,
        )
        layers, head = (layer,) * num_layers, HeadSpec(tied=True)
        stack = StackSpec(hidden_dim, embedding, layers, 0.02, final_norm=norm, head=head)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    def weight_table(self) -> list[Line]:
        return expand(_TABLE, i=range(self.num_layers))

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.require("scale_attn_weights", [True], True)
        reader.require("scale_attn_by_inverse_layer_idx", [False], False)
        reader.require("tie_word_embeddings", [True], True)
        # How half precision is computed, and n_positions again.
        reader.ignore("reorder_and_upcast_attn", "n_ctx")
        reader.alias(
            hidden_size="n_embd",
            max_position_embeddings="n_positions",
            num_attention_heads="n_head",
            num_hidden_layers="n_layer",
        )
        arguments = reader.arguments(_CONFIG)
        return {
            **arguments,
            "intermediate_dim": reader.get("n_inner", 4 * arguments["hidden_dim"]),
            "activation": reader.require("activation_function", _ACTIVATIONS, "gelu_new"),
        }

    def to_hf_config(self) -> dict[str, Any]:
        config = config_of(self, _CONFIG)
        rates = {
            name: self.dropout for name in ("embd_pdrop", "attn_pdrop") if config[name] is None
        }
        activations = {own: name for name, own in reversed(_ACTIVATIONS.items())}
        return {
            **config,
            **rates,
            "n_inner": self.intermediate_dim,
            "activation_function": activations[self.activation],
        }


class GPT2CausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `GPT2Tokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = GPT2Tokenizer


class GPT2CausalLM(CausalLM):
    """`CausalLM` on a `GPT2Backbone`, with a tied head."""

    backbone_class: ClassVar[type[Backbone]] = GPT2Backbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = GPT2CausalLMPreprocessor
