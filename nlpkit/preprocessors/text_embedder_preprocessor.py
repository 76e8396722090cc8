"""TextEmbedderPreprocessor: preprocessing for text embeddings."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from nlpkit._compat import is_tensorflow_value
from nlpkit._types import Data
from nlpkit.layers.preprocessing.preprocessing_layer import check_choice
from nlpkit.preprocessors.segment_preprocessor import SegmentPreprocessor
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.layouts.sentence_transformers import read_length
from nlpkit.tokenizers.base.special.packing import Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer


class TextEmbedderPreprocessor(SegmentPreprocessor):
    """Convert strings to features for a text embedder.

    Each text becomes a row of its own, with the family's special tokens. Several columns are not
    segments of one text but texts that belong together, such as a question, its answer and a wrong
    answer; they are stacked.

    Args:
        tokenizer: `Tokenizer`.
        sequence_length: int. The maximum length of the rows; may be set later. Default 512.
        truncation: str. What happens when text is cut: "warn" (once per preprocessor), "error" or
            "silent". Default "warn".
        padding_side: str. "right" or "left". Default "right".
        truncate: str. As in other preprocessors, where texts have several segments.
        text_end: str or None. Which of the tokenizer's special tokens ends each text, such as
            "pad_token", in models that were trained with another than their family's; None for the
            family's own packing.
        **kwargs: `name` and `dtype` (of the ids; default "int32").

    Call arguments:
        x: a str, a batch of them in any form, or several columns; see `Preprocessor`.
        y: labels, such as the similarity of each pair; for several columns zeros if there are none.
            Default None.
        sample_weight: weights. Default None.

    Returns:
        A dict of `token_ids` of `dtype`, `padding_mask` (bool, True = real token) and, where the
        family has them, `segment_ids` (int32), each `[batch, sequence_length]` or, of several
        columns, `[batch, columns, sequence_length]`. With labels `(features, y)`, with weights
        `(features, y, sample_weight)`. NumPy arrays, inside `tf.data` tensors.

    Raises:
        TypeError: `x` holds no strings.
        ValueError: text was cut with `truncation="error"`, the columns differ in length, or the
            tokenizer has no such special token.

    Example:
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film"]
        >>> tokenizer = nlpkit.models.BertTokenizer(vocabulary)
        >>> preprocessor = nlpkit.models.TextEmbedderPreprocessor(tokenizer, sequence_length=5)
        >>> features, _ = preprocessor((["good film"], ["film"]))
        >>> features["token_ids"]
        array([[[2, 5, 6, 3, 0],
                [2, 6, 3, 0, 0]]], dtype=int32)
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        sequence_length: int = 512,
        truncation: str = "warn",
        padding_side: str = "right",
        truncate: str = "round_robin",
        *,
        text_end: str | None = None,
        **kwargs: Any,
    ) -> None:
        if text_end is not None:
            check_choice("text_end", text_end, tokenizer.special_token_names)
        super().__init__(
            tokenizer,
            sequence_length,
            truncate=truncate,
            truncation=truncation,
            padding_side=padding_side,
            **kwargs,
        )
        self.text_end = text_end

    @property
    def _packing(self) -> Packing | None:
        packing = super()._packing
        if packing is None or self.text_end is None:
            return packing
        return replace(packing, end=(self.text_end,))

    @classmethod
    def from_folder(cls, folder: FolderFiles) -> dict[str, Any]:
        """The arguments that a sentence-transformers folder states."""
        length = read_length(folder)
        return {} if length is None else {"sequence_length": length}

    def _prepare(self, segments: list[Any], y: Data, sample_weight: Data) -> tuple[Any, Any, Any]:
        packed = [self._pack([segment]) for segment in segments]
        if len(packed) == 1:
            return packed[0], y, sample_weight
        # Keras trains on labels alone; losses that need none ignore these.
        y = packed[0]["token_ids"][..., 0] * 0 if y is None else y
        return _stacked(packed), y, sample_weight

    def _features_spec(self, x: Data) -> dict[str, keras.KerasTensor]:
        features = super()._features_spec(x)
        if not isinstance(x, tuple) or len(x) == 1:
            return features
        return {
            name: keras.KerasTensor((*of.shape[:-1], len(x), of.shape[-1]), dtype=of.dtype)
            for name, of in features.items()
        }


def _stacked(columns: list[dict[str, Any]]) -> dict[str, Any]:
    """The features of several columns, with an axis for the columns before the tokens."""
    if is_tensorflow_value(columns[0]["token_ids"]):
        from nlpkit.ops.data.ragged_tensorflow import tf

        return {name: tf.stack([of[name] for of in columns], axis=-2) for name in columns[0]}
    sizes = [len(of["token_ids"]) for of in columns]
    if len(set(sizes)) > 1:
        raise ValueError(f"Columns must have the same length; got {sizes} texts.")
    return {name: np.stack([of[name] for of in columns], axis=-2) for name in columns[0]}
