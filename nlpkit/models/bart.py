"""BART (Lewis et al., 2019, https://arxiv.org/abs/1910.13461)."""

from typing import ClassVar

from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, HeadTable
from nlpkit.backbones.shared.bart_like import LM_HEAD, BartLikeBackbone
from nlpkit.preprocessors.seq2seq_lm_preprocessor import Seq2SeqLMPreprocessor
from nlpkit.presets.layouts.kerashub.decoder import PLAIN, byte_pairs
from nlpkit.presets.layouts.kerashub.encoder_decoder import encoder_decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.tasks.seq2seq_lm import Seq2SeqLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.family_tokenizers import StartEndMaskTokenizer

_KERASHUB_EMBEDDINGS = """
token_embedding/embeddings <- layers/reversible_embedding/0
encoder_position_embedding/embeddings <- layers/position_embedding/0 | after 2 rows
encoder_embeddings_norm/gamma <- layers/layer_normalization/0
encoder_embeddings_norm/beta <- layers/layer_normalization/1
decoder_position_embedding/embeddings <- layers/position_embedding_1/0 | after 2 rows
decoder_embeddings_norm/gamma <- layers/layer_normalization_1/0
decoder_embeddings_norm/beta <- layers/layer_normalization_1/1
"""


class BartTokenizer(StartEndMaskTokenizer):
    """Split text into BART's byte pairs, which are GPT-2's; see `StartEndMaskTokenizer`.

    Example:
        >>> vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "<mask>": 3, "a": 4, "Ġ": 5, "b": 6}
        >>> tokenizer = nlpkit.models.BartTokenizer(vocabulary, [])
        >>> tokenizer("a b")
        [4, 5, 6]
    """


class BartBackbone(BartLikeBackbone):
    """BART's encoder and decoder.

    Args:
        num_layers: int. Number of layers of the encoder.
        num_heads: int. Number of attention heads of the encoder; must divide `hidden_dim`.
        intermediate_dim: int. Intermediate size of the encoder's feed-forward layers.
        dropout: float in [0, 1). Dropout rate of the embeddings, the output of each sub-layer, and
            the attention weights unless given.
        max_sequence_length: int. Maximum length of a source, and of a target; the position
            embeddings have two rows more.
        attention_dropout: float or None. Dropout rate of the attention weights; None for `dropout`.
        activation_dropout: float in [0, 1). Dropout rate within the feed-forward layers.
        scale_embeddings: bool. Whether token embeddings are multiplied by `hidden_dim ** 0.5`.
        num_decoder_layers, num_decoder_heads, decoder_intermediate_dim: int or None. The sizes of
            the decoder; None for the encoder's.

    Example:
        >>> backbone = nlpkit.models.BartBackbone(
        ...     vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16
        ... )
        >>> features = backbone({"encoder_token_ids": [[0, 5, 2]], "decoder_token_ids": [[2, 0]]})
        >>> tuple(features["decoder_sequence_output"].shape)
        (1, 2, 8)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = BartTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("bart",)
    hf_architecture: ClassVar[str] = "BartModel"
    # What is published without a head has the tied one all the same.
    heads: ClassVar[Heads] = {
        "Seq2SeqLM": HeadTable("BartForConditionalGeneration", LM_HEAD, ("BartModel",))
    }
    kerashub: ClassVar[tuple[Family, ...]] = (
        encoder_decoder(
            "Bart",
            byte_pairs("<s>", "<pad>", "</s>", "<mask>"),
            arguments=(*PLAIN, "max_sequence_length"),
            lines=_KERASHUB_EMBEDDINGS,
        ),
    )


class BartSeq2SeqLMPreprocessor(Seq2SeqLMPreprocessor):
    """`Seq2SeqLMPreprocessor` with a `BartTokenizer`: `<s> a </s>`, and `</s> <s> b </s>`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = BartTokenizer
    decoder_start: ClassVar[tuple[str, ...]] = ("end_token", "start_token")


class BartSeq2SeqLM(Seq2SeqLM):
    """`Seq2SeqLM` on a `BartBackbone`, with a tied head."""

    backbone_class: ClassVar[type[Backbone]] = BartBackbone
    preprocessor_class: ClassVar[type[Seq2SeqLMPreprocessor]] = BartSeq2SeqLMPreprocessor
