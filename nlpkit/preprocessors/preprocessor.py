"""The base of all preprocessors: strings and labels in, a model's features and labels out."""

from typing import Any, ClassVar

import numpy as np

from nlpkit._compat import is_tensorflow_value
from nlpkit.layers.preprocessing.preprocessing_layer import PreprocessingLayer
from nlpkit.presets.preset import FromPreset
from nlpkit.tokenizers.tokenizer import Tokenizer


class Preprocessor(FromPreset, PreprocessingLayer):
    """Base class of layers that turn strings into what a model takes.

    It works in plain Python, in `tf.data.Dataset.map` and as the collate function of a PyTorch
    `DataLoader`. A subclass says what becomes of the segments, the labels and the weights
    (`_prepare`).

    Args:
        tokenizer: `Tokenizer` of the class that `tokenizer_class` names.
        dtype: str. The dtype of the ids that come out. Default "int32".
        **kwargs: `name`.

    Call arguments:
        x: what to preprocess: a str, or a batch of them (list, NumPy array, `tf` string tensor).
            Several segments that belong together, such as a question and its answer, are a tuple of
            these (or a list of two batches).
        y: labels, passed through; a list becomes an array. Default None.
        sample_weight: weights, passed through likewise. Default None.

    Returns:
        The features, a dict; `(features, y)` if there are labels, `(features, y, sample_weight)` if
        there are weights.

    Raises:
        TypeError: the tokenizer is not of the class needed, or `x` holds no strings.
    """

    preset_kind: ClassVar[str] = "preprocessor"
    tokenizer_class: ClassVar[type[Tokenizer]] = Tokenizer

    def __init__(self, tokenizer: Tokenizer, *, dtype: str = "int32", **kwargs: Any) -> None:
        super().__init__(dtype=dtype, **kwargs)
        if not isinstance(tokenizer, self.tokenizer_class):
            raise TypeError(
                f"{type(self).__name__} needs a {self.tokenizer_class.__name__} as tokenizer; got "
                f"{type(tokenizer).__name__}."
            )
        self.tokenizer = tokenizer
        self._parts: dict[str, tuple[dict[str, Any], PreprocessingLayer]] = {}

    def call(self, x: Any, y: Any = None, sample_weight: Any = None) -> Any:
        segments = [self.tokenizer.tokenize(segment) for segment in read_segments(x)]
        x, y, sample_weight = self._prepare(segments, _as_array(y), _as_array(sample_weight))
        if sample_weight is not None:
            return x, y, sample_weight
        return x if y is None else (x, y)

    def _prepare(self, segments: list[Any], y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
        """Turn the segments' ids into features; returns these, the labels and the weights."""
        raise NotImplementedError(f"{type(self).__name__} must define _prepare.")

    def _special_ids(self, names: tuple[str, ...]) -> list[int]:
        """The ids of the tokenizer's special tokens, such as "cls_token"."""
        for name in names:
            if not hasattr(self.tokenizer, f"{name}_id"):
                raise ValueError(
                    f"{type(self).__name__} needs a tokenizer with a {name}; "
                    f"{type(self.tokenizer).__name__} has none."
                )
        return [getattr(self.tokenizer, f"{name}_id") for name in names]

    def _part(self, layer: type[PreprocessingLayer], **arguments: Any) -> Any:
        """A layer that needs the vocabulary: made on first use, again if an argument changed."""
        made = self._parts.get(layer.__name__)
        if made is None or made[0] != arguments:
            made = (arguments, layer(**arguments))
            self._parts[layer.__name__] = made
        return made[1]


def read_segments(x: Any) -> list[Any]:
    """The segments of a preprocessor's input: a tuple's parts, a list's two columns, or one.

    Raises:
        ValueError: an empty tuple, or a list of lists that are not two columns.
    """
    if isinstance(x, tuple):
        if not x:
            raise ValueError("x must hold at least one segment; got an empty tuple.")
        return list(x)
    if isinstance(x, list) and any(isinstance(part, list | tuple | np.ndarray) for part in x):
        if len(x) == 2:
            return x
        raise ValueError(
            f"x must be a list of strings, or a tuple of segments; got a list of {len(x)} lists. "
            "A batch of pairs is a tuple of all the first and all the second strings."
        )
    return [x]


def refuse_labels(layer: Preprocessor, y: Any, sample_weight: Any, instead: str) -> None:
    """Raise a ValueError if labels or weights came; `instead` says what to pass in `x`."""
    if y is not None or sample_weight is not None:
        raise ValueError(
            f"{type(layer).__name__} makes its own labels and weights; got y or sample_weight. "
            f"Pass x alone, {instead}."
        )


def _as_array(labels: Any) -> Any:
    """A list of numbers as an array; Keras would take it for as many outputs of a model."""
    if not isinstance(labels, list) or any(map(is_tensorflow_value, labels)):
        return labels
    return np.asarray(labels)
