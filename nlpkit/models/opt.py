"""OPT (Zhang et al., 2022, https://arxiv.org/abs/2205.01068)."""

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
from nlpkit.presets.layouts.kerashub.decoder import FINAL_NORM, PLAIN, byte_pairs, decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import BIASED_LAYER
from nlpkit.presets.mapping.weight_table import Line, expand
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.special.packing import Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer

_ACTIVATIONS = {"relu": "relu", "gelu": "gelu", "gelu_new": "gelu_tanh", "silu": "silu"}
_CONFIG = {
    "vocabulary_size": ("vocab_size", 50272),
    "num_layers": ("num_hidden_layers", 12),
    "num_heads": ("num_attention_heads", 12),
    "hidden_dim": ("hidden_size", 768),
    "intermediate_dim": ("ffn_dim", 3072),
    "dropout": ("dropout", 0.1),
    "max_sequence_length": ("max_position_embeddings", 2048),
    "attention_dropout": ("attention_dropout", 0.0),
    "normalize_first": ("do_layer_norm_before", True),
    "use_bias": ("enable_bias", True),
}
# The first two rows of the embedding belong to no position, a relic of OPT's training code.
_POSITION_OFFSET = 2
_TABLE = """
token_embedding/embeddings <- decoder.embed_tokens.weight
position_embedding/embeddings <- decoder.embed_positions.weight
transformer_layer_{i}/attention/query/kernel <- decoder.layers.{i}.self_attn.q_proj.weight | transpose
transformer_layer_{i}/attention/key/kernel <- decoder.layers.{i}.self_attn.k_proj.weight | transpose
transformer_layer_{i}/attention/value/kernel <- decoder.layers.{i}.self_attn.v_proj.weight | transpose
transformer_layer_{i}/attention/output/kernel <- decoder.layers.{i}.self_attn.out_proj.weight | transpose
transformer_layer_{i}/attention_residual/{norm}/gamma <- decoder.layers.{i}.self_attn_layer_norm.weight
transformer_layer_{i}/attention_residual/{norm}/beta <- decoder.layers.{i}.self_attn_layer_norm.bias
transformer_layer_{i}/feed_forward/intermediate/kernel <- decoder.layers.{i}.fc1.weight | transpose
transformer_layer_{i}/feed_forward/output/kernel <- decoder.layers.{i}.fc2.weight | transpose
transformer_layer_{i}/feed_forward_residual/{norm}/gamma <- decoder.layers.{i}.final_layer_norm.weight
transformer_layer_{i}/feed_forward_residual/{norm}/beta <- decoder.layers.{i}.final_layer_norm.bias
"""
_BIASES = """
transformer_layer_{i}/attention/query/bias <- decoder.layers.{i}.self_attn.q_proj.bias
transformer_layer_{i}/attention/key/bias <- decoder.layers.{i}.self_attn.k_proj.bias
transformer_layer_{i}/attention/value/bias <- decoder.layers.{i}.self_attn.v_proj.bias
transformer_layer_{i}/attention/output/bias <- decoder.layers.{i}.self_attn.out_proj.bias
transformer_layer_{i}/feed_forward/intermediate/bias <- decoder.layers.{i}.fc1.bias
transformer_layer_{i}/feed_forward/output/bias <- decoder.layers.{i}.fc2.bias
"""
_FINAL_NORM = """
final_norm/gamma <- decoder.final_layer_norm.weight
final_norm/beta <- decoder.final_layer_norm.bias
"""
_PROJECTIONS = """
project_in/kernel <- decoder.project_in.weight | transpose
project_out/kernel <- decoder.project_out.weight | transpose
"""
_KERASHUB_EMBEDDINGS = """
token_embedding/embeddings <- layers/token_and_position_embedding/token_embedding/0
position_embedding/embeddings <- layers/token_and_position_embedding/position_embedding/0 | after 2 rows
"""
_KERASHUB = decoder(
    "OPT",
    byte_pairs("</s>", "<pad>"),
    arguments=(*PLAIN, "max_sequence_length"),
    lines=_KERASHUB_EMBEDDINGS + FINAL_NORM,
    layer=BIASED_LAYER,
    layer_name="transformer_decoder",
)


class OPTTokenizer(BytePairTokenizer):
    """Split text into OPT's byte pairs, which are GPT-2's, with a token for padding.

    Args:
        vocabulary, merges, **kwargs: as for `BytePairTokenizer`.
        start_token, end_token: str. Default "</s>".
        pad_token: str. Default "<pad>".

    Example:
        >>> vocabulary = {"<pad>": 0, "</s>": 1, "a": 2, "Ġ": 3, "b": 4, "Ġb": 5}
        >>> tokenizer = nlpkit.models.OPTTokenizer(vocabulary, ["Ġ b"])
        >>> tokenizer("a b")
        [2, 5]
        >>> tokenizer.start_token_id
        1
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("start_token", "end_token", "pad_token")
    packing: ClassVar[Packing | None] = Packing(("start_token",))

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        *,
        start_token: str = "</s>",
        end_token: str = "</s>",
        pad_token: str = "<pad>",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.start_token = start_token
        self.end_token = end_token
        self.pad_token = pad_token
        self.set_vocabulary_and_merges(vocabulary, merges)


class OPTBackbone(Backbone):
    """OPT's decoder.

    Args:
        dropout: float in [0, 1). Dropout rate of the output of each sub-layer, and of the attention
            weights unless given.
        max_sequence_length: int. Maximum sequence length; the position embedding has two rows more.
        attention_dropout: float or None. Dropout rate of the attention weights; None for `dropout`.
        normalize_first: bool. Whether norms come before attention and the feed-forward layers,
            rather than after them (the 350M model), which then has none after the last layer.
        use_bias: bool. Whether the dense layers have biases.
        embedding_dim: int or None. Size of the token embedding, if it is projected to `hidden_dim`
            and back (the 350M model); None for `hidden_dim`.

    Returns:
        float `[batch, seq, hidden_dim]`, or `[batch, seq, embedding_dim]`.

    Example:
        >>> backbone = nlpkit.models.OPTBackbone(
        ...     vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=32
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = OPTTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("opt",)
    hf_architecture: ClassVar[str] = "OPTModel"
    heads: ClassVar[Heads] = decoder_heads("OPT", token_classifier="", answers="model.")
    hf_prefix: ClassVar[str] = "model."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        dropout: float = 0.1,
        max_sequence_length: int = 2048,
        *,
        activation: str = "relu",
        attention_dropout: float | None = None,
        normalize_first: bool = True,
        use_bias: bool = True,
        embedding_dim: int | None = None,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        norm = NormSpec("layer", 1e-5)
        residual = ResidualSpec(
            pre=norm if normalize_first else None,
            output=None if normalize_first else norm,
            dropout=dropout,
        )
        rate = dropout if attention_dropout is None else attention_dropout
        attention = causal_attention(hidden_dim, num_heads, use_bias=use_bias, dropout=rate)
        feed_forward = FeedForwardSpec(intermediate_dim, activation, gated=False, use_bias=use_bias)
        layer = LayerSpec(attention, residual, feed_forward, residual)
        embedding = EmbeddingSpec(
            vocabulary_size,
            max_sequence_length,
            position_offset=_POSITION_OFFSET,
            token_dim=None if embedding_dim == hidden_dim else embedding_dim,
        )
        last = norm if normalize_first else None
        layers, head = (layer,) * num_layers, HeadSpec(tied=True)
        stack = StackSpec(hidden_dim, embedding, layers, 0.02, final_norm=last, head=head)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    def weight_table(self) -> list[Line]:
        table = _TABLE + (_BIASES if self.use_bias else "")
        table += _FINAL_NORM if self.normalize_first else ""
        is_projected = self.embedding_dim not in (None, self.hidden_dim)
        table += _PROJECTIONS if is_projected else ""
        norm = "pre_norm" if self.normalize_first else "output_norm"
        return expand(table.replace("{norm}", norm), i=range(self.num_layers))

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.require("_remove_final_layer_norm", [False], False)
        reader.require("layer_norm_elementwise_affine", [True], True)
        reader.require("tie_word_embeddings", [True], True)
        reader.ignore("activation_dropout")  # Of the training alone.
        arguments = reader.arguments(_CONFIG)
        width = reader.get("word_embed_proj_dim", arguments["hidden_dim"])
        return {
            **arguments,
            "activation": reader.require("activation_function", _ACTIVATIONS, "relu"),
            "embedding_dim": None if width == arguments["hidden_dim"] else width,
        }

    def to_hf_config(self) -> dict[str, Any]:
        config = config_of(self, _CONFIG)
        if self.attention_dropout is None:
            config["attention_dropout"] = self.dropout
        width = self.hidden_dim if self.embedding_dim is None else self.embedding_dim
        activations = {own: name for name, own in _ACTIVATIONS.items()}
        return {
            **config,
            "word_embed_proj_dim": width,
            "activation_function": activations[self.activation],
        }


class OPTCausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with an `OPTTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = OPTTokenizer


class OPTCausalLM(CausalLM):
    """`CausalLM` on an `OPTBackbone`, with a tied head."""

    backbone_class: ClassVar[type[Backbone]] = OPTBackbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = OPTCausalLMPreprocessor
