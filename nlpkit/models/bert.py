"""BERT (Devlin et al., 2018, https://arxiv.org/abs/1810.04805)."""

from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.activations import ACTIVATIONS, NAMES
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.spec import (
    AttentionSpec,
    EmbeddingSpec,
    FeedForwardSpec,
    LayerSpec,
    NormSpec,
    ResidualSpec,
    StackSpec,
)
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader, config_of
from nlpkit.presets.layouts.kerashub.decoder import PLAIN
from nlpkit.presets.layouts.kerashub.encoder import WORD_PIECES, encoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.mapping.weight_table import Line, parse
from nlpkit.tasks.masked_lm import MaskedLM
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.base.vocabulary import VocabularySource
from nlpkit.tokenizers.word_piece.tokenizer import WordPieceTokenizer

_CONFIG = {
    "vocabulary_size": ("vocab_size", 30522),
    "num_layers": ("num_hidden_layers", 12),
    "num_heads": ("num_attention_heads", 12),
    "hidden_dim": ("hidden_size", 768),
    "intermediate_dim": ("intermediate_size", 3072),
    "dropout": ("hidden_dropout_prob", 0.1),
    "max_sequence_length": ("max_position_embeddings", 512),
    "num_segments": ("type_vocab_size", 2),
    "attention_dropout": ("attention_probs_dropout_prob", 0.1),
    "layer_norm_epsilon": ("layer_norm_eps", 1e-12),
}
_EMBEDDINGS = """
token_embedding/embeddings <- embeddings.word_embeddings.weight
position_embedding/embeddings <- embeddings.position_embeddings.weight
segment_embedding/embeddings <- embeddings.token_type_embeddings.weight
embeddings_norm/gamma <- embeddings.LayerNorm.weight ; also spelled gamma=weight
embeddings_norm/beta <- embeddings.LayerNorm.bias ; also spelled beta=bias
pooled_dense/kernel <- pooler.dense.weight | transpose ; optional
pooled_dense/bias <- pooler.dense.bias ; optional
<- embeddings.position_ids ; buffer
<- qa_outputs.* ; other head
"""
_LAYER = """
attention/query/kernel <- attention.self.query.weight | transpose
attention/query/bias <- attention.self.query.bias
attention/key/kernel <- attention.self.key.weight | transpose
attention/key/bias <- attention.self.key.bias
attention/value/kernel <- attention.self.value.weight | transpose
attention/value/bias <- attention.self.value.bias
attention/output/kernel <- attention.output.dense.weight | transpose
attention/output/bias <- attention.output.dense.bias
attention_residual/output_norm/gamma <- attention.output.LayerNorm.weight ; also spelled gamma=weight
attention_residual/output_norm/beta <- attention.output.LayerNorm.bias ; also spelled beta=bias
feed_forward/intermediate/kernel <- intermediate.dense.weight | transpose
feed_forward/intermediate/bias <- intermediate.dense.bias
feed_forward/output/kernel <- output.dense.weight | transpose
feed_forward/output/bias <- output.dense.bias
feed_forward_residual/output_norm/gamma <- output.LayerNorm.weight ; also spelled gamma=weight
feed_forward_residual/output_norm/beta <- output.LayerNorm.bias ; also spelled beta=bias
"""
_MASKED_LM_HEAD = """
masked_lm_head/dense/kernel <- cls.predictions.transform.dense.weight | transpose
masked_lm_head/dense/bias <- cls.predictions.transform.dense.bias
masked_lm_head/layer_norm/gamma <- cls.predictions.transform.LayerNorm.weight ; also spelled gamma=weight
masked_lm_head/layer_norm/beta <- cls.predictions.transform.LayerNorm.bias ; also spelled beta=bias
masked_lm_head/output_bias <- cls.predictions.bias
masked_lm_head/output_bias <- cls.predictions.decoder.bias ; tied
backbone/token_embedding/embeddings <- cls.predictions.decoder.weight ; tied
<- cls.seq_relationship.* ; other head
"""
_CLASSIFIER_HEAD = """
logits/kernel <- classifier.weight | transpose
logits/bias <- classifier.bias
"""
_KERASHUB_EMBEDDINGS = """
token_embedding/embeddings <- layers/reversible_embedding/0
position_embedding/embeddings <- layers/position_embedding/0
segment_embedding/embeddings <- layers/embedding/0
embeddings_norm/gamma <- layers/layer_normalization/0
embeddings_norm/beta <- layers/layer_normalization/1
pooled_dense/kernel <- layers/dense/0
pooled_dense/bias <- layers/dense/1
"""
_KERASHUB = encoder(
    "Bert",
    WORD_PIECES,
    arguments=(*PLAIN, "max_sequence_length", "num_segments"),
    lines=_KERASHUB_EMBEDDINGS,
    fixed={"activation": "gelu_tanh", "layer_norm_epsilon": 1e-12},
    masked_lm={"head_activation": "gelu", "head_layer_norm_epsilon": 1e-5},
)


class BertTokenizer(WordPieceTokenizer):
    """Split text into BERT's word pieces: a `WordPieceTokenizer` with BERT's special tokens.

    Each must be in the vocabulary; `cls_token_id` and so on are their ids.

    Args:
        vocabulary: str, path or list of str. The word pieces, or a file with one per line.
        lowercase: bool. Whether text is lowercased (the "uncased" checkpoints). Default False.
        strip_accents: bool or None. Whether accents are removed; None for the value of `lowercase`,
            as in BERT. Default None.
        cls_token: str. Starts every sequence. Default "[CLS]".
        sep_token: str. Ends every segment. Default "[SEP]".
        pad_token: str. Pads shorter sequences. Default "[PAD]".
        mask_token: str. Replaces masked tokens. Default "[MASK]".
        **kwargs: the other arguments of `WordPieceTokenizer`; `oov_token` is BERT's `unk_token`.

    Example:
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "qu", "##ick", "fox"]
        >>> tokenizer = nlpkit.models.BertTokenizer(vocabulary, lowercase=True)
        >>> tokenizer("The quick fox")
        [5, 6, 7, 8]
        >>> tokenizer.cls_token_id
        2
    """

    special_token_names: ClassVar[tuple[str, ...]] = (
        "cls_token",
        "sep_token",
        "pad_token",
        "mask_token",
        "unk_token",
    )

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        lowercase: bool = False,
        strip_accents: bool | None = None,
        *,
        cls_token: str = "[CLS]",
        sep_token: str = "[SEP]",
        pad_token: str = "[PAD]",
        mask_token: str = "[MASK]",
        **kwargs: Any,
    ) -> None:
        super().__init__(lowercase=lowercase, strip_accents=strip_accents, **kwargs)
        self.cls_token = cls_token
        self.sep_token = sep_token
        self.pad_token = pad_token
        self.mask_token = mask_token
        self.set_vocabulary(vocabulary)


class BertBackbone(Backbone):
    """BERT's encoder.

    Args:
        dropout: float in [0, 1). Dropout rate of the embeddings, the attention weights and the
            output of each sub-layer.
        max_sequence_length: int. Number of learned positions: the maximum sequence length.
        num_segments: int. Number of segment ids (token types).
        activation: str. "gelu", the exact form, as in the original; "gelu_tanh" for weights trained
            with the approximation (KerasHub's).
        attention_dropout: float or None. Dropout rate of the attention weights; None for `dropout`.

    Call arguments:
        inputs: dict of `token_ids` (int), `padding_mask` (bool, True = real token), `segment_ids`
            (int), and optionally `positions` and `sequence_ids` (int), all `[batch, seq]`.

    Returns:
        dict of `sequence_output` `[batch, seq, hidden_dim]` and `pooled_output`
        `[batch, hidden_dim]`, a dense tanh layer on the first token.

    Example:
        >>> backbone = nlpkit.models.BertBackbone(
        ...     vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16
        ... )
        >>> tuple(backbone([[5, 2, 7]])["pooled_output"].shape)
        (1, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = BertTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("bert",)
    hf_architecture: ClassVar[str] = "BertModel"
    hf_prefix: ClassVar[str] = "bert."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)
    cls_token_index: ClassVar[int] = 0

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        dropout: float = 0.1,
        max_sequence_length: int = 512,
        num_segments: int = 2,
        *,
        activation: str = "gelu",
        attention_dropout: float | None = None,
        layer_norm_epsilon: float = 1e-12,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        if hidden_dim % num_heads:
            raise ValueError(
                f"num_heads must divide hidden_dim; got num_heads={num_heads}, "
                f"hidden_dim={hidden_dim}."
            )
        norm = NormSpec("layer", layer_norm_epsilon)
        residual = ResidualSpec(output=norm, dropout=dropout)
        layer = LayerSpec(
            attention=AttentionSpec(
                num_heads=num_heads,
                num_key_value_heads=num_heads,
                head_dim=hidden_dim // num_heads,
                scale=(hidden_dim // num_heads) ** -0.5,
                input_bias=True,
                output_bias=True,
                causal=False,
                dropout=dropout if attention_dropout is None else attention_dropout,
            ),
            attention_residual=residual,
            feed_forward=FeedForwardSpec(intermediate_dim, activation, gated=False, use_bias=True),
            feed_forward_residual=residual,
        )
        embedding = EmbeddingSpec(
            vocabulary_size, max_sequence_length, num_segments, norm=norm, dropout=dropout
        )
        stack = StackSpec(
            hidden_dim, embedding, (layer,) * num_layers, 0.02, pooler_activation="tanh"
        )
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    def weight_table(self) -> list[Line]:
        layers = [
            line.within(f"transformer_layer_{i}/", f"encoder.layer.{i}.")
            for i in range(self.num_layers)
            for line in parse(_LAYER)
        ]
        return parse(_EMBEDDINGS) + layers

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.require("position_embedding_type", ["absolute"], "absolute")
        reader.ignore("tie_word_embeddings")  # The table's tied lines compare the tensors.
        arguments = reader.arguments(_CONFIG)
        return {**arguments, "activation": reader.require("hidden_act", ACTIVATIONS, "gelu")}

    def to_hf_config(self) -> dict[str, Any]:
        config = config_of(self, _CONFIG)
        if self.attention_dropout is None:
            config["attention_probs_dropout_prob"] = self.dropout
        return {**config, "hidden_act": NAMES[self.activation]}


class BertPreprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with a `BertTokenizer`: `[CLS] a [SEP]`, or with `b [SEP]`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = BertTokenizer


class BertMaskedLMPreprocessor(MaskedLMPreprocessor):
    """`MaskedLMPreprocessor` with a `BertTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = BertTokenizer


class BertClassifier(TextClassifier):
    """`TextClassifier` on a `BertBackbone`."""

    backbone_class: ClassVar[type[Backbone]] = BertBackbone
    preprocessor_class: ClassVar[type[TextClassifierPreprocessor]] = BertPreprocessor
    hf_architecture: ClassVar[str] = "BertForSequenceClassification"
    head_lines: ClassVar[str] = _CLASSIFIER_HEAD


class BertMaskedLM(MaskedLM):
    """`MaskedLM` on a `BertBackbone`, with BERT's head: dense, layer norm, tied projection."""

    backbone_class: ClassVar[type[Backbone]] = BertBackbone
    preprocessor_class: ClassVar[type[MaskedLMPreprocessor]] = BertMaskedLMPreprocessor
    hf_architecture: ClassVar[str] = "BertForMaskedLM"
    hf_other_architectures: ClassVar[tuple[str, ...]] = ("BertForPreTraining",)
    head_lines: ClassVar[str] = _MASKED_LM_HEAD


# KerasHub's other names of the same classes.
BertTextClassifier = BertClassifier
BertTextClassifierPreprocessor = BertPreprocessor
