"""The byte-pair tokenizer of GPT-2 and many later decoders."""

from typing import Any, ClassVar

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
