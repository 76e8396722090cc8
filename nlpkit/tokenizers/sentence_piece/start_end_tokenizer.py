"""The SentencePiece tokenizers of decoders, with start, end and padding tokens."""

import os
from collections.abc import Sequence
from typing import Any, ClassVar, Self

from nlpkit.tokenizers.base.special.packing import START_END, Packing
from nlpkit.tokenizers.sentence_piece.proto import Piece, PieceKind
from nlpkit.tokenizers.sentence_piece.source import ProtoSource
from nlpkit.tokenizers.sentence_piece.tokenizer import SentencePieceTokenizer


class StartEndPieceTokenizer(SentencePieceTokenizer):
    """A `SentencePieceTokenizer` with start and end tokens, which it does not add by itself.

    Args:
        proto: path or bytes. The SentencePiece model.
        start_token: str. Default "<s>".
        end_token: str. Default "</s>".
        **kwargs: the other arguments of `SentencePieceTokenizer`.
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("start_token", "end_token")
    packing: ClassVar[Packing | None] = Packing(("start_token",))

    def __init__(
        self,
        proto: ProtoSource | None = None,
        *,
        start_token: str = "<s>",
        end_token: str = "</s>",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.start_token = start_token
        self.end_token = end_token
        self.set_proto(proto)

    @classmethod
    def from_files(
        cls, folder: str | os.PathLike[str], config: dict[str, Any], **arguments: Any
    ) -> Self:
        # Adding them is up to the preprocessor, whatever the folder says.
        affixes = {"add_bos": False, "add_eos": False}
        return super().from_files(folder, config, **{**affixes, **arguments})


class StartEndPadPieceTokenizer(StartEndPieceTokenizer):
    """A `StartEndPieceTokenizer` with a padding token.

    Args:
        proto: path or bytes. The SentencePiece model.
        start_token: str. Default "<bos>".
        end_token: str. Default "<eos>".
        pad_token: str. Default "<pad>".
        **kwargs: the other arguments of `SentencePieceTokenizer`.
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("start_token", "end_token", "pad_token")

    def __init__(
        self,
        proto: ProtoSource | None = None,
        *,
        start_token: str = "<bos>",
        end_token: str = "<eos>",
        pad_token: str = "<pad>",
        **kwargs: Any,
    ) -> None:
        super().__init__(start_token=start_token, end_token=end_token, **kwargs)
        self.pad_token = pad_token
        self.set_proto(proto)


class StartEndMaskPieceTokenizer(StartEndPieceTokenizer):
    """A `StartEndPieceTokenizer` with padding and mask tokens.

    Args:
        proto: path or bytes. The SentencePiece model.
        start_token: str. Starts every sequence. Default "<s>".
        end_token: str. Ends every segment. Default "</s>".
        pad_token: str. Default "<pad>".
        mask_token: str. Default "<mask>".
        **kwargs: the other arguments of `SentencePieceTokenizer`.
    """

    special_token_names: ClassVar[tuple[str, ...]] = (
        "start_token",
        "end_token",
        "pad_token",
        "mask_token",
    )
    packing: ClassVar[Packing | None] = START_END

    def __init__(
        self,
        proto: ProtoSource | None = None,
        *,
        pad_token: str = "<pad>",
        mask_token: str = "<mask>",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pad_token = pad_token
        self.mask_token = mask_token
        self.set_proto(proto)


def fairseq_pieces(pieces: Sequence[Piece], last: Sequence[str]) -> Sequence[Piece]:
    """The pieces of a model in the order of fairseq's ids, unless they have it.

    That is "<s>", "<pad>", "</s>" and the unknown piece, then the model's others.

    Args:
        pieces: list of `Piece`. The model's.
        last: list of str. What comes after them.
    """
    if any(piece.text == last[-1] for piece in pieces):
        return pieces
    names = ("<s>", "<pad>", "</s>")
    unknown = [piece for piece in pieces if piece.kind == PieceKind.UNKNOWN]
    others = [p for p in pieces if p.kind != PieceKind.UNKNOWN and p.text not in names]
    return [*map(_control, names), *unknown, *others, *map(_control, last)]


def _control(token: str) -> Piece:
    return Piece(token, kind=PieceKind.CONTROL)
