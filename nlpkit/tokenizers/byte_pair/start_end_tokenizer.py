"""The byte-pair tokenizer of RoBERTa and what was built on it."""

from typing import Any, ClassVar

from nlpkit.tokenizers.base.packing import START_END, Packing
from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer


class StartEndMaskTokenizer(BytePairTokenizer):
    """A `BytePairTokenizer` with start, end, padding and mask tokens.

    Args:
        vocabulary, merges, **kwargs: as for `BytePairTokenizer`.
        start_token: str. Starts every sequence. Default "<s>".
        end_token: str. Ends every segment. Default "</s>".
        pad_token: str. Default "<pad>".
        mask_token: str. Default "<mask>".
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
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        *,
        start_token: str = "<s>",
        end_token: str = "</s>",
        pad_token: str = "<pad>",
        mask_token: str = "<mask>",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.start_token = start_token
        self.end_token = end_token
        self.pad_token = pad_token
        self.mask_token = mask_token
        self.set_vocabulary_and_merges(vocabulary, merges)
