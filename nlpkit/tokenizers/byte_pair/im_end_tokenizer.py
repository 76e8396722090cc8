"""The byte-pair tokenizer of Qwen 3 and related models, where each chat turn ends a text."""

from typing import Any, ClassVar

from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer


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
