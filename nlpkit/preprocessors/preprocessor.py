"""The base of all preprocessors: strings and labels in, a model's features and labels out."""

from typing import Any, ClassVar

from nlpkit.layers.preprocessing.preprocessing_layer import PreprocessingLayer
from nlpkit.preprocessors.columns import (
    LABELS,
    WEIGHTS,
    holds_strings,
    read_array,
    read_column,
    read_columns,
    take_labels,
)
from nlpkit.presets.preset import FromPreset
from nlpkit.tokenizers.base.string_input import check_texts
from nlpkit.tokenizers.base.tokenizer import Tokenizer


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
        x: what to preprocess: a str, or a batch of them in any form: a list, an array, a column of
            a table, a `tf` string tensor. A tuple holds columns, one for each of several segments
            that belong together, such as a question and its answer; a list holds rows, and a row
            that is a tuple or list of strings is such a pair. Of a table or dict the columns are
            the segments, but for those named "label", "labels" and "sample_weight".
        y: labels, passed through; a list becomes an array. Default None.
        sample_weight: weights, passed through likewise. Default None.

    Returns:
        The features, a dict; `(features, y)` if there are labels, `(features, y, sample_weight)` if
        there are weights.

    Raises:
        TypeError: the tokenizer is not of the class needed, or `x` holds no strings.
        ValueError: the rows of `x` do not have the same segments, or labels came twice.
    """

    preset_kind: ClassVar[str] = "preprocessor"
    tokenizer_class: ClassVar[type[Tokenizer]] = Tokenizer
    pass_instead: ClassVar[str | None] = None

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
        x, y, sample_weight = self.read(x, y, sample_weight)
        columns = x if isinstance(x, tuple) else (x,)
        segments = [self.tokenizer.tokenize(column) for column in columns]
        x, y, sample_weight = self._prepare(segments, y, sample_weight)
        if sample_weight is not None:
            return x, y, sample_weight
        return x if y is None else (x, y)

    def read(self, x: Any, y: Any = None, sample_weight: Any = None) -> tuple[Any, Any, Any]:
        """Bring examples in any form into columns, without tokenizing them.

        Args:
            x, y, sample_weight: as for a call.

        Returns:
            The texts: a column or a tuple of columns, each a list or an array (a str for a single
            example, TensorFlow's tensors as they are); the labels and weights as arrays.

        Raises:
            ValueError: see the class.
        """
        x = read_columns(x)
        if isinstance(x, dict):
            x, y, sample_weight = self._from_named(x, y, sample_weight)
        if self.pass_instead is not None and not (y is None and sample_weight is None):
            raise ValueError(
                f"{type(self).__name__} makes its own labels and weights; got y or sample_weight. "
                f"Pass x alone, {self.pass_instead}."
            )
        return x, read_array(y, "y"), read_array(sample_weight, "sample_weight")

    def check(self, x: Any) -> None:
        """Look at texts before they are tokenized batch by batch.

        Args:
            x: columns that `read` returned, of a batch.

        Raises:
            TypeError: a row is no string.
            ValueError: a row has lone surrogates, or bytes that are not UTF-8.
        """
        errors = getattr(self.tokenizer, "errors", "strict")
        named = x.items() if isinstance(x, dict) else enumerate(x if isinstance(x, tuple) else [x])
        for name, column in named:
            check_texts(column, f"x[{name!r}]" if column is not x else "x", errors)

    def _from_named(
        self, columns: dict[str, Any], y: Any, sample_weight: Any
    ) -> tuple[Any, Any, Any]:
        """The segments, labels and weights among columns with names."""
        texts, y, sample_weight = take_labels(columns, y, sample_weight)
        texts = {name: read_column(column, f"x[{name!r}]") for name, column in texts.items()}
        for name, column in texts.items():
            if not holds_strings(column):
                raise TypeError(
                    f"x[{name!r}] must hold strings; got {column!r:.80}. Columns of a table or "
                    f"dict are texts, but for {LABELS} and {WEIGHTS!r}: leave others out. "
                    "If x is preprocessed already, set the task's preprocessor to None."
                )
        segments = tuple(texts.values())
        return segments[0] if len(segments) == 1 else segments, y, sample_weight

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
