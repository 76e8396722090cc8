"""Tokenizer: the base class of tokenizers."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import keras
import numpy as np

from nlpkit._compat import is_tensorflow_value
from nlpkit._config import argument_names
from nlpkit._foreign_names import explains_names
from nlpkit._types import Data
from nlpkit.layers.preprocessing.packing.truncation import TruncationReport
from nlpkit.layers.preprocessing.preprocessing_layer import PreprocessingLayer, check_choice
from nlpkit.ops.data.ragged import Row, pad_rows, to_rows
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.preset import FromPreset
from nlpkit.tokenizers.base.algorithm import Algorithm
from nlpkit.tokenizers.base.encoding import Encoding
from nlpkit.tokenizers.base.ids_input import checked_ids, without_tensors
from nlpkit.tokenizers.base.special.added_tokens import with_added_tokens
from nlpkit.tokenizers.base.special.packing import Packing
from nlpkit.tokenizers.base.special.special_tokens import NO_TOKENS, SpecialTokens
from nlpkit.tokenizers.base.special.spelled_tokens import SpelledTokens
from nlpkit.tokenizers.base.string_input import ERRORS, map_strings, valid_texts
from nlpkit.tokenizers.base.token_display import TokenDisplay
from nlpkit.tokenizers.base.vocabulary import Vocabulary

Settings = TypeVar("Settings")


class Tokenizer(FromPreset, PreprocessingLayer):
    """Base class of layers that convert strings to ids and back.

    A tokenizer has an algorithm, which says how texts become ids and ids text. This class does all
    the rest: it reads every form of input, finds special tokens, pads, takes TensorFlow tensors,
    and gives encodings and lookups, so ids are the same in every mode. A class of tokenizers says
    what its arguments are, and makes the algorithm of them and of its vocabulary. A custom subclass
    may override `tokenize` and `detokenize` instead.

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
    # A family sets: the arguments that are its special tokens (`cls_token`), each with its id as
    # another attribute (`cls_token_id`);
    special_token_names: ClassVar[tuple[str, ...]] = ()
    bos_token_id: int
    cls_token_id: int
    end_token_id: int
    eos_token_id: int
    mask_token_id: int
    pad_token_id: int
    sep_token_id: int
    start_token_id: int
    unk_token_id: int
    # how its models take one or several segments, if that is known;
    packing: ClassVar[Packing | None] = None
    # a class with an algorithm: the arguments that are files.
    assets: ClassVar[tuple[str, ...]] = ()

    _algorithm: Algorithm | None = None
    _special = NO_TOKENS
    _spelled = SpelledTokens()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in cls.special_token_names:
            setattr(cls, f"{name}_id", _id_property(name))

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

    @property
    def has_vocabulary(self) -> bool:
        """Whether the tokenizer has a vocabulary, in any form."""
        return self._algorithm is not None

    def vocabulary_size(self) -> int:
        """Return the number of ids: one more than the largest."""
        return len(self._known())

    def get_vocabulary(self) -> list[Any]:
        """Return the tokens in the order of their ids; None for ids without a token."""
        return list(self._known().tokens)

    def id_to_token(self, id: int) -> str:
        """Return the token of an id.

        Raises:
            ValueError: the id is not in the vocabulary.
        """
        return self._known().token_of(id)

    def token_to_id(self, token: str) -> int:
        """Return the id of a token.

        Raises:
            ValueError: the token is not in the vocabulary.
        """
        return self._known().id_of(token)

    @property
    def special_tokens_map(self) -> dict[str, str]:
        """The named special tokens: `{"cls_token": "[CLS]", ...}`."""
        return {name: getattr(self, name) for name in self.special_token_names}

    def target_tokenizer(self) -> "Tokenizer":
        """Return the tokenizer of targets: this one, unless the family has two."""
        return self

    def ids_without_text(self) -> frozenset[int]:
        """The ids of the named special tokens but the unknown token, which stands for text."""
        names = [name for name in self.special_token_names if name != "unk_token"]
        ids = (getattr(self, f"{name}_id", None) for name in names)
        return frozenset(i for i in ids if i is not None)

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

    def save_files(
        self, folder: str | Path, starts_texts: bool = True, text_end: str | None = None
    ) -> list[str]:
        """Write the files of this tokenizer in Hugging Face's format; return their names.

        Args:
            folder: path.
            starts_texts: bool. Whether transformers is to start texts with the start token, in a
                family of decoders that has one.
            text_end: str or None. The special token with which it is to end them, by its argument's
                name; None for the family's.
        """
        raise NotImplementedError(f"{type(self).__name__} has no Hugging Face files.")

    @classmethod
    def reads(cls, folder: FolderFiles) -> bool:
        """Whether the files of a Hugging Face folder are of this tokenizer's kind.

        Args:
            folder: `FolderFiles`.
        """
        return True

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

    @classmethod
    def text_end(cls, folder: FolderFiles) -> str | None:
        """Which special token a Hugging Face folder adds to texts where the family adds none.

        Args:
            folder: `FolderFiles`.

        Returns:
            The name of its argument; None for no token.

        Raises:
            ValueError: several tokens end texts, or one that no argument has.
        """
        from nlpkit.tokenizers.hugging_face_json.tokenizer_folder import text_end

        if cls.packing is None or cls.packing.end:
            return None
        return text_end(folder, cls.special_token_names)

    @classmethod
    def _from_read(cls, read: Mapping[str, Any], arguments: dict[str, Any]) -> Self:
        """Build a tokenizer of what files say, as far as the class takes it, and of arguments."""
        known = argument_names(cls)
        return cls(**{name: value for name, value in read.items() if name in known} | arguments)

    def _constructor_arguments(self) -> dict[str, Any]:
        return super()._constructor_arguments() | self._asset_arguments()

    def _asset_arguments(self) -> dict[str, Any]:
        """The values of the constructor arguments that are files."""
        return {}

    @property
    def _takes_words(self) -> bool:
        """Whether an example is a list of words rather than a text."""
        return False

    def _settings(self, kind: type[Settings]) -> Settings:
        """A dataclass of those arguments that it has fields for."""
        return kind(**{field.name: getattr(self, field.name) for field in fields(kind)})  # type: ignore[arg-type]

    def _look_up_special_tokens(self, vocabulary: Vocabulary) -> SpecialTokens:
        """Look up the special tokens; raise a ValueError if the vocabulary lacks one."""
        named, others = self.special_tokens_map, self.special_tokens or ()
        return SpecialTokens.look_up(vocabulary, named, others, type(self).__name__)

    def _use(
        self,
        algorithm: Algorithm | None,
        special: SpecialTokens = NO_TOKENS,
        unsplittable: Iterable[str] = (),
        affixes: tuple[Sequence[int], Sequence[int]] = ((), ()),
    ) -> None:
        """Set the algorithm.

        Args:
            algorithm: `Algorithm`; None for none yet.
            special: the special tokens in its vocabulary.
            unsplittable: tokens that are always found whole in texts.
            affixes: the ids before and after those of every text.
        """
        whole: dict[str, int] = {}
        if algorithm is not None and not algorithm.finds_tokens:
            ids = algorithm.vocabulary.ids
            whole |= special.ids if self.special_tokens_in_strings else {}
            whole |= {token: ids[token] for token in unsplittable}
        if algorithm is not None:
            algorithm = with_added_tokens(algorithm, whole, affixes, not self._takes_words)
        is_plain = not (whole or self.special_tokens_in_strings or self._takes_words)
        self._spelled = SpelledTokens(special.ids if is_plain else ())
        self._special = special
        self._algorithm = algorithm

    def _running(self) -> Algorithm:
        """The algorithm; raise an error if there is none yet."""
        if self._algorithm is None:
            raise _no_algorithm(type(self))
        return self._algorithm

    def _known(self) -> Vocabulary:
        return self._running().vocabulary

    def _tokenize_batch(self, examples: Sequence[Any]) -> Any:
        self._spelled.report(examples)
        rows: Sequence[Any] = self._rows(examples)
        string = self.compute_dtype == "string"
        if string:
            tokens = self._known().tokens
            rows = [[tokens[i] for i in row] for row in rows]
        if self.sequence_length is None:
            return [row if isinstance(row, list) else list(row) for row in rows]
        cut = [row[: self.sequence_length] for row in rows]
        self._report_cut(rows, cut, self.sequence_length, "sequence_length")
        value = self._pad_value(string)
        return pad_rows(cut, self.sequence_length, value, self.compute_dtype, "right")

    def _rows(self, examples: Sequence[Any]) -> Sequence[Sequence[int]]:
        """The ids of each example: a text, or a list of words."""
        encode = self._running().encode
        if not self._takes_words:
            return encode(valid_texts(examples, self.errors))
        ids = iter(encode(valid_texts(list(chain.from_iterable(examples)), self.errors)))
        return [list(chain.from_iterable(islice(ids, len(words)))) for words in examples]

    def _encode_batch(
        self, texts: Sequence[str], max_length: int | None, stride: int | None
    ) -> list[Any]:
        algorithm, tokens = self._running(), self._known().tokens
        texts = valid_texts(texts, self.errors)
        encodings = [Encoding.of(algorithm.spans(text), tokens) for text in texts]
        if max_length is None:
            return encodings
        windows = [encoding.windows(max_length, stride or 0) for encoding in encodings]
        if stride is not None:
            return windows
        firsts = [first for first, *_ in windows]
        self._report_cut(encodings, firsts, max_length, "max_length")
        return firsts

    def _texts(self, rows: Sequence[Row]) -> list[str]:
        decode = self._running().decode
        return [decode(self._checked(row)) for row in rows]

    def _checked(self, row: Row) -> list[int]:
        """The ids of a text as a list; raise an error if they are not in the vocabulary."""
        return checked_ids(row, self._known().tokens)

    def _pad_value(self, string: bool) -> int | str:
        if "pad_token" not in self.special_token_names:
            return "" if string else 0
        i = self._special.by_name["pad_token"]
        return self.id_to_token(i) if string else i

    def _report_cut(
        self, rows: Sequence[Any], cut: Sequence[Any], length: int, argument: str
    ) -> None:
        lost = [len(row) - len(kept) for row, kept in zip(rows, cut, strict=True)]
        self._report(np.array(lost, int), length, argument)


def _no_algorithm(cls: type[Tokenizer]) -> Exception:
    if not cls.assets:
        return NotImplementedError(f"{cls.__name__} must define tokenize and detokenize.")
    return ValueError(f"{cls.__name__} has no vocabulary yet: pass {' and '.join(cls.assets)}.")


def _id_property(name: str) -> property:
    def special_id(self: Tokenizer) -> int:
        known = self._special.by_name.get(name)
        return self.token_to_id(getattr(self, name)) if known is None else known

    return property(special_id, doc=f"The id of `{name}`.")


def _check_symbolic_strings() -> None:
    from nlpkit.ops import backend  # Kernels, which tokenizers have no use for otherwise

    if not backend.HAS_STRINGS:
        raise TypeError(
            "A tokenizer takes symbolic inputs on the TensorFlow backend only; got one on "
            f"{keras.backend.backend()!r}. Tokenize strings before they reach the model."
        )
