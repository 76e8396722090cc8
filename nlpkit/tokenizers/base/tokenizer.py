"""The base of all tokenizers."""

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

import keras

from nlpkit._compat import is_tensorflow_value
from nlpkit._foreign_names import explains_names
from nlpkit.layers.preprocessing.preprocessing_layer import PreprocessingLayer, check_choice
from nlpkit.layers.preprocessing.truncation import TruncationReport
from nlpkit.ops.ragged import to_rows
from nlpkit.presets.preset import FromPreset
from nlpkit.tokenizers.base.algorithm import Algorithm
from nlpkit.tokenizers.base.ids_input import without_tensors
from nlpkit.tokenizers.base.string_input import ERRORS, map_strings
from nlpkit.tokenizers.base.token_display import TokenDisplay


class Tokenizer(Algorithm, FromPreset, PreprocessingLayer):
    """Base class of layers that turn strings into ids and back.

    An algorithm says how texts become ids (`_ids`), where in a text they stand (`_spans`), and how
    ids become text (`_text`); reading every form of input, special tokens, padding, TensorFlow
    tensors, encodings and look-ups are done here, so that ids are the same in every mode. A layer
    of your own may instead override `tokenize` and `detokenize`.

    Args:
        sequence_length: int or None. If set, results are dense: rows are padded on the right, with
            the padding token if the tokenizer has one and 0 otherwise, or cut. Default None.
        truncation: "error", "warn" or "silent". What to do when `sequence_length` cuts ids; "warn"
            does so once a layer. Default "warn".
        special_tokens: list of str or None. Further special tokens, beside those known by name. No
            text spells a special token by accident. Default None.
        special_tokens_in_strings: bool. Whether special tokens are recognised in texts. Default
            False.
        errors: "strict", "replace" or "ignore". Whether bytes that are not UTF-8, and lone
            surrogates, are an error, become U+FFFD, or are left out. Default "strict".
        pure_graph: bool. Whether TensorFlow tensors are tokenized by TensorFlow operations alone,
            so that the pipeline can be saved as a SavedModel. If not, the Python code runs inside
            the graph, which no other process can do. Default False.
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
        TypeError: the input is neither.
        ValueError: there is no vocabulary yet, or the text is not valid and `errors="strict"`.
    """

    preset_kind: ClassVar[str] = "tokenizer"

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
    def __call__(self, inputs: Any, **kwargs: Any) -> Any:
        """Turn strings into ids; `tokenize` is the same."""
        if isinstance(inputs, keras.KerasTensor):
            _check_symbolic_strings()
        return super().__call__(inputs, **kwargs)

    def call(self, inputs: Any) -> Any:
        return self.tokenize(inputs)

    def compute_output_spec(self, inputs: Any) -> Any:
        """The symbolic ids; a `.keras` file brings the vocabulary only after the graph."""
        if type(self).tokenize is not Tokenizer.tokenize:
            return super().compute_output_spec(inputs)
        shape = inputs.shape[:-1] if self._takes_words else inputs.shape
        return keras.KerasTensor((*shape, self.sequence_length), dtype=self.compute_dtype)

    @explains_names
    def tokenize(self, inputs: Any) -> Any:
        """Turn strings into ids, as calling the layer does."""
        self._known()
        if is_tensorflow_value(inputs):
            from nlpkit.tokenizers.tf_data.tensor_input_tensorflow import tokenize_tensor

            return tokenize_tensor(self, inputs)
        return map_strings(self._tokenize_batch, inputs, self._takes_words, self.errors)

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
            from nlpkit.tokenizers.tf_data.tensor_input_tensorflow import detokenize_tensor

            return detokenize_tensor(self, inputs)
        rows, batched = to_rows(without_tensors(inputs), "inputs")
        texts = self._texts(rows)
        return texts if batched else texts[0]

    def encode(
        self, inputs: Any, *, max_length: int | None = None, stride: int | None = None
    ) -> Any:
        """Turn strings into ids with their tokens and their places in the text.

        Neither `sequence_length` nor `dtype` bears on it.

        Args:
            inputs: str, or a list, tuple or NumPy array of them.
            max_length: int or None. The most tokens of an encoding. What is left of a longer text
                is cut after a whole word and reported as `truncation` says, or comes in further
                windows. Default None: no limit.
            stride: int or None. If set, a text becomes a list of windows of at most `max_length`
                tokens; each repeats at most `stride` tokens of the one before, as whole words.
                Default None.

        Returns:
            An `Encoding` for a str, a list of them for a list; with `stride` a list of windows in
            place of each.

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
        """The tokens of a text, to look at: coloured in a notebook, plain when printed.

        Args:
            inputs: str. The text.
        """
        return TokenDisplay(inputs, self.encode(inputs))

    @classmethod
    def from_tokenizer_json(
        cls, path: str | Path, *, allow_patterns: bool = False, **arguments: Any
    ) -> Self:
        """Build the tokenizer that a Hugging Face `tokenizer.json` describes.

        Called on `Tokenizer` it returns a `WordPieceTokenizer`, a `BytePairTokenizer` or a
        `SentencePieceTokenizer`. The file's special tokens are special tokens here: text that
        spells one is plain text, unless `special_tokens_in_strings`. What it says of packing,
        cutting and padding is left to the preprocessor.

        Args:
            path: str or Path. The file.
            allow_patterns: bool. Whether the file may have any regular expression, rather than
                those of published models and such as never take long. Default False.
            **arguments: constructor arguments that take precedence.

        Raises:
            TypeError: the file is that of another class.
            ValueError: there is no such file, it is malformed, or it asks for something that is not
                supported; the message names it.
        """
        from nlpkit.tokenizers.hugging_face_json.tokenizer_json import from_tokenizer_json

        built: Self = from_tokenizer_json(cls, path, arguments, allow_patterns)
        return built

    def save_files(self, folder: str | Path) -> list[str]:
        """Write the files a Hugging Face folder has for this tokenizer; returns their names."""
        raise NotImplementedError(f"{type(self).__name__} has no Hugging Face files.")

    @classmethod
    def from_files(
        cls, folder: str | os.PathLike[str], config: dict[str, Any], **arguments: Any
    ) -> Self:
        """Build from the files of a Hugging Face folder.

        Args:
            folder: path, or `FolderFiles`, which says which files there are and reads them.
            config: dict. What its `tokenizer_config.json` says; empty if there is none.
            **arguments: constructor arguments that take precedence.
        """
        raise NotImplementedError(f"{cls.__name__} has no Hugging Face files.")

    @classmethod
    def starts_texts(cls, folder: Any) -> bool | None:
        """Whether a Hugging Face folder has the start token put before texts; None if unsaid.

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
