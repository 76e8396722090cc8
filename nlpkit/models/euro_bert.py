"""EuroBERT (Boizard et al., 2025, https://arxiv.org/abs/2503.05500)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, HeadTable
from nlpkit.backbones.shared import bert_like, llama_like
from nlpkit.backbones.spec import ClassifierHeadSpec, FeedForwardSpec, MaskedLMHeadSpec, NormSpec
from nlpkit.layers.preprocessing.preprocessing_layer import check_choice
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.masked_lm import MaskedLM
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.base.special.packing import Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.family_tokenizers import StartEndMaskTokenizer
from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource

_PAD_ID = 128001
_POOLINGS = {"bos": "first", "mean": "mean", "late": "late"}
_CLASSIFIER = """
pooled_dense/kernel <- dense.weight | transpose
pooled_dense/bias <- dense.bias
logits/kernel <- classifier.weight | transpose
logits/bias <- classifier.bias
"""
_TIED = """
backbone/token_embedding/embeddings <- lm_head.weight ; tied
"""
_UNTIED = """
masked_lm_head/token_embedding/embeddings <- lm_head.weight
"""


def _head(kind: str, text: str, **further: Any) -> HeadTable:
    return HeadTable(kind and f"EuroBertFor{kind}", text, **further)


class EuroBertTokenizer(StartEndMaskTokenizer):
    """Split text into EuroBERT's byte pairs, which are Llama 3's.

    Arguments as `StartEndMaskTokenizer`, with other defaults.

    Args:
        start_token: str. Starts every sequence. Default "<|begin_of_text|>".
        end_token: str. Ends every segment. Default "<|end_of_text|>".
        pad_token: str. Default "<|end_of_text|>".
        mask_token: str. Default "<|mask|>".
        split_pattern: str. Default "llama3".
        ignore_merges: bool or None. Default True.

    Example:
        >>> special = {"<|begin_of_text|>": 0, "<|end_of_text|>": 1, "<|mask|>": 2}
        >>> tokenizer = nlpkit.models.EuroBertTokenizer({**special, "a": 3, "b": 4, "ab": 5}, [])
        >>> tokenizer("ab")
        [5]
    """

    packing: ClassVar[Packing | None] = Packing(("start_token",), ("end_token",), ("end_token",))

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        *,
        start_token: str = "<|begin_of_text|>",
        end_token: str = "<|end_of_text|>",
        pad_token: str = "<|end_of_text|>",
        mask_token: str = "<|mask|>",
        split_pattern: str = "llama3",
        ignore_merges: bool | None = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            vocabulary,
            merges,
            start_token=start_token,
            end_token=end_token,
            pad_token=pad_token,
            mask_token=mask_token,
            split_pattern=split_pattern,
            ignore_merges=ignore_merges,
            **kwargs,
        )


class EuroBertBackbone(Backbone):
    """EuroBERT's encoder: Llama's layers, in which tokens attend to later ones, too.

    Args:
        head_dim: int or None. Size of each head; None for `hidden_dim / num_query_heads`.
        tie_word_embeddings: bool. Whether masked tokens are predicted by the token embedding,
            rather than by a matrix of the head's own.
        classifier_pooling: str. What heads for whole texts take: the "first" token, the "mean" of
            all, or "late": the mean of what the head's dense layer makes of each.

    Example:
        >>> backbone = nlpkit.models.EuroBertBackbone(
        ...     vocabulary_size=100, num_layers=2, num_query_heads=4, num_key_value_heads=2,
        ...     hidden_dim=16, intermediate_dim=32,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = EuroBertTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("eurobert",)
    hf_architecture: ClassVar[str] = "EuroBertModel"
    hf_prefix: ClassVar[str] = "model."
    heads: ClassVar[Heads] = {
        "TextClassifier": _head(
            "SequenceClassification", _CLASSIFIER, dropout=("classifier_dropout", 0.0)
        ),
        "TokenClassifier": _head(
            "TokenClassification", bert_like.CLASSIFIER, dropout=("classifier_dropout", 0.0)
        ),
        "QuestionAnswerer": _head("", bert_like.QUESTION_ANSWERER),
        "MaskedLM": _head("MaskedLM", _TIED, variant=("tie_word_embeddings", _UNTIED)),
    }

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_query_heads: int,
        num_key_value_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        *,
        head_dim: int | None = None,
        rope_max_wavelength: float = 10_000.0,
        rope_scaling: Mapping[str, Any] | None = None,
        layer_norm_epsilon: float = 1e-5,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        attention_bias: bool = False,
        activation: str = "silu",
        tie_word_embeddings: bool = False,
        max_sequence_length: int = 8192,
        classifier_pooling: str = "late",
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        check_choice("classifier_pooling", classifier_pooling, tuple(_POOLINGS.values()))
        norm = NormSpec("rms", layer_norm_epsilon)
        attention = llama_like.attention(
            hidden_dim=hidden_dim,
            num_query_heads=num_query_heads,
            num_key_value_heads=num_key_value_heads,
            head_dim=head_dim,
            rope_max_wavelength=rope_max_wavelength,
            rope_scaling=rope_scaling,
            bias=attention_bias,
            causal=False,
            dropout=attention_dropout,
        )
        feed_forward = FeedForwardSpec(intermediate_dim, activation, gated=True, use_bias=False)
        layers = [llama_like.layer(attention, feed_forward, norm, dropout)] * num_layers
        stack = llama_like.stack(vocabulary_size, hidden_dim, layers, norm, tied=None)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    @property
    def classifier_head(self) -> ClassifierHeadSpec:
        is_late = self.classifier_pooling == "late"
        pooling = "mean" if is_late else self.classifier_pooling
        return ClassifierHeadSpec(pooling, "gelu", pools_last=is_late)

    @property
    def masked_lm_head(self) -> MaskedLMHeadSpec:
        return MaskedLMHeadSpec(tied=self.tie_word_embeddings, output_bias=False)

    def weight_table(self) -> list[Line]:
        return llama_like.table(self.num_layers, bias=self.attention_bias)

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        # Its published configurations have an older name for the pooling.
        reader.alias(clf_pooling="classifier_pooling")
        return {
            **llama_like.read(reader, max_sequence_length=8192, layer_norm_epsilon=1e-5),
            "attention_bias": reader.get("attention_bias", False),
            "classifier_pooling": reader.require("classifier_pooling", _POOLINGS, "late"),
        }

    def to_hf_config(self) -> dict[str, Any]:
        poolings = {own: name for name, own in _POOLINGS.items()}
        # transformers has no embedding without the token that its default pads with.
        is_small = self.vocabulary_size <= _PAD_ID and "pad_token_id" not in self.carried.config
        return {
            **llama_like.write(self, self.rope_scaling),
            **({"pad_token_id": None} if is_small else {}),
            "attention_bias": self.attention_bias,
            "classifier_pooling": poolings[self.classifier_pooling],
        }


class EuroBertPreprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with an `EuroBertTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = EuroBertTokenizer


class EuroBertMaskedLMPreprocessor(MaskedLMPreprocessor):
    """`MaskedLMPreprocessor` with an `EuroBertTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = EuroBertTokenizer


class EuroBertClassifier(TextClassifier):
    """`TextClassifier` on an `EuroBertBackbone`: dense and pooling or the reverse, then logits."""

    backbone_class: ClassVar[type[Backbone]] = EuroBertBackbone
    preprocessor_class: ClassVar[type[TextClassifierPreprocessor]] = EuroBertPreprocessor


class EuroBertMaskedLM(MaskedLM):
    """`MaskedLM` on an `EuroBertBackbone`: a projection alone."""

    backbone_class: ClassVar[type[Backbone]] = EuroBertBackbone
    preprocessor_class: ClassVar[type[MaskedLMPreprocessor]] = EuroBertMaskedLMPreprocessor


# As KerasHub names classes of other families.
EuroBertTextClassifier = EuroBertClassifier
EuroBertTextClassifierPreprocessor = EuroBertPreprocessor
