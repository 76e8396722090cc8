"""The byte-pair tokenizers that several families share: each has their special tokens."""

from typing import Any, ClassVar

from nlpkit.tokenizers.base.special.packing import CLS_SEP, START_END, Packing
from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer


class EndOfTextTokenizer(BytePairTokenizer):
    """A `BytePairTokenizer` with one special token, used as start, end and padding token.

    Args:
        vocabulary: dict or path. Token to id, or a vocab.json.
        merges: list or path. Merges as "a b", or a merges.txt.
        start_token, end_token: str. Default "<|endoftext|>".
        **kwargs: the other arguments of `BytePairTokenizer`.

    Example:
        >>> vocabulary = {"<|endoftext|>": 0, "a": 1, "Ġ": 2, "b": 3, "Ġb": 4}
        >>> tokenizer = nlpkit.models.GPT2Tokenizer(vocabulary, ["Ġ b"])
        >>> tokenizer("a b")
        [1, 4]
        >>> tokenizer.end_token_id
        0
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("start_token", "end_token")

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        *,
        start_token: str = "<|endoftext|>",
        end_token: str = "<|endoftext|>",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.start_token = start_token
        self.end_token = end_token
        self.set_vocabulary_and_merges(vocabulary, merges)


class ImEndTokenizer(BytePairTokenizer):
    """A `BytePairTokenizer` with an end token and a padding token, but no start token.

    Args:
        vocabulary: dict or path. Token to id, or a vocab.json.
        merges: list or path. Merges as "a b", or a merges.txt.
        end_token: str. Default "<|im_end|>".
        pad_token: str. Default "<|endoftext|>".
        split_pattern: str. Default "qwen2".
        normalization: str or None. Default "NFC".
        **kwargs: the other arguments of `BytePairTokenizer`.
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("end_token", "pad_token")

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        *,
        end_token: str = "<|im_end|>",
        pad_token: str = "<|endoftext|>",
        split_pattern: str = "qwen2",
        normalization: str | None = "NFC",
        **kwargs: Any,
    ) -> None:
        super().__init__(split_pattern=split_pattern, normalization=normalization, **kwargs)
        self.end_token = end_token
        self.pad_token = pad_token
        self.set_vocabulary_and_merges(vocabulary, merges)


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
