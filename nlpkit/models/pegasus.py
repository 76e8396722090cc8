"""Pegasus (Zhang et al., 2019, https://arxiv.org/abs/1912.08777)."""

from collections.abc import Sequence
from typing import Any, ClassVar

from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, HeadTable
from nlpkit.backbones.shared.bart_like import LM_HEAD, BartLikeBackbone
from nlpkit.preprocessors.seq2seq_lm_preprocessor import Seq2SeqLMPreprocessor
from nlpkit.tasks.seq2seq_lm import Seq2SeqLM
from nlpkit.tokenizers.base.special.packing import ENDED, Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.sentence_piece.proto import Piece, PieceKind
from nlpkit.tokenizers.sentence_piece.source import ProtoSource
from nlpkit.tokenizers.sentence_piece.tokenizer import SentencePieceTokenizer


class PegasusTokenizer(SentencePieceTokenizer):
    """Split text into Pegasus' pieces: a SentencePiece model, with tokens of its pretraining.

    Those are "<mask_1>", for sentences that are left out, the mask token, and "<unk_2>", …, which
    have the ids after the model's first two pieces, unless the model has them.

    Args:
        proto: path or bytes. The SentencePiece model.
        end_token: str. Default "</s>".
        pad_token: str. Starts the decoder's texts, too. Default "<pad>".
        mask_token: str. Default "<mask_2>".
        offset: int. Number of these tokens. Default 103.
        **kwargs: the other arguments of `SentencePieceTokenizer`.

    Example:
        >>> proto = nlpkit.tokenizers.compute_sentence_piece_proto(["the quick brown fox"], 20)
        >>> tokenizer = nlpkit.models.PegasusTokenizer(proto)
        >>> tokenizer.mask_token_id, tokenizer.id_to_token(104)
        (3, '<unk_102>')
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("end_token", "pad_token", "mask_token")
    packing: ClassVar[Packing | None] = ENDED
    proto_file: ClassVar[str] = "spiece.model"

    def __init__(
        self,
        proto: ProtoSource | None = None,
        *,
        end_token: str = "</s>",
        pad_token: str = "<pad>",
        mask_token: str = "<mask_2>",
        offset: int = 103,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.end_token = end_token
        self.pad_token = pad_token
        self.mask_token = mask_token
        self.offset = offset
        self.set_proto(proto)

    def _arrange(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        if any(piece.text == self.mask_token for piece in pieces):
            return pieces
        names = ("<mask_1>", self.mask_token, *(f"<unk_{i}>" for i in range(2, self.offset)))
        added = [Piece(name, kind=PieceKind.CONTROL) for name in names[: self.offset]]
        return [*pieces[:2], *added, *pieces[2:]]


class PegasusBackbone(BartLikeBackbone):
    """Pegasus' encoder and decoder: BART's, normalized first, with fixed positions.

    Args:
        max_sequence_length: int. Maximum length of a source, and of a target.
    """

    normalizes_first: ClassVar[bool] = True
    learns_positions: ClassVar[bool] = False
    tokenizer_class: ClassVar[type[Tokenizer]] = PegasusTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("pegasus",)
    hf_architecture: ClassVar[str] = "PegasusModel"
    heads: ClassVar[Heads] = {
        "Seq2SeqLM": HeadTable("PegasusForConditionalGeneration", LM_HEAD, ("PegasusModel",))
    }


class PegasusSeq2SeqLMPreprocessor(Seq2SeqLMPreprocessor):
    """`Seq2SeqLMPreprocessor` with a `PegasusTokenizer`: `a </s>`, and `<pad> b </s>`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = PegasusTokenizer


class PegasusSeq2SeqLM(Seq2SeqLM):
    """`Seq2SeqLM` on a `PegasusBackbone`, with a tied head."""

    backbone_class: ClassVar[type[Backbone]] = PegasusBackbone
    preprocessor_class: ClassVar[type[Seq2SeqLMPreprocessor]] = PegasusSeq2SeqLMPreprocessor
