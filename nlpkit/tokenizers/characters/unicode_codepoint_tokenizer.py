"""UnicodeCodepointTokenizer: one token per character."""

from collections.abc import Iterator, Mapping, Sequence
from numbers import Integral
from typing import Any, ClassVar, overload

import numpy as np

from nlpkit._argument_ranges import Range
from nlpkit._compat import is_tensorflow_value
from nlpkit._types import Data, TensorFlowTensor
from nlpkit.ops.ragged import Row
from nlpkit.tokenizers.base.encoding import Spans
from nlpkit.tokenizers.base.ids_input import integer_ids
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.base.vocabulary import Vocabulary
from nlpkit.tokenizers.characters.character_normalizer import CharacterNormalizer
from nlpkit.tokenizers.characters.character_words import word_indices
from nlpkit.tokenizers.characters.replacement import Replacement

_ENCODINGS = ("UTF-8", "UTF-16-BE", "UTF-32-BE")
_UNICODE_SIZE = 0x110000


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
        "vocabulary_size": Range(Integral, 1, _UNICODE_SIZE)
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
            _UNICODE_SIZE if vocabulary_size is None else vocabulary_size
        )
        self._normalizer = CharacterNormalizer(lowercase, normalization_form)
        self._replacement = Replacement(errors, replacement_char)
        self._use(CodePointVocabulary(self.vocabulary_size()))

    def tokenize(self, inputs: Data) -> Any:
        return super().tokenize(self._decoded(inputs))

    def encode(self, inputs: Data, **kwargs: Any) -> Any:
        return super().encode(self._decoded(inputs), **kwargs)

    def detokenize(self, inputs: Data) -> Any:
        texts = super().detokenize(inputs)
        if self.output_encoding == "UTF-8" or not is_tensorflow_value(texts):
            return texts
        from nlpkit.tokenizers.characters.graph_tensorflow import transcode

        return transcode(texts, "UTF-8", self.output_encoding, self)

    def _decoded(self, inputs: Data) -> Any:
        """Decode bytes that are not UTF-8."""
        if self.input_encoding == "UTF-8":
            return inputs
        if is_tensorflow_value(inputs):
            from nlpkit.tokenizers.characters.graph_tensorflow import transcode

            return transcode(inputs, self.input_encoding, "UTF-8", self)
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

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        normalize, replace = self._normalizer, self._replacement
        return [self._clipped(replace(normalize(text))) for text in texts]

    def _clipped(self, text: str) -> list[int]:
        last = self.vocabulary_size() - 1
        points = map(ord, text)
        return list(points if last == _UNICODE_SIZE - 1 else (min(i, last) for i in points))

    def _spans(self, text: str) -> Spans:
        normalized, starts, ends = self._normalizer.align(text)
        ids = self._clipped(self._replacement(normalized))
        return Spans(ids, starts, ends, word_indices(normalized))

    def _texts(self, rows: Sequence[Row]) -> list[str]:
        if self.errors == "strict":
            return super()._texts(rows)
        return [self._text(self._readable(integer_ids(row))) for row in rows]

    def _readable(self, ids: np.ndarray) -> list[int]:
        """Replace or drop ids that are not in the vocabulary."""
        surrogate = (ids >= 0xD800) & (ids <= 0xDFFF)
        wrong = (ids < 0) | (ids >= self.vocabulary_size()) | surrogate
        if self.errors == "ignore":
            return list(ids[~wrong].tolist())
        return list(np.where(wrong, self.replacement_char, ids).tolist())

    def _text(self, ids: list[int]) -> str:
        return "".join(map(chr, ids)).rstrip("\0")

    def _graph_ids(self, texts: TensorFlowTensor) -> Any:
        from nlpkit.tokenizers.characters.graph_tensorflow import graph_code_points

        return graph_code_points(self, texts)


class CodePointVocabulary(Vocabulary):
    """The first code points of Unicode, without storing them.

    Args:
        size: int. The number of code points.

    Raises:
        ValueError: `size` is not from 1 to 1,114,112.
    """

    def __init__(self, size: int) -> None:
        if not 1 <= size <= _UNICODE_SIZE:
            raise ValueError(f"vocabulary_size must be from 1 to {_UNICODE_SIZE}; got {size}.")
        self.tokens = _Characters(size)  # type: ignore[assignment]
        self.ids = _CodePoints(size)  # type: ignore[assignment]


class _Characters(Sequence[str | None]):
    """Characters by code point; None for surrogates."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, i: int) -> str | None: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[str | None]: ...

    def __getitem__(self, i: Any) -> Any:
        points = range(self._size)[i]
        if isinstance(points, range):
            return [self[point] for point in points]
        return None if 0xD800 <= points <= 0xDFFF else chr(points)


class _CodePoints(Mapping[str, int]):
    """Code points by character."""

    def __init__(self, size: int) -> None:
        self._characters = _Characters(size)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[str]:
        return (character for character in self._characters if character is not None)

    def __getitem__(self, character: str) -> int:
        if len(character) != 1 or ord(character) >= len(self._characters):
            raise KeyError(character)
        if 0xD800 <= ord(character) <= 0xDFFF:
            raise KeyError(character)
        return ord(character)


class _CallableSize(int):
    """An int that returns itself when called."""

    def __call__(self) -> int:
        return int(self)
