"""The word-piece tokenizer of BERT and what was built on it."""

from typing import Any, ClassVar

from nlpkit.tokenizers.base.special.packing import CLS_SEP, Packing
from nlpkit.tokenizers.base.vocabulary import VocabularySource
from nlpkit.tokenizers.word_piece.tokenizer import WordPieceTokenizer


class ClsSepTokenizer(WordPieceTokenizer):
    """A `WordPieceTokenizer` with BERT's special tokens, `[CLS]` and `[SEP]` around segments.

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
    """

    special_token_names: ClassVar[tuple[str, ...]] = (
        "cls_token",
        "sep_token",
        "pad_token",
        "mask_token",
        "unk_token",
    )
    packing: ClassVar[Packing | None] = CLS_SEP

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
