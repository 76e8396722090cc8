"""The SentencePiece tokenizers of encoders with BERT's special tokens."""

import os
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.tokenizers.base.special.packing import CLS_SEP, Packing
from nlpkit.tokenizers.sentence_piece.proto import Piece, PieceKind
from nlpkit.tokenizers.sentence_piece.source import ProtoSource
from nlpkit.tokenizers.sentence_piece.tokenizer import SentencePieceTokenizer

# What the classes of transformers replace before all else.
QUOTES = {"``": '"', "''": '"'}
AS_THE_MODEL = {"lowercase": False, "strip_accents": False, "replacements": None}


class ClsSepPieceTokenizer(SentencePieceTokenizer):
    """A `SentencePieceTokenizer` with BERT's special tokens, which it does not add by itself.

    Args:
        proto: path or bytes. The SentencePiece model.
        cls_token: str. Starts every sequence. Default "[CLS]".
        sep_token: str. Ends every segment. Default "[SEP]".
        pad_token: str. Default "<pad>".
        mask_token: str. Default "[MASK]".
        **kwargs: the other arguments of `SentencePieceTokenizer`.
    """

    special_token_names: ClassVar[tuple[str, ...]] = (
        "cls_token",
        "sep_token",
        "pad_token",
        "mask_token",
    )
    packing: ClassVar[Packing] = CLS_SEP
    proto_file: ClassVar[str] = "spiece.model"
    # What transformers does to texts unless its files say otherwise.
    simplifies: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        proto: ProtoSource | None = None,
        *,
        cls_token: str = "[CLS]",
        sep_token: str = "[SEP]",
        pad_token: str = "<pad>",
        mask_token: str = "[MASK]",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cls_token = cls_token
        self.sep_token = sep_token
        self.pad_token = pad_token
        self.mask_token = mask_token
        self.set_proto(proto)

    @classmethod
    def from_files(
        cls, folder: str | os.PathLike[str], config: dict[str, Any], **arguments: Any
    ) -> Self:
        stated: dict[str, Any] = AS_THE_MODEL
        if not FolderFiles.of(folder).has("tokenizer.json"):  # It has these steps itself.
            stated = {
                "lowercase": config.get("do_lower_case", "lowercase" in cls.simplifies),
                "strip_accents": not config.get(
                    "keep_accents", "strip_accents" not in cls.simplifies
                ),
            }
        return super().from_files(folder, config, **{**stated, **arguments})


class ClsSepMaskPieceTokenizer(ClsSepPieceTokenizer):
    """A `ClsSepPieceTokenizer` that adds the mask token, as its last id, to a model without.

    Args:
        proto: path or bytes. The SentencePiece model.
        pad_token: str. Default "[PAD]".
        **kwargs: the other arguments of `ClsSepPieceTokenizer`.
    """

    def __init__(
        self, proto: ProtoSource | None = None, *, pad_token: str = "[PAD]", **kwargs: Any
    ) -> None:
        super().__init__(proto, pad_token=pad_token, **kwargs)

    def _arrange(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        mask = Piece(self.mask_token, kind=PieceKind.CONTROL)
        return pieces if any(piece.text == mask.text for piece in pieces) else [*pieces, mask]
