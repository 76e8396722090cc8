"""TextClassifierPreprocessor: strings and labels for a classifier."""

from typing import Any

from nlpkit.preprocessors.segment_preprocessor import SegmentPreprocessor
from nlpkit.tokenizers.base.tokenizer import Tokenizer


class TextClassifierPreprocessor(SegmentPreprocessor):
    """Turn strings, or pairs of them, into the features of a text classifier.

    Text is tokenized, put between the family's special tokens (`[CLS] a [SEP] b [SEP]` in BERT) and
    brought to `sequence_length`. It works in Python, in `tf.data` and in a `DataLoader`.

    Args:
        tokenizer: `Tokenizer` of the family.
        sequence_length: int. The length of the rows; may be set later. Default 512.
        truncate: str. How segments share the room: "round_robin" gives each a token in turn until
            it is used up, "waterfall" fills the first, then the second. Default "round_robin".
        truncation: str. What happens when text is cut: "warn" (once a preprocessor), "error" or
            "silent". Default "warn".
        padding_side: str. "right" or "left". Default "right".
        **kwargs: `name` and `dtype` (of the ids; default "int32").

    Call arguments:
        x: a str, or a batch of them in any form, or a tuple of columns or a list of rows of
            segments; see `Preprocessor`.
        y: labels, passed through. Default None.
        sample_weight: weights, passed through. Default None.

    Returns:
        A dict of `token_ids` of `dtype`, `padding_mask` (bool, True where a token is) and, where
        the family has them, `segment_ids` (int32), each `[batch, sequence_length]` (without the
        batch axis for a single str). With labels `(features, y)`, with weights
        `(features, y, sample_weight)`. NumPy arrays, inside `tf.data` tensors.

    Raises:
        TypeError: the tokenizer is of another family, or `x` holds no strings.
        ValueError: text was cut and `truncation="error"`, or the segments are not of one batch
            size.

    Example:
        >>> words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film"]
        >>> tokenizer = nlpkit.models.BertTokenizer(words)
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

    def _prepare(self, segments: list[Any], y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
        return self._pack(segments), y, sample_weight
