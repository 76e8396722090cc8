"""The byte-pair tokenizers of encoders with BERT's special tokens."""

from typing import Any, ClassVar

from nlpkit.tokenizers.base.packing import CLS_SEP, Packing
from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer


class ClsSepBytePairTokenizer(BytePairTokenizer):
    """A `BytePairTokenizer` with BERT's special tokens.

    Args:
        vocabulary, merges, **kwargs: as for `BytePairTokenizer`.
        cls_token: str. Starts every sequence. Default "[CLS]".
        sep_token: str. Ends every segment. Default "[SEP]".
        pad_token: str. Default "[PAD]".
        mask_token: str. Default "[MASK]".
    """

    special_token_names: ClassVar[tuple[str, ...]] = (
        "cls_token",
        "sep_token",
        "pad_token",
        "mask_token",
    )
    packing: ClassVar[Packing] = CLS_SEP

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        *,
        cls_token: str = "[CLS]",
        sep_token: str = "[SEP]",
        pad_token: str = "[PAD]",
        mask_token: str = "[MASK]",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cls_token = cls_token
        self.sep_token = sep_token
        self.pad_token = pad_token
        self.mask_token = mask_token
        self.set_vocabulary_and_merges(vocabulary, merges)
