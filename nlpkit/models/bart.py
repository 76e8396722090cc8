"""BART (Lewis et al., 2019, 1910.13461), mBART (Liu et al., 2020, 2001.08210), mBART-50."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, HeadTable, encoder_decoder_heads
from nlpkit.backbones.shared.bart_like import LM_HEAD, BartLikeBackbone
from nlpkit.backbones.spec import ClassifierHeadSpec
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.preprocessors.seq2seq_lm_preprocessor import Seq2SeqLMPreprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.folders.store import TOKENIZER_CONFIG
from nlpkit.presets.layouts.kerashub.decoder import PLAIN, byte_pairs
from nlpkit.presets.layouts.kerashub.encoder_decoder import encoder_decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.tasks.seq2seq_lm import Seq2SeqLM
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.base.special.packing import START_END, Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.family_tokenizers import StartEndMaskTokenizer
from nlpkit.tokenizers.sentence_piece.proto import Piece
from nlpkit.tokenizers.sentence_piece.source import ProtoSource
from nlpkit.tokenizers.sentence_piece.start_end_tokenizer import (
    StartEndMaskPieceTokenizer,
    fairseq_pieces,
)

_KERASHUB_EMBEDDINGS = """
token_embedding/embeddings <- layers/reversible_embedding/0
encoder_position_embedding/embeddings <- layers/position_embedding/0 | after 2 rows
encoder_embeddings_norm/gamma <- layers/layer_normalization/0
encoder_embeddings_norm/beta <- layers/layer_normalization/1
decoder_position_embedding/embeddings <- layers/position_embedding_1/0 | after 2 rows
decoder_embeddings_norm/gamma <- layers/layer_normalization_1/0
decoder_embeddings_norm/beta <- layers/layer_normalization_1/1
"""


_LANGUAGES = """
    ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR lt_LT lv_LV
    my_MM ne_NP nl_XX ro_RO ru_RU si_LK tr_TR vi_VN zh_CN
"""
_MORE_LANGUAGES = """
    af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN pl_PL ps_AF pt_XX
    sv_SE sw_KE ta_IN te_IN th_TH tl_XX uk_UA ur_PK xh_ZA gl_ES sl_SI
"""


class BartTokenizer(StartEndMaskTokenizer):
    """Split text into BART's byte pairs, which are GPT-2's; see `StartEndMaskTokenizer`.

    Example:
        >>> vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "<mask>": 3, "a": 4, "Ġ": 5, "b": 6}
        >>> tokenizer = nlpkit.models.BartTokenizer(vocabulary, [])
        >>> tokenizer("a b")
        [4, 5, 6]
    """

    packing: ClassVar[Packing | None] = replace(START_END, target=("end_token", "start_token"))


class MBartTokenizer(StartEndMaskPieceTokenizer):
    """Split text into mBART's pieces, which are XLM-RoBERTa's, with tokens for languages.

    A SentencePiece model without "<mask>" gets the ids of the published checkpoints: "<s>",
    "<pad>", "</s>" and "<unk>" first, the languages and "<mask>" last. A source is
    `a </s> en_XX`, a target `ro_RO b </s>`.

    Args:
        source_language, target_language: str. The tokens of their languages. Default "en_XX".
        languages: list of str or None. The tokens of all languages, in the order of their ids; None
            for those of the published checkpoints.
        **kwargs: the arguments of `StartEndMaskPieceTokenizer`.

    Example:
        >>> proto = nlpkit.tokenizers.compute_sentence_piece_proto(["the quick brown fox"], 20)
        >>> tokenizer = nlpkit.models.MBartTokenizer(proto, target_language="ro_RO")
        >>> tokenizer.id_to_token(tokenizer.target_language_id)
        'ro_RO'
    """

    special_token_names: ClassVar[tuple[str, ...]] = (
        *StartEndMaskPieceTokenizer.special_token_names,
        "source_language",
        "target_language",
    )
    packing: ClassVar[Packing | None] = Packing(
        end=("end_token", "source_language"), target=("target_language",)
    )
    proto_file: ClassVar[str] = "sentencepiece.bpe.model"
    published_languages: ClassVar[str] = _LANGUAGES

    def __init__(
        self,
        proto: ProtoSource | None = None,
        *,
        source_language: str = "en_XX",
        target_language: str = "en_XX",
        languages: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source_language = source_language
        self.target_language = target_language
        self.languages = languages
        self.set_proto(proto)

    @classmethod
    def from_files(
        cls, folder: str | os.PathLike[str], config: dict[str, Any], **arguments: Any
    ) -> Self:
        names = {"source_language": "src_lang", "target_language": "tgt_lang"}
        stated = {own: config[name] for own, name in names.items() if config.get(name)}
        return super().from_files(folder, config, **{**stated, **arguments})

    def _arrange(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        languages = self.languages or self.published_languages.split()
        return fairseq_pieces(pieces, (*languages, self.mask_token))


class MBart50Tokenizer(MBartTokenizer):
    """Split text into the pieces of mBART-50 (Tang et al., 2020, arXiv:2008.00401).

    It is `MBartTokenizer` with more languages, which stand first: a source is `en_XX a </s>`, a
    target `</s> ro_RO b </s>`.
    """

    packing: ClassVar[Packing | None] = Packing(
        ("source_language",), (), ("end_token",), target=("end_token", "target_language")
    )
    published_languages: ClassVar[str] = _LANGUAGES + _MORE_LANGUAGES


class BartBackbone(BartLikeBackbone):
    """BART's encoder and decoder.

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
        "Seq2SeqLM": HeadTable("BartForConditionalGeneration", LM_HEAD, ("BartModel",)),
        **encoder_decoder_heads("Bart"),
    }
    kerashub: ClassVar[tuple[Family, ...]] = (
        encoder_decoder(
            "Bart",
            byte_pairs("<s>", "<pad>", "</s>", "<mask>"),
            arguments=(*PLAIN, "max_sequence_length"),
            lines=_KERASHUB_EMBEDDINGS,
        ),
    )


class MBartBackbone(BartLikeBackbone):
    """mBART's encoder and decoder: BART's, normalized first."""

    normalizes_first: ClassVar[bool] = True
    tokenizer_class: ClassVar[type[Tokenizer]] = MBartTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("mbart",)
    hf_architecture: ClassVar[str] = "MBartModel"
    heads: ClassVar[Heads] = {
        "Seq2SeqLM": HeadTable("MBartForConditionalGeneration", LM_HEAD, ("MBartModel",)),
        **encoder_decoder_heads("MBart"),
    }

    @property
    def classifier_head(self) -> ClassifierHeadSpec:
        """The head of BART, on the last "</s>", which a language may follow."""
        return replace(super().classifier_head, token_id=2)

    @classmethod
    def hf_tokenizer_class(cls, folder: FolderFiles) -> type[Tokenizer]:
        """The class of a folder's tokenizer: that of mBART-50 if it is said to be."""
        config = folder.json(TOKENIZER_CONFIG) if folder.has(TOKENIZER_CONFIG) else {}
        is_50 = str(config.get("tokenizer_class")).startswith(MBart50Tokenizer.__name__)
        return MBart50Tokenizer if is_50 else MBartTokenizer


class BartSeq2SeqLMPreprocessor(Seq2SeqLMPreprocessor):
    """`Seq2SeqLMPreprocessor` with a `BartTokenizer`: `<s> a </s>`, and `</s> <s> b </s>`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = BartTokenizer


class BartSeq2SeqLM(Seq2SeqLM):
    """`Seq2SeqLM` on a `BartBackbone`, with a tied head."""

    backbone_class: ClassVar[type[Backbone]] = BartBackbone
    preprocessor_class: ClassVar[type[Seq2SeqLMPreprocessor]] = BartSeq2SeqLMPreprocessor


class BartTextClassifierPreprocessor(TextClassifierPreprocessor):
    """`TextClassifierPreprocessor` with a `BartTokenizer`: `<s> a </s></s> b </s>`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = BartTokenizer


class BartTextClassifier(TextClassifier):
    """`TextClassifier` on the last state of a `BartBackbone`'s decoder, which reads the text, too."""

    backbone_class: ClassVar[type[Backbone]] = BartBackbone
    preprocessor_class: ClassVar[type[Preprocessor] | None] = BartTextClassifierPreprocessor


class MBartSeq2SeqLMPreprocessor(Seq2SeqLMPreprocessor):
    """`Seq2SeqLMPreprocessor` with an `MBartTokenizer` or `MBart50Tokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = MBartTokenizer


class MBartSeq2SeqLM(Seq2SeqLM):
    """`Seq2SeqLM` on an `MBartBackbone`, with a tied head."""

    backbone_class: ClassVar[type[Backbone]] = MBartBackbone
    preprocessor_class: ClassVar[type[Seq2SeqLMPreprocessor]] = MBartSeq2SeqLMPreprocessor
