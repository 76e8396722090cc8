"""BLOOM (BigScience, 2022, https://arxiv.org/abs/2211.05100)."""

from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.causal_attention import causal_attention
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.spec import (
    AlibiSpec,
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
from nlpkit.presets.layouts.kerashub.decoder import PLAIN, byte_pairs, decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import FLAT_OUTPUT_LAYER, renamed
from nlpkit.presets.mapping.weight_table import Line, expand
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer

# Each by the name that transformers writes, and by that of the published files, if it differs.
_CONFIG = {
    "vocabulary_size": ("vocab_size", 250880),
    "num_layers": ("n_layer", 2),
    "num_heads": ("n_head", 8),
    "hidden_dim": ("hidden_size", 64),
    "dropout": ("hidden_dropout", 0.0),
    "layer_norm_epsilon": ("layer_norm_epsilon", 1e-5),
    "attention_dropout": ("attention_dropout", 0.0),
}
# How the original code computed.
_WITHOUT_EFFECT = (
    "attention_softmax_in_fp32",
    "bias_dropout_fusion",
    "masked_softmax_fusion",
    "offset_alibi",
    "skip_bias_add",
    "skip_bias_add_qkv",
    "slow_but_exact",
)
# The rows of the fused tensor are, for each head, those of its query, its key and its value.
_TABLE = """
token_embedding/embeddings <- word_embeddings.weight
embeddings_norm/gamma <- word_embeddings_layernorm.weight
embeddings_norm/beta <- word_embeddings_layernorm.bias
transformer_layer_{i}/attention_residual/pre_norm/gamma <- h.{i}.input_layernorm.weight
transformer_layer_{i}/attention_residual/pre_norm/beta <- h.{i}.input_layernorm.bias
transformer_layer_{i}/attention/query/kernel <- h.{i}.self_attention.query_key_value.weight[0 of 3 x {heads}] | transpose
transformer_layer_{i}/attention/query/bias <- h.{i}.self_attention.query_key_value.bias[0 of 3 x {heads}]
transformer_layer_{i}/attention/key/kernel <- h.{i}.self_attention.query_key_value.weight[1 of 3 x {heads}] | transpose
transformer_layer_{i}/attention/key/bias <- h.{i}.self_attention.query_key_value.bias[1 of 3 x {heads}]
transformer_layer_{i}/attention/value/kernel <- h.{i}.self_attention.query_key_value.weight[2 of 3 x {heads}] | transpose
transformer_layer_{i}/attention/value/bias <- h.{i}.self_attention.query_key_value.bias[2 of 3 x {heads}]
transformer_layer_{i}/attention/output/kernel <- h.{i}.self_attention.dense.weight | transpose
transformer_layer_{i}/attention/output/bias <- h.{i}.self_attention.dense.bias
transformer_layer_{i}/feed_forward_residual/pre_norm/gamma <- h.{i}.post_attention_layernorm.weight
transformer_layer_{i}/feed_forward_residual/pre_norm/beta <- h.{i}.post_attention_layernorm.bias
transformer_layer_{i}/feed_forward/intermediate/kernel <- h.{i}.mlp.dense_h_to_4h.weight | transpose
transformer_layer_{i}/feed_forward/intermediate/bias <- h.{i}.mlp.dense_h_to_4h.bias
transformer_layer_{i}/feed_forward/output/kernel <- h.{i}.mlp.dense_4h_to_h.weight | transpose
transformer_layer_{i}/feed_forward/output/bias <- h.{i}.mlp.dense_4h_to_h.bias
final_norm/gamma <- ln_f.weight
final_norm/beta <- ln_f.bias
"""
_KERASHUB_TABLE = """
token_embedding/embeddings <- layers/reversible_embedding/0
embeddings_norm/gamma <- layers/layer_normalization/0
embeddings_norm/beta <- layers/layer_normalization/1
final_norm/gamma <- layers/layer_normalization_1/0
final_norm/beta <- layers/layer_normalization_1/1
"""
_KERASHUB = decoder(
    "Bloom",
    byte_pairs("<s>", "</s>", "<pad>"),
    arguments=(*PLAIN, "layer_norm_epsilon"),
    lines=_KERASHUB_TABLE,
    layer=renamed(
        FLAT_OUTPUT_LAYER,
        {
            "self_attention_layer_norm": "pre_attention_layer_norm",
            "feedforward_layer_norm": "post_attention_layer_norm",
            "feedforward_": "mlp_",
        },
    ),
    layer_name="bloom_decoder",
)


class BloomTokenizer(BytePairTokenizer):
    """Split text into BLOOM's byte pairs, with tokens for start, end and padding.

    Args:
        vocabulary, merges, **kwargs: as for `BytePairTokenizer`.
        start_token: str. Default "<s>".
        end_token: str. Default "</s>".
        pad_token: str. Default "<pad>".
        split_pattern: str. Default BLOOM's, words with a space before them and no punctuation.

    Example:
        >>> vocabulary = {"<s>": 0, "</s>": 1, "<pad>": 2, "a": 3, "Ġ": 4, "b": 5, "Ġb": 6}
        >>> tokenizer = nlpkit.models.BloomTokenizer(vocabulary, ["Ġ b"])
        >>> tokenizer("a b")
        [3, 6]
        >>> tokenizer.pad_token_id
        2
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("start_token", "end_token", "pad_token")

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        *,
        start_token: str = "<s>",
        end_token: str = "</s>",
        pad_token: str = "<pad>",
        split_pattern: str = r" ?[^(\s|[.,!?…。，、।۔،])]+",  # noqa: RUF001
        **kwargs: Any,
    ) -> None:
        super().__init__(split_pattern=split_pattern, **kwargs)
        self.start_token = start_token
        self.end_token = end_token
        self.pad_token = pad_token
        self.set_vocabulary_and_merges(vocabulary, merges)


class BloomBackbone(Backbone):
    """BLOOM's decoder: linear attention biases (ALiBi), no position embedding.

    Args:
        intermediate_dim: int. Intermediate size of the feed-forward layers; transformers has only
            `4 * hidden_dim`.
        attention_dropout: float or None. Dropout rate of the attention weights; None for `dropout`.

    Example:
        >>> backbone = nlpkit.models.BloomBackbone(
        ...     vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=32
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = BloomTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("bloom",)
    hf_architecture: ClassVar[str] = "BloomModel"
    heads: ClassVar[Heads] = decoder_heads("Bloom", tokens="classifier", answers="transformer.")
    hf_prefix: ClassVar[str] = "transformer."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        dropout: float = 0.0,
        layer_norm_epsilon: float = 1e-5,
        *,
        attention_dropout: float | None = None,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        norm = NormSpec("layer", layer_norm_epsilon)
        residual = ResidualSpec(pre=norm, dropout=dropout)
        rate = dropout if attention_dropout is None else attention_dropout
        alibi = AlibiSpec(1.0, "float32")
        attention = causal_attention(
            hidden_dim, num_heads, use_bias=True, dropout=rate, alibi=alibi
        )
        feed_forward = FeedForwardSpec(intermediate_dim, "gelu_tanh", gated=False, use_bias=True)
        layer = LayerSpec(attention, residual, feed_forward, residual)
        embedding = EmbeddingSpec(vocabulary_size, norm=norm)
        layers, head = (layer,) * num_layers, HeadSpec(tied=True)
        stack = StackSpec(hidden_dim, embedding, layers, 0.02, final_norm=norm, head=head)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    def weight_table(self) -> list[Line]:
        return expand(_TABLE, i=range(self.num_layers), heads=self.num_heads)

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.require("apply_residual_connection_post_layernorm", [False], False)
        reader.require("tie_word_embeddings", [True], True)
        reader.ignore(*_WITHOUT_EFFECT)
        reader.alias(
            n_embed="hidden_size", num_attention_heads="n_head", num_hidden_layers="n_layer"
        )
        arguments = reader.arguments(_CONFIG)
        wide = 4 * arguments["hidden_dim"]
        reader.require("n_inner", [wide], wide)
        return {**arguments, "intermediate_dim": wide}

    def to_hf_config(self) -> dict[str, Any]:
        """The inverse of `from_hf_config`.

        Raises:
            ValueError: transformers knows no such `intermediate_dim`.
        """
        if self.intermediate_dim != 4 * self.hidden_dim:
            raise ValueError(
                "Hugging Face's BLOOM has intermediate_dim = 4 * hidden_dim; got "
                f"intermediate_dim={self.intermediate_dim}, hidden_dim={self.hidden_dim}."
            )
        config = config_of(self, _CONFIG)
        if self.attention_dropout is None:
            config["attention_dropout"] = self.dropout
        return config


class BloomCausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `BloomTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = BloomTokenizer


class BloomCausalLM(CausalLM):
    """`CausalLM` on a `BloomBackbone`, with a tied head."""

    backbone_class: ClassVar[type[Backbone]] = BloomBackbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = BloomCausalLMPreprocessor
