"""CausalLMPreprocessor: texts for a language model to learn from, and prompts to continue."""

from typing import Any, ClassVar

import keras
import numpy as np

from nlpkit.layers.preprocessing.next_token_packer import NextTokenPacker, NextTokens
from nlpkit.layers.preprocessing.prompt_packer import PromptPacker
from nlpkit.ops.ragged import to_rows
from nlpkit.preprocessors.columns import read_column, read_columns
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.preprocessors.prompt_response import tokenize_columns
from nlpkit.tokenizers.base.ids_input import without_tensors
from nlpkit.tokenizers.base.tokenizer import Tokenizer

_PAIR = ("prompts", "responses")


class CausalLMPreprocessor(Preprocessor):
    """Turn texts, or prompts and responses, into what a causal language model learns from.

    The label of a token is the next one. Text is tokenized, put between the family's start and end
    tokens and brought to `sequence_length`; of longer text the end is cut, and the end token that
    then stands in its place does not count. It works in Python, in `tf.data` and in a `DataLoader`.

    With `packing`, a row holds as many of a call's texts as fit, so that short ones waste no
    computation: give it many a call. `sequence_ids` keep them apart, and no label crosses from one
    to the next. The number of rows is rounded up to one of few, with rows of padding.

    `generate_preprocess` and `generate_postprocess` are for generation. A family says by class
    attributes which special tokens of its tokenizer start a text (`start_token`; one that the
    tokenizer lacks is not added), end it (`end_token`) and fill up rows (`pad_token`; else that of
    the end).

    Args:
        tokenizer: `Tokenizer` of the family.
        sequence_length: int. The length of the rows; may be set later. Default 1024.
        add_start_token: bool. Whether texts begin with the start token. Default True.
        add_end_token: bool. Whether texts end with the end token. Default True.
        response_only: bool. Whether, of prompts and responses, only the response and the end token
            count; else the prompt too. Default True.
        packing: bool. Whether rows hold several texts. Default False.
        truncation: str. What happens when text is cut: "warn" (once a preprocessor), "error" or
            "silent". Default "warn".
        padding_side: str. "right" or "left". Default "right".
        **kwargs: `name` and `dtype` (of the ids; default "int32").

    Call arguments:
        x: a str, or a batch of them in any form (see `Preprocessor`); or a dict or table of
            `prompts` and `responses`, each of these, or a list of such dicts. What belongs between
            a prompt and its response, such as a space, is part of either: together they are one
            text, and are tokenized as it is.
        y, sample_weight: None; the preprocessor makes its own.
        sequence_length: int. Another length for this call. Default None.

    Returns:
        A tuple `(x, y, sample_weight)`. `x` is a dict of `token_ids` of `dtype` and `padding_mask`
        (bool, True where a token is), with `packing` also `positions` (int32, from 0 in each text)
        and `sequence_ids` (int32, 1 for the first text of a row, 0 for padding). `y` holds the next
        tokens, `sample_weight` (float32) is 1 where there is one that counts. All are
        `[batch, sequence_length]` (`[sequence_length]` for a single example), with `packing`
        `[rows, sequence_length]`.

    Raises:
        TypeError: the tokenizer is of another family, or `x` holds no strings.
        ValueError: labels or weights were passed; the tokenizer has no end token; text was cut and
            `truncation="error"`.

    Example:
        >>> tokenizer = nlpkit.tokenizers.ByteTokenizer()
        >>> preprocessor = CausalLMPreprocessor(tokenizer, sequence_length=4, add_end_token=False)
        >>> x, y, sample_weight = preprocessor(["abc"])
        >>> x["token_ids"], y
        (array([[97, 98, 99,  0]], dtype=int32), array([[98, 99,  0,  0]], dtype=int32))
        >>> sample_weight
        array([[1., 1., 0., 0.]], dtype=float32)
    """

    pass_instead: ClassVar[str] = 'with answers as {"prompts": …, "responses": …}'
    start_token: ClassVar[str] = "start_token"
    end_token: ClassVar[str] = "end_token"
    pad_token: ClassVar[str] = "pad_token"
    stop_tokens: ClassVar[tuple[str, ...]] = ("end_token",)

    def __init__(
        self,
        tokenizer: Tokenizer,
        sequence_length: int = 1024,
        add_start_token: bool = True,
        add_end_token: bool = True,
        *,
        response_only: bool = True,
        packing: bool = False,
        truncation: str = "warn",
        padding_side: str = "right",
        **kwargs: Any,
    ) -> None:
        super().__init__(tokenizer, **kwargs)
        self.sequence_length = sequence_length
        self.add_start_token = add_start_token
        self.add_end_token = add_end_token
        self.response_only = response_only
        self.packing = packing
        self.truncation = truncation
        self.padding_side = padding_side
        # A packer without the vocabulary's ids, so that wrong arguments are refused at once.
        NextTokenPacker(start_value=None, end_value=None, pad_value=0, **self._layout())

    @property
    def packer(self) -> NextTokenPacker:
        """The layer that lays out texts; it needs the tokenizer's vocabulary."""
        return self._part(
            NextTokenPacker,
            start_value=self._start_id(),
            end_value=self._special_ids((self.end_token,))[0] if self.add_end_token else None,
            pad_value=self._pad_id(),
            **self._layout(),
        )

    def call(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        sequence_length: int | None = None,
    ) -> tuple[dict[str, Any], Any, Any]:
        x, _, _ = self.read(x, y, sample_weight)
        columns = tokenize_columns(self.tokenizer, _texts(x, _PAIR))
        rows: NextTokens = self.packer(columns, sequence_length=sequence_length)
        features = {"token_ids": rows.token_ids, "padding_mask": rows.padding_mask}
        if self.packing:
            features |= {"positions": rows.positions, "sequence_ids": rows.sequence_ids}
        return features, rows.labels, rows.weights

    def compute_output_spec(self, x: Any, *_: Any, sequence_length: int | None = None) -> Any:
        """The symbolic outputs; a `.keras` file brings the vocabulary only after the graph."""
        length = self.sequence_length if sequence_length is None else sequence_length
        shape = (*keras.tree.flatten(x)[0].shape, length)
        dtypes = {"token_ids": self.compute_dtype, "padding_mask": "bool"}
        if self.packing:
            shape = (*(None for _ in shape[:-1]), length)
            dtypes |= {"positions": "int32", "sequence_ids": "int32"}
        features = {name: keras.KerasTensor(shape, dtype=dtype) for name, dtype in dtypes.items()}
        labels = keras.KerasTensor(shape, dtype=self.compute_dtype)
        return features, labels, keras.KerasTensor(shape, dtype="float32")

    def generate_preprocess(
        self,
        x: Any,
        sequence_length: int | None = None,
        *,
        padding_side: str | None = None,
        truncation: str = "error",
    ) -> dict[str, Any]:
        """Turn prompts into ids to be continued: with the start token, without the end token.

        Args:
            x: prompts, as texts to the preprocessor, or a dict of `prompts` alone.
            sequence_length: int. The most tokens of a prompt; the preprocessor's by default.
            padding_side: str. "right" makes rows of `sequence_length`, "left" rows as long as the
                longest prompt; the preprocessor's by default.
            truncation: str. What happens to a longer prompt: "error", or "left", which keeps the
                start token and the prompt's end and warns. Default "error".

        Returns:
            A dict of `token_ids` and `padding_mask`, `[batch, length]`, or `[length]` for a str.

        Raises:
            ValueError: a prompt is too long; it is empty, and no start token is added.
        """
        packer = self._part(
            PromptPacker,
            sequence_length=self.sequence_length if sequence_length is None else sequence_length,
            start_value=self._start_id(),
            pad_value=self._pad_id(),
            padding_side=self.padding_side if padding_side is None else padding_side,
            truncation=truncation,
            dtype=self.compute_dtype,
            name=self.name,
        )
        x, names = read_columns(x), ("prompts",)
        (prompts,) = _texts(_named(x, names) if isinstance(x, dict) else x, names)
        token_ids, padding_mask = packer(self.tokenizer(prompts))
        return {"token_ids": token_ids, "padding_mask": padding_mask}

    def generate_postprocess(self, x: Any) -> Any:
        """Turn generated ids into text, without padding and special tokens.

        Args:
            x: dict of `token_ids`, of one text or of several (lists of different lengths, arrays,
                tensors), and `padding_mask` of the same shape; without it all tokens are real.

        Returns:
            A str, or a list of them.
        """
        rows, batched = _rows(x["token_ids"])
        if x.get("padding_mask") is not None:
            masks, _ = _rows(x["padding_mask"])
            rows = [row[mask.astype(bool)] for row, mask in zip(rows, masks, strict=True)]
        hidden = self._hidden_ids()
        texts = self.tokenizer.detokenize([row[~np.isin(row, hidden)].tolist() for row in rows])
        return texts if batched else texts[0]

    def stop_token_ids(self) -> list[int]:
        """The ids that end a generated text."""
        return [i for i in map(self._id_or_none, self.stop_tokens) if i is not None]

    def _from_named(
        self, columns: dict[str, Any], y: Any, sample_weight: Any
    ) -> tuple[Any, Any, Any]:
        return _named(columns, _PAIR), y, sample_weight

    def _start_id(self) -> int | None:
        return self._id_or_none(self.start_token) if self.add_start_token else None

    def _pad_id(self) -> int:
        pad, end = map(self._id_or_none, (self.pad_token, self.end_token))
        return pad if pad is not None else end or 0

    def _id_or_none(self, name: str) -> int | None:
        found: int | None = getattr(self.tokenizer, f"{name}_id", None)
        return found

    def _hidden_ids(self) -> list[int]:
        """The special tokens that stand for no text; an unknown token does."""
        further = [n for n in self.tokenizer.special_token_names if n != "unk_token"]
        names = (self.start_token, self.pad_token, self.end_token, *self.stop_tokens, *further)
        return [i for i in map(self._id_or_none, names) if i is not None]

    def _layout(self) -> dict[str, Any]:
        return {
            "sequence_length": self.sequence_length,
            "response_only": self.response_only,
            "packing": self.packing,
            "truncation": self.truncation,
            "padding_side": self.padding_side,
            "dtype": self.compute_dtype,
            "name": self.name,
        }


def _named(x: dict[str, Any], names: tuple[str, ...]) -> Any:
    """The columns under `names`, or one of texts."""
    if set(x) == {"text"}:
        return read_column(x["text"], "x['text']")
    if set(x) != set(names):
        raise ValueError(f"x must be texts or a dict with the keys {names}; got {list(x)}.")
    return {name: read_column(x[name], f"x[{name!r}]") for name in names}


def _texts(x: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    """What columns hold that have been read: texts, or prompts and responses."""
    if isinstance(x, tuple) and len(x) > 1:
        raise ValueError(f"x must be texts or a dict with the keys {names}; got {len(x)} segments.")
    return tuple(x.values()) if isinstance(x, dict) else x if isinstance(x, tuple) else (x,)


def _rows(values: Any) -> tuple[list[np.ndarray], bool]:
    """Ids or a mask, of one text or of several, as arrays."""
    values = [*map(without_tensors, values)] if isinstance(values, list | tuple) else values
    rows, batched = to_rows(without_tensors(values), "token_ids and padding_mask")
    return [np.asarray(row) if len(row) else np.zeros(0, "int32") for row in rows], batched
