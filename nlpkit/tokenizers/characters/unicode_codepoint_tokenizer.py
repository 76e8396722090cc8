"""UnicodeCodepointTokenizer: one token per character."""

from collections.abc import Mapping
from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from nlpkit._argument_ranges import Range
from nlpkit._compat import is_tensorflow_value
from nlpkit._types import Data
from nlpkit.ops.data.ragged import Row
from nlpkit.tokenizers.base.ids_input import integer_ids
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.characters.algorithm import CharacterSettings, CodePointAlgorithm
from nlpkit.tokenizers.characters.code_points import UNICODE_SIZE, CodePointVocabulary

_ENCODINGS = ("UTF-8", "UTF-16-BE", "UTF-32-BE")


class UnicodeCodepointTokenizer(Tokenizer):
    """Convert text to its Unicode code points.

    `detokenize` inverts `tokenize` exactly, after case folding and normalization, if the vocabulary
    contains every character, except for null characters at the end of a text: zeros at the end are
    padding.

    It differs from KerasHub in two points: zeros within a text are kept, and `detokenize` handles
    characters past a smaller `vocabulary_size` like ids that are not characters.

    With `pure_graph`, case folding and normalization use TensorFlow's tables, which are of another
    Unicode version than Python's: recent characters may have other ids.

    Args:
        sequence_length: int or None. If set, results are dense and padded with 0 or cut to it.
            Default None.
        lowercase: bool. Whether case is folded (`NFKC_Casefold`, as in KerasHub: "ß" becomes "ss",
            "ﬁ" "fi", and invisible characters vanish). Default True.
        normalization_form: str or None. "NFC", "NFKC", "NFD" or "NFKD". Default None.
        errors: "strict", "replace" or "ignore". What to do with bytes that are not in the
            encoding, with lone surrogates, and in `detokenize` with ids that are not in the
            vocabulary. Default "replace".
        replacement_char: int. The code point that "replace" substitutes for them and for U+FFFD,
            which has the same meaning. Default 65533 (U+FFFD).
        input_encoding: "UTF-8", "UTF-16-BE" or "UTF-32-BE". The encoding of bytes and tensors.
            Default "UTF-8".
        output_encoding: the same. The encoding of the tensors that `detokenize` returns. Default
            "UTF-8".
        vocabulary_size: int or None. If set, larger code points become the last id,
            `vocabulary_size - 1`. None for all of Unicode, 1,114,112. Default None.
        dtype: str. An integer dtype, or "string" for tokens in place of ids. Default "int32".
        **kwargs: the other arguments of `Tokenizer`: `truncation`, `pure_graph`, `name`.

    Raises:
        ValueError: the form or encoding is unknown, `replacement_char` is not a character, or
            `vocabulary_size` is not from 1 to 1,114,112.

    Example:
        >>> tokenizer = nlpkit.tokenizers.UnicodeCodepointTokenizer()
        >>> tokenizer("Hé!")
        [104, 233, 33]
        >>> tokenizer.detokenize([104, 233, 33])
        'hé!'
    """

    argument_ranges: ClassVar[Mapping[str, Range]] = {
        "vocabulary_size": Range(Integral, 1, UNICODE_SIZE)
    }

    def __init__(
        self,
        sequence_length: int | None = None,
        lowercase: bool = True,
        normalization_form: str | None = None,
        errors: str = "replace",
        replacement_char: int = 65533,
        input_encoding: str = "UTF-8",
        output_encoding: str = "UTF-8",
        vocabulary_size: int | None = None,
        dtype: str = "int32",
        **kwargs: Any,
    ) -> None:
        super().__init__(sequence_length=sequence_length, errors=errors, dtype=dtype, **kwargs)
        for name, value in (("input", input_encoding), ("output", output_encoding)):
            if value not in _ENCODINGS:
                raise ValueError(f"{name}_encoding must be one of {_ENCODINGS}; got {value!r}.")
        self.lowercase = lowercase
        self.normalization_form = normalization_form
        self.replacement_char = replacement_char
        self.input_encoding = input_encoding
        self.output_encoding = output_encoding
        # The argument has the name of a method, so it is both.
        self.vocabulary_size = _CallableSize(  # type: ignore[method-assign]
            UNICODE_SIZE if vocabulary_size is None else vocabulary_size
        )
        vocabulary = CodePointVocabulary(self.vocabulary_size())
        algorithm = CodePointAlgorithm.build(vocabulary, self._settings(CharacterSettings))
        self._use(algorithm, self._look_up_special_tokens(vocabulary))

    def tokenize(self, inputs: Data) -> Any:
        return super().tokenize(self._decoded(inputs))

    def encode(self, inputs: Data, **kwargs: Any) -> Any:
        return super().encode(self._decoded(inputs), **kwargs)

    def detokenize(self, inputs: Data) -> Any:
        texts = super().detokenize(inputs)
        if self.output_encoding == "UTF-8" or not is_tensorflow_value(texts):
            return texts
        from nlpkit.tokenizers.characters.graph_tensorflow import transcode

        settings = self._settings(CharacterSettings)
        return transcode(texts, "UTF-8", self.output_encoding, settings)

    def _decoded(self, inputs: Data) -> Any:
        """Decode bytes that are not UTF-8."""
        if self.input_encoding == "UTF-8":
            return inputs
        if is_tensorflow_value(inputs):
            from nlpkit.tokenizers.characters.graph_tensorflow import transcode

            return transcode(
                inputs, self.input_encoding, "UTF-8", self._settings(CharacterSettings)
            )
        return self._decoded_leaves(inputs)

    def _decoded_leaves(self, inputs: Data) -> Any:
        if isinstance(inputs, list | tuple):
            return [self._decoded_leaves(item) for item in inputs]
        if isinstance(inputs, np.ndarray) and inputs.dtype.kind in "SO":
            flat = np.empty(inputs.size, object)
            flat[:] = [self._decoded_leaves(item) for item in inputs.ravel().tolist()]
            return flat.reshape(inputs.shape)
        if not isinstance(inputs, bytes):
            return inputs
        try:
            return inputs.decode(self.input_encoding, self.errors)
        except UnicodeDecodeError as error:
            raise ValueError(
                f"Bytes of text must be {self.input_encoding}; got {inputs[:40]!r}, invalid at "
                f"byte {error.start}."
            ) from None

    def _checked(self, row: Row) -> list[int]:
        if self.errors == "strict":
            return super()._checked(row)
        return self._readable(integer_ids(row))

    def _readable(self, ids: np.ndarray) -> list[int]:
        """Replace or drop ids that are not in the vocabulary."""
        surrogate = (ids >= 0xD800) & (ids <= 0xDFFF)
        wrong = (ids < 0) | (ids >= self.vocabulary_size()) | surrogate
        if self.errors == "ignore":
            return list(ids[~wrong].tolist())
        return list(np.where(wrong, self.replacement_char, ids).tolist())


class _CallableSize(int):
    """An int that returns itself when called."""

    def __call__(self) -> int:
        return int(self)
