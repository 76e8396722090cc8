"""TextClassifierPreprocessor: preprocessing for text classification."""

from typing import Any

from nlpkit._types import Data
from nlpkit.preprocessors.segment_preprocessor import SegmentPreprocessor
from nlpkit.tokenizers.base.tokenizer import Tokenizer


class TextClassifierPreprocessor(SegmentPreprocessor):
    """Convert strings, or pairs of them, to features for a text classifier.

    Text is tokenized, the family's special tokens are added (`[CLS] a [SEP] b [SEP]` in BERT), and
    the result is padded or truncated to `sequence_length`. It works in Python, in `tf.data` and in
    a `DataLoader`.

    Args:
        tokenizer: `Tokenizer` of the family.
        sequence_length: int. The length of the rows; may be set later. Default 512.
        truncate: str. How segments share the available length: "round_robin" gives each one token
            in turn, "waterfall" fills it with the first, then the second. Default "round_robin".
        truncation: str. What happens when text is cut: "warn" (once per preprocessor), "error" or
            "silent". Default "warn".
        padding_side: str. "right" or "left". Default "right".
        **kwargs: `name` and `dtype` (of the ids; default "int32").

    Call arguments:
        x: a str, or a batch of them in any form, or a tuple of columns or a list of rows of
            segments; see `Preprocessor`.
        y: labels, passed through. Default None.
        sample_weight: weights, passed through. Default None.

    Returns:
        A dict of `token_ids` of `dtype`, `padding_mask` (bool, True = real token) and, where
        the family has them, `segment_ids` (int32), each `[batch, sequence_length]` (without the
        batch axis for a single str). With labels `(features, y)`, with weights
        `(features, y, sample_weight)`. NumPy arrays, inside `tf.data` tensors.

    Raises:
        TypeError: the tokenizer is of another family, or `x` holds no strings.
        ValueError: text was cut with `truncation="error"`, or the segments differ in batch size.

    Example:
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film"]
        >>> tokenizer = nlpkit.models.BertTokenizer(vocabulary)
        >>> preprocessor = nlpkit.models.BertPreprocessor(tokenizer, sequence_length=6)
        >>> features, labels = preprocessor(["good film", "film"], [1, 0])
        >>> features["token_ids"]
        array([[2, 5, 6, 3, 0, 0],
               [2, 6, 3, 0, 0, 0]], dtype=int32)
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        sequence_length: int = 512,
        truncate: str = "round_robin",
        truncation: str = "warn",
        padding_side: str = "right",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            tokenizer,
            sequence_length,
            truncate=truncate,
            truncation=truncation,
            padding_side=padding_side,
            **kwargs,
        )

    def _prepare(self, segments: list[Any], y: Data, sample_weight: Data) -> tuple[Any, Any, Any]:
        return self._pack(segments), y, sample_weight
