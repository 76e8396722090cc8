"""The base of all tokenizers."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import keras
import numpy as np

from nlpkit._compat import is_tensorflow_value
from nlpkit.layers.preprocessing.preprocessing_layer import PreprocessingLayer
from nlpkit.ops.ragged import Row, pad_rows, to_rows
from nlpkit.presets.preset import FromPreset
from nlpkit.tokenizers.string_input import decode_utf8, map_strings
from nlpkit.tokenizers.vocabulary import Vocabulary, VocabularySource

_VOCABULARY_FILE = "vocabulary.txt"
_TRUNCATIONS = ("error", "warn", "silent")


class Tokenizer(FromPreset, PreprocessingLayer):
    """Base class of layers that turn strings into ids and back.

    A subclass says how one text becomes ids (`_ids`) and ids one text (`_text`); reading every form
    of input, padding, TensorFlow tensors and the vocabulary's files are done here, so that ids are
    the same in every mode. A layer of your own may instead override `tokenize` and `detokenize`.

    Args:
        sequence_length: int or None. If set, results are dense: rows are padded on the right, with
            the padding token if the tokenizer has one and 0 otherwise, or cut. Default None.
        truncation: "error", "warn" or "silent". What to do when `sequence_length` cuts ids; "warn"
            does so once a layer. Default "warn".
        dtype: str. An integer dtype, or "string" for tokens in place of ids. Default "int32".

    Call arguments:
        inputs: str, a list, tuple or NumPy array of str (or UTF-8 bytes) of any rank, nested lists,
            or a `tf` string tensor of any rank, dense or ragged, eager or in `Dataset.map`.

    Returns:
        For a str a list of ids, for a list of them a list of such lists; with `sequence_length`
        NumPy arrays `[..., sequence_length]`. For TensorFlow tensors a `tf` tensor with one axis
        more, ragged without `sequence_length`.

    Raises:
        TypeError: the input is neither.
        ValueError: there is no vocabulary yet, or bytes are not UTF-8.
    """

    preset_kind: ClassVar[str] = "tokenizer"
    assets: ClassVar[tuple[str, ...]] = ("vocabulary",)
    special_token_names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in cls.special_token_names:
            setattr(cls, f"{name}_id", _id_property(name))

    def __init__(
        self,
        *,
        sequence_length: int | None = None,
        truncation: str = "warn",
        dtype: str = "int32",
        **kwargs: Any,
    ) -> None:
        super().__init__(dtype=dtype, **kwargs)
        if not self.compute_dtype.startswith(("int", "uint", "string")):
            raise ValueError(f'dtype must be an integer dtype or "string"; got {dtype!r}.')
        if truncation not in _TRUNCATIONS:
            raise ValueError(f"truncation must be one of {_TRUNCATIONS}; got {truncation!r}.")
        self.sequence_length = sequence_length
        self.truncation = truncation
        self._warned = False
        self._vocabulary: Vocabulary | None = None

    def call(self, inputs: Any) -> Any:
        return self.tokenize(inputs)

    def tokenize(self, inputs: Any) -> Any:
        """Turn strings into ids, as calling the layer does."""
        self._known()
        if is_tensorflow_value(inputs):
            return self._tokenize_tensor(inputs)
        return map_strings(self._tokenize_batch, inputs, words=self._takes_words)

    def detokenize(self, inputs: Any) -> Any:
        """Turn ids into text.

        Args:
            inputs: ids of one text (rank 1) or of several (rank 2, ragged or dense): lists, arrays
                or tensors.

        Returns:
            A str or a list of str; a `tf` string tensor if TensorFlow tensors came.

        Raises:
            TypeError: the ids are not integers.
            ValueError: an id is not in the vocabulary.
        """
        self._known()
        if is_tensorflow_value(inputs):
            from nlpkit.ops.ragged_tensorflow import Output, map_rows

            outputs = [Output("string", ())]
            return map_rows(lambda rows: [self._texts(rows)], [inputs], outputs)[0]
        rows, batched = to_rows(_without_tensors(inputs), "inputs")
        texts = self._texts(rows)
        return texts if batched else texts[0]

    def vocabulary_size(self) -> int:
        """The number of tokens."""
        return len(self._known())

    def get_vocabulary(self) -> list[str]:
        """The tokens in the order of their ids."""
        return list(self._known().tokens)

    def id_to_token(self, id: int) -> str:
        """The token of an id.

        Raises:
            ValueError: the id is not in the vocabulary.
        """
        tokens = self._known().tokens
        if not 0 <= id < len(tokens):
            raise ValueError(f"id must be from 0 to {len(tokens) - 1}; got {id}.")
        return tokens[id]

    def token_to_id(self, token: str) -> int:
        """The id of a token.

        Raises:
            ValueError: the token is not in the vocabulary.
        """
        ids = self._known().ids
        if token not in ids:
            raise ValueError(f"token must be in the vocabulary; got {token!r}, which is not.")
        return ids[token]

    @property
    def special_tokens_map(self) -> dict[str, str]:
        """The special tokens the tokenizer knows by name: `{"cls_token": "[CLS]", ...}`."""
        return {name: getattr(self, name) for name in self.special_token_names}

    def set_vocabulary(self, vocabulary: VocabularySource | None) -> None:
        """Use another vocabulary.

        Args:
            vocabulary: path of a file with one token a line, or list of str; None for none yet.

        Raises:
            ValueError: it lacks a special token.
        """
        read = None if vocabulary is None else Vocabulary(vocabulary)
        if read:
            self._check_special_tokens(read)
        self.vocabulary = vocabulary
        self._vocabulary = read

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary into a folder."""
        self._known().save(Path(dir_path) / _VOCABULARY_FILE)

    def load_assets(self, dir_path: str) -> None:
        """Read the vocabulary from a folder."""
        self.set_vocabulary(Vocabulary(Path(dir_path) / _VOCABULARY_FILE).tokens)

    def save_files(self, folder: str | Path) -> list[str]:
        """Write the files a Hugging Face folder has for this tokenizer; returns their names."""
        raise NotImplementedError(f"{type(self).__name__} has no Hugging Face files.")

    @classmethod
    def from_files(cls, folder: str | Path, config: dict[str, Any], **arguments: Any) -> Self:
        """Build from the files of a Hugging Face folder.

        Args:
            folder: path. Holds the files.
            config: dict. What its `tokenizer_config.json` says; empty if there is none.
            **arguments: constructor arguments that take precedence.
        """
        raise NotImplementedError(f"{cls.__name__} has no Hugging Face files.")

    @property
    def _takes_words(self) -> bool:
        """Whether an example is a list of words rather than a text."""
        return False

    def _ids(self, example: Any) -> list[int]:
        """The ids of one text, or of one list of words."""
        raise NotImplementedError(f"{type(self).__name__} must define tokenize.")

    def _text(self, ids: list[int]) -> str:
        """The text of ids that are in the vocabulary."""
        raise NotImplementedError(f"{type(self).__name__} must define detokenize.")

    def _known(self) -> Vocabulary:
        if self._vocabulary is None:
            raise ValueError(
                f"{type(self).__name__} has no vocabulary yet: pass vocabulary= when you make it, "
                "or call set_vocabulary."
            )
        return self._vocabulary

    def _check_special_tokens(self, vocabulary: Vocabulary) -> None:
        lacking = {n: t for n, t in self.special_tokens_map.items() if t not in vocabulary.ids}
        if lacking:
            names = ", ".join(f"{name}={token!r}" for name, token in lacking.items())
            raise ValueError(
                f"vocabulary must hold the special tokens of {type(self).__name__}; it lacks "
                f"{names}. Add them to it, or pass the tokens that it has."
            )

    def _tokenize_tensor(self, inputs: Any) -> Any:
        from nlpkit.ops.ragged_tensorflow import Output, map_entries, map_rows

        if inputs.dtype != "string":
            raise TypeError(f"A tokenizer takes a tensor of strings; got one of {inputs.dtype}.")
        shape = None if self.sequence_length is None else (self.sequence_length,)
        output = Output(self.compute_dtype, shape)
        if not self._takes_words:
            return map_entries(lambda texts: self._tokenize_batch(_decode(texts)), inputs, output)
        one_word = inputs.shape.rank == 0
        rows = inputs[None] if one_word else inputs
        return map_rows(
            lambda rows: [self._tokenize_batch([_decode(words) for words in rows])],
            [rows],
            [output],
        )[0]

    def _tokenize_batch(self, examples: Sequence[Any]) -> Any:
        rows: list[Any] = [self._ids(example) for example in examples]
        string = self.compute_dtype == "string"
        if string:
            tokens = self._known().tokens
            rows = [[tokens[i] for i in row] for row in rows]
        if self.sequence_length is None:
            return rows
        pad_value = self._pad_value(string)
        return pad_rows(
            self._cut(rows, self.sequence_length),
            self.sequence_length,
            pad_value,
            self.compute_dtype,
            "right",
        )

    def _pad_value(self, string: bool) -> int | str:
        token = self.special_tokens_map.get("pad_token")
        if token is None:
            return "" if string else 0
        return token if string else self.token_to_id(token)

    def _cut(self, rows: list[Any], length: int) -> list[Any]:
        cut = [len(row) - length for row in rows if len(row) > length]
        if cut and self.truncation != "silent" and not self._warned:
            message = (
                f"sequence_length={length} cuts {sum(cut)} ids of {len(cut)} of {len(rows)} texts. "
                'Raise sequence_length, or pass truncation="silent".'
            )
            if self.truncation == "error":
                raise ValueError(message)
            self._warned = True
            warnings.warn(message, stacklevel=2)
        return [row[:length] for row in rows] if cut else rows

    def _texts(self, rows: Sequence[Row]) -> list[str]:
        size = self.vocabulary_size()
        return [self._text(_checked_ids(row, size)) for row in rows]


def _id_property(name: str) -> property:
    return property(lambda self: self.token_to_id(getattr(self, name)), doc=f"The id of `{name}`.")


def _decode(values: np.ndarray) -> list[str]:
    return [decode_utf8(value) for value in values]


def _without_tensors(inputs: Any) -> Any:
    if keras.ops.is_tensor(inputs):
        return keras.ops.convert_to_numpy(inputs)
    is_foreign = hasattr(inputs, "__array__") and not isinstance(inputs, np.ndarray)
    return np.asarray(inputs) if is_foreign else inputs


def _checked_ids(row: Row, size: int) -> list[int]:
    ids = np.asarray(row)
    if ids.size and (ids.dtype.kind not in "iu" or ids.ndim != 1):
        raise TypeError(f"detokenize takes integer ids; got {row!r:.80}.")
    wrong = ids[(ids < 0) | (ids >= size)] if ids.size else ids
    if wrong.size:
        raise ValueError(f"ids must be from 0 to {size - 1}; got {wrong[:10].tolist()}.")
    return ids.tolist()
