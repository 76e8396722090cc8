"""Tokenizer: the base class of tokenizers."""

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

import keras

from nlpkit._compat import is_tensorflow_value
from nlpkit._foreign_names import explains_names
from nlpkit._types import Data
from nlpkit.layers.preprocessing.preprocessing_layer import PreprocessingLayer, check_choice
from nlpkit.layers.preprocessing.truncation import TruncationReport
from nlpkit.ops.ragged import to_rows
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.preset import FromPreset
from nlpkit.tokenizers.base.algorithm import Algorithm
from nlpkit.tokenizers.base.ids_input import without_tensors
from nlpkit.tokenizers.base.string_input import ERRORS, map_strings
from nlpkit.tokenizers.base.token_display import TokenDisplay


class Tokenizer(Algorithm, FromPreset, PreprocessingLayer):
    """Base class of layers that convert strings to ids and back.

    An algorithm defines how texts become ids (`_ids`), their spans in the text (`_spans`), and how
    ids become text (`_text`). This class implements reading every form of input, special tokens,
    padding, TensorFlow tensors, encodings and lookups, so ids are the same in every mode. A custom
    subclass may override `tokenize` and `detokenize` instead.

    Args:
        sequence_length: int or None. If set, results are dense: rows are padded on the right, with
            the padding token if the tokenizer has one and 0 otherwise, or cut. Default None.
        truncation: "error", "warn" or "silent". What happens when `sequence_length` cuts ids;
            "warn" warns once per layer. Default "warn".
        special_tokens: list of str or None. Special tokens in addition to the named ones. Text
            never becomes a special token by accident. Default None.
        special_tokens_in_strings: bool. Whether special tokens are recognized in texts. Default
            False.
        errors: "strict", "replace" or "ignore". Whether bytes that are not UTF-8, and lone
            surrogates, are an error, become U+FFFD, or are dropped. Default "strict".
        pure_graph: bool. Whether TensorFlow tensors are tokenized by TensorFlow operations alone,
            so that the pipeline can be saved as a SavedModel. Otherwise the Python code runs inside
            the graph, which works in this process only. Default False.
        dtype: str. An integer dtype, or "string" for tokens in place of ids. Default "int32".

    Call arguments:
        inputs: str, a list, tuple or NumPy array of str (or UTF-8 bytes) of any rank, nested lists,
            a `tf` string tensor of any rank, dense or ragged, eager or in `Dataset.map`, or, on the
            TensorFlow backend, a symbolic `keras.Input(shape, dtype="string")`.

    Returns:
        For a str a list of ids, for a list of them a list of such lists; with `sequence_length`
        NumPy arrays `[..., sequence_length]`. For TensorFlow tensors a `tf` tensor with one axis
        more, ragged without `sequence_length`.

    Raises:
        TypeError: the input is of another type.
        ValueError: there is no vocabulary yet, or the text is invalid with `errors="strict"`.

    Example:
        >>> class WordLengthTokenizer(nlpkit.tokenizers.Tokenizer):
        ...     def tokenize(self, inputs):
        ...         return [len(word) for word in inputs.split()]
        >>> WordLengthTokenizer()("the quick fox")
        [3, 5, 3]
    """

    preset_kind: ClassVar[str] = "tokenizer"
    # A family sets: the attributes that hold its special tokens;
    special_token_names: ClassVar[tuple[str, ...]] = ()
    # an algorithm: the arguments that are files.
    assets: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        sequence_length: int | None = None,
        truncation: str = "warn",
        special_tokens: Sequence[str] | Mapping[str, int] | None = None,
        special_tokens_in_strings: bool = False,
        errors: str = "strict",
        pure_graph: bool = False,
        dtype: str = "int32",
        **kwargs: Any,
    ) -> None:
        super().__init__(dtype=dtype, **kwargs)
        if not self.compute_dtype.startswith(("int", "uint", "string")):
            raise ValueError(f'dtype must be an integer dtype or "string"; got {dtype!r}.')
        check_choice("errors", errors, ERRORS)
        self.sequence_length = sequence_length
        self.truncation = truncation
        self.special_tokens = special_tokens
        self.special_tokens_in_strings = special_tokens_in_strings
        self.errors = errors
        self.pure_graph = pure_graph
        self._report = TruncationReport(truncation, self.name)

    @explains_names
    def __call__(self, inputs: Data, **kwargs: Any) -> Any:
        """Convert strings to ids; the same as `tokenize`."""
        if isinstance(inputs, keras.KerasTensor):
            _check_symbolic_strings()
        return super().__call__(inputs, **kwargs)

    def call(self, inputs: Data) -> Any:
        return self.tokenize(inputs)

    def compute_output_spec(self, inputs: Data) -> Any:
        """The symbolic ids; a `.keras` file loads the vocabulary only after the graph."""
        if type(self).tokenize is not Tokenizer.tokenize:
            return super().compute_output_spec(inputs)
        shape = inputs.shape[:-1] if self._takes_words else inputs.shape
        return keras.KerasTensor((*shape, self.sequence_length), dtype=self.compute_dtype)

    @explains_names
    def tokenize(self, inputs: Data) -> Any:
        """Convert strings to ids; the same as calling the layer."""
        self._known()
        if is_tensorflow_value(inputs):
            from nlpkit.tokenizers.tf_data.tensor_input_tensorflow import tokenize_tensor

            return tokenize_tensor(self, inputs)
        return map_strings(self._tokenize_batch, inputs, self._takes_words, self.errors)

    def detokenize(self, inputs: Data) -> Any:
        """Convert ids to text.

        Args:
            inputs: ids of one text (rank 1) or of several (rank 2, ragged or dense): lists, arrays
                or tensors.

        Returns:
            A str or a list of str; a `tf` string tensor for TensorFlow tensors.

        Raises:
            TypeError: the ids are not integers.
            ValueError: an id is not in the vocabulary.
        """
        self._known()
        if is_tensorflow_value(inputs):
            from nlpkit.tokenizers.tf_data.tensor_input_tensorflow import detokenize_tensor

            return detokenize_tensor(self, inputs)
        rows, batched = to_rows(without_tensors(inputs), "inputs")
        texts = self._texts(rows)
        return texts if batched else texts[0]

    def encode(
        self, inputs: Data, *, max_length: int | None = None, stride: int | None = None
    ) -> Any:
        """Convert strings to ids with their tokens and character offsets.

        `sequence_length` and `dtype` have no effect on it.

        Args:
            inputs: str, or a list, tuple or NumPy array of them.
            max_length: int or None. The maximum number of tokens of an encoding. A longer text is
                cut after a whole word and reported as `truncation` says, or split into windows.
                Default None: no limit.
            stride: int or None. If set, a text becomes a list of windows of at most `max_length`
                tokens; each repeats at most `stride` tokens of the previous one, in whole words.
                Default None.

        Returns:
            An `Encoding` for a str, a list of them for a list; with `stride` a list of windows
            instead of each.

        Raises:
            ValueError: tokens are cut and `truncation="error"`; a word alone has more than
                `max_length` tokens.
        """
        if stride is not None and max_length is None:
            raise ValueError(f"stride needs max_length; got stride={stride}, max_length=None.")

        self._known()
        run = partial(self._encode_batch, max_length=max_length, stride=stride)
        return map_strings(run, inputs, errors=self.errors)

    def show(self, inputs: str) -> TokenDisplay:
        """Display the tokens of a text: colored in a notebook, plain when printed.

        Args:
            inputs: str. The text.
        """
        return TokenDisplay(inputs, self.encode(inputs))

    @classmethod
    def from_tokenizer_json(
        cls, path: str | Path, *, allow_patterns: bool = False, **arguments: Any
    ) -> Self:
        """Build a tokenizer from a Hugging Face `tokenizer.json`.

        Called on `Tokenizer` it returns a `WordPieceTokenizer`, a `BytePairTokenizer` or a
        `SentencePieceTokenizer`. The file's special tokens are special tokens here: in texts they
        are plain text, unless `special_tokens_in_strings`. Its settings of packing, truncation and
        padding are left to the preprocessor.

        Args:
            path: str or Path. The file.
            allow_patterns: bool. Whether to allow any regular expression, rather than only those of
                published models and those that always run in linear time. Default False.
            **arguments: constructor arguments that take precedence.

        Raises:
            TypeError: the file is for another class.
            ValueError: the file does not exist, is malformed, or needs something unsupported; the
                message names it.
        """
        from nlpkit.tokenizers.hugging_face_json.tokenizer_json import from_tokenizer_json

        built: Self = from_tokenizer_json(cls, path, arguments, allow_patterns)
        return built

    def save_files(self, folder: str | Path) -> list[str]:
        """Write the files of this tokenizer in Hugging Face's format; return their names."""
        raise NotImplementedError(f"{type(self).__name__} has no Hugging Face files.")

    @classmethod
    def from_files(
        cls, folder: str | os.PathLike[str], config: dict[str, Any], **arguments: Any
    ) -> Self:
        """Build a tokenizer from the files of a Hugging Face folder.

        Args:
            folder: path, or `FolderFiles`, which lists and reads the files.
            config: dict. The contents of `tokenizer_config.json`; empty if there is none.
            **arguments: constructor arguments that take precedence.
        """
        raise NotImplementedError(f"{cls.__name__} has no Hugging Face files.")

    @classmethod
    def starts_texts(cls, folder: FolderFiles) -> bool | None:
        """Whether a Hugging Face folder adds the start token to texts; None if unspecified.

        Args:
            folder: `FolderFiles`.
        """
        from nlpkit.tokenizers.hugging_face_json.tokenizer_folder import starts_texts

        return starts_texts(folder)

    def _constructor_arguments(self) -> dict[str, Any]:
        return super()._constructor_arguments() | self._asset_arguments()


def _check_symbolic_strings() -> None:
    from nlpkit.ops import backend  # Kernels, which tokenizers have no use for otherwise

    if not backend.HAS_STRINGS:
        raise TypeError(
            "A tokenizer takes symbolic inputs on the TensorFlow backend only; got one on "
            f"{keras.backend.backend()!r}. Tokenize strings before they reach the model."
        )
