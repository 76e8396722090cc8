"""The SentencePiece tokenizers of decoders, with start, end and padding tokens."""

import os
from typing import Any, ClassVar, Self

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
