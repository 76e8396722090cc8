"""TokenClassifierPreprocessor: preprocessing for the classification of tokens."""

from collections.abc import Sequence
from typing import Any, ClassVar

from nlpkit._types import Data
from nlpkit.layers.preprocessing.preprocessing_layer import check_choice
from nlpkit.preprocessors.examples.text_units import TextUnits, join_words, units_of, units_of_words
from nlpkit.preprocessors.window_preprocessor import TextWindow, WindowPreprocessor, as_text
from nlpkit.tokenizers.base.tokenizer import Tokenizer


class TokenClassifierPreprocessor(WindowPreprocessor):
    """Convert strings to features for a token classifier: a row for each window of each text.

    Text is tokenized, and split into overlapping windows where it does not fit a row. The family's
    special tokens are added to each, and rows are padded to `sequence_length`. Nothing is cut.

    Args:
        tokenizer: `Tokenizer` of the family.
        sequence_length: int. The length of the rows; may be set later. Default 512.
        stride: int or None. The maximum number of tokens that a window repeats of the previous one.
            None, the default, is a quarter of a row.
        subwords: str. What is classified: "first", words, by the first token of each, as in most
            published models; "all", every token. Words in texts are runs of letters and digits, and
            single tokens of scripts that are written without spaces. Default "first".
        padding_side: str. "right" or "left". Default "right".
        **kwargs: `name` and `dtype` (of the ids; default "int32").

    Call arguments:
        x: a str, or a batch of them in any form; see `Preprocessor`.

    Returns:
        A dict of `token_ids` of `dtype`, `padding_mask` (bool, True = real token) and, where
        the family has them, `segment_ids` (int32), each `[windows, sequence_length]`.

    Raises:
        TypeError: `x` holds no strings.
        ValueError: labels were passed, `x` holds pairs, or a word does not fit a row.

    Example:
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "good", "film"]
        >>> tokenizer = nlpkit.models.BertTokenizer(vocabulary)
        >>> preprocessor = nlpkit.models.TokenClassifierPreprocessor(tokenizer, 4, stride=1)
        >>> preprocessor(["a good film", "film"])["token_ids"]
        array([[2, 5, 6, 3],
               [2, 6, 7, 3],
               [2, 7, 3, 0]], dtype=int32)
    """

    pass_instead: ClassVar[str] = "and labels to the task"

    def __init__(
        self,
        tokenizer: Tokenizer,
        sequence_length: int = 512,
        stride: int | None = None,
        *,
        subwords: str = "first",
        padding_side: str = "right",
        **kwargs: Any,
    ) -> None:
        check_choice("subwords", subwords, ("first", "all"))
        super().__init__(tokenizer, sequence_length, stride, padding_side=padding_side, **kwargs)
        self.subwords = subwords

    def call(self, x: Data, y: Data = None, sample_weight: Data = None) -> Any:
        x, *_ = self.read(x, y, sample_weight)
        return self.features(self.windows([x] if isinstance(x, str) else x))

    def windows(self, x: Sequence[Any], words: bool = False) -> list[TextWindow]:
        """Tokenize texts and split them into windows.

        Args:
            x: list or array of str, or of lists of words.
            words: bool. Whether `x` holds lists of words.

        Raises:
            ValueError: see the class.
        """
        read = self._read_words if words else self._read_texts
        found = enumerate(read(x))
        return [window for row, units in found for window in self._windows_of(units, row)]

    def _read_texts(self, texts: Any) -> list[TextUnits]:
        if isinstance(texts, tuple):
            raise ValueError(
                f"x must be single texts; got {len(texts)} segments. The rows of x are texts, or "
                "lists of words with words=True."
            )
        texts = [*texts]
        whole = self.subwords == "first"
        encodings = self.tokenizer.encode(texts)
        return [units_of(as_text(t), e, whole) for t, e in zip(texts, encodings, strict=True)]

    def _read_words(self, rows: Any) -> list[TextUnits]:
        joined = [join_words([*map(as_text, row)]) for row in rows]
        encodings = self.tokenizer.encode([text for text, *_ in joined])
        return [
            units_of_words(text, encoding, starts, ends)
            for (text, starts, ends), encoding in zip(joined, encodings, strict=True)
        ]
