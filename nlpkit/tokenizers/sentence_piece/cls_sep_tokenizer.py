"""The SentencePiece tokenizers of encoders with BERT's special tokens."""

from typing import Any, ClassVar

from nlpkit.tokenizers.base.packing import CLS_SEP, Packing
from nlpkit.tokenizers.sentence_piece.source import ProtoSource
from nlpkit.tokenizers.sentence_piece.tokenizer import SentencePieceTokenizer


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
