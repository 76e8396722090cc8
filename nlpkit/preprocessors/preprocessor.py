"""The base class of preprocessors, from strings and labels to model features and labels."""

from typing import Any, ClassVar

from nlpkit._types import Data
from nlpkit.layers.preprocessing.preprocessing_layer import PreprocessingLayer
from nlpkit.preprocessors.examples.columns import (
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
    """Base class of layers that convert strings to model inputs.

    It works in plain Python, in `tf.data.Dataset.map` and as the collate function of a PyTorch
    `DataLoader`. Subclasses implement `_prepare`, which converts segments, labels and weights.

    Args:
        tokenizer: `Tokenizer` of the class that `tokenizer_class` names.
        dtype: str. The dtype of the output ids. Default "int32".
        **kwargs: `name`.

    Call arguments:
        x: what to preprocess: a str, or a batch of them in any form: a list, an array, a column of
            a table, a `tf` string tensor. A tuple holds columns, one for each of several segments
            that belong together, such as a question and its answer; a list holds rows, and a row
            that is a tuple or list of strings is such a pair. The columns of a table or dict are
            the segments, except those named "label", "labels" and "sample_weight".
        y: labels, passed through; a list becomes an array. Default None.
        sample_weight: weights, passed through likewise. Default None.

    Returns:
        The features, a dict; `(features, y)` if there are labels, `(features, y, sample_weight)` if
        there are weights.

    Raises:
        TypeError: the tokenizer is not of the class needed, or `x` holds no strings.
        ValueError: the rows of `x` do not have the same segments, or labels are given twice.
    """

    preset_kind: ClassVar[str] = "preprocessor"
    # A family sets: the class of its tokenizer;
    tokenizer_class: ClassVar[type[Tokenizer]] = Tokenizer
    # a kind of task: whether any tokenizer will do, since it says how to pack;
    takes_any_tokenizer: ClassVar[bool] = False
    # what to pass instead of several segments, None if it takes them.
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

    def call(self, x: Data, y: Data = None, sample_weight: Data = None) -> Any:
        x, y, sample_weight = self.read(x, y, sample_weight)
        columns = x if isinstance(x, tuple) else (x,)
        segments = [self.tokenizer.tokenize(column) for column in columns]
        x, y, sample_weight = self._prepare(segments, y, sample_weight)
        if sample_weight is not None:
            return x, y, sample_weight
        return x if y is None else (x, y)

    def read(self, x: Data, y: Data = None, sample_weight: Data = None) -> tuple[Any, Any, Any]:
        """Convert examples in any form to columns, without tokenizing them.

        Args:
            x, y, sample_weight: as for a call.

        Returns:
            The texts: a column or a tuple of columns, each a list or an array (a str for a single
            example, TensorFlow tensors unchanged); the labels and weights as arrays.

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

    def check(self, x: Data) -> None:
        """Validate texts before they are tokenized batch by batch.

        Args:
            x: columns that `read` returned, of a batch.

        Raises:
            TypeError: a row is not a string.
            ValueError: a row has lone surrogates, or bytes that are not UTF-8.
        """
        errors = getattr(self.tokenizer, "errors", "strict")
        named = x.items() if isinstance(x, dict) else enumerate(x if isinstance(x, tuple) else [x])
        for name, column in named:
            check_texts(column, f"x[{name!r}]" if column is not x else "x", errors)

    def _from_named(
        self, columns: dict[str, Any], y: Data, sample_weight: Data
    ) -> tuple[Any, Any, Any]:
        """Get the segments, labels and weights from named columns."""
        texts, y, sample_weight = take_labels(columns, y, sample_weight)
        texts = {name: read_column(column, f"x[{name!r}]") for name, column in texts.items()}
        for name, column in texts.items():
            if not holds_strings(column):
                raise TypeError(
                    f"x[{name!r}] must contain strings; got {column!r:.80}. Columns of a table or "
                    f"dict are texts, except {LABELS} and {WEIGHTS!r}: omit others. "
                    "If x is preprocessed already, set the task's preprocessor to None."
                )
        segments = tuple(texts.values())
        return segments[0] if len(segments) == 1 else segments, y, sample_weight

    def _prepare(self, segments: list[Any], y: Data, sample_weight: Data) -> tuple[Any, Any, Any]:
        """Convert the segments' ids to features; return these, the labels and the weights."""
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
        """A layer that needs the vocabulary, created on first use and when an argument changes."""
        made = self._parts.get(layer.__name__)
        if made is None or made[0] != arguments:
            made = (arguments, layer(**arguments))
            self._parts[layer.__name__] = made
        return made[1]
