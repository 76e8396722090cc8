"""CausalLMPreprocessor: preprocessing of texts and prompts for causal language models."""

from typing import Any, ClassVar

import keras

from nlpkit._types import Data
from nlpkit.layers.preprocessing.packing.next_token_packer import NextTokenPacker, NextTokens
from nlpkit.layers.preprocessing.packing.prompt_packer import PromptPacker
from nlpkit.layers.preprocessing.preprocessing_layer import check_choice
from nlpkit.preprocessors.examples.columns import read_column, read_columns
from nlpkit.preprocessors.examples.prompt_response import tokenize_columns
from nlpkit.preprocessors.generation_preprocessor import GenerationPreprocessor
from nlpkit.tokenizers.base.tokenizer import Tokenizer

_PAIR = ("prompts", "responses")


class CausalLMPreprocessor(GenerationPreprocessor):
    """Convert texts, or prompts and responses, to training data for causal language models.

    The label of a token is the next token. Text is tokenized, the family's start and end tokens are
    added, and the result is padded or truncated to `sequence_length`; the end token of truncated
    text does not count as a label. It works in Python, in `tf.data` and in a `DataLoader`.

    With `packing`, a row holds as many texts of a call as fit, which saves computation on padding:
    pass many texts per call. `sequence_ids` separate them, and no label crosses from one text to
    the next. The number of rows is rounded up with rows of padding, to have few different shapes.

    `generate_preprocess` and `generate_postprocess` are for generation. A family's class attributes
    name the special tokens of its tokenizer that start a text (`start_token`; not added if the
    tokenizer lacks it), end it (`end_token`) and pad rows (`pad_token`; by default the end token).

    Args:
        tokenizer: `Tokenizer` of the family.
        sequence_length: int. The length of the rows; may be set later. Default 1024.
        add_start_token: bool. Whether texts begin with the start token. Default True.
        add_end_token: bool. Whether texts end with the end token. Default True.
        response_only: bool. Whether only the response and the end token count as labels, not the
            prompt. Default True.
        packing: bool. Whether rows hold several texts. Default False.
        truncation: str. What happens when text is cut: "warn" (once per preprocessor), "error" or
            "silent". Default "warn".
        padding_side: str. "right" or "left". Default "right".
        **kwargs: `name` and `dtype` (of the ids; default "int32").

    Call arguments:
        x: a str, or a batch of them in any form (see `Preprocessor`); or a dict or table of
            `prompts` and `responses`, each of these, or a list of such dicts. Anything between
            a prompt and its response, such as a space, must be part of one of them: they are
            tokenized as one text.
        y, sample_weight: None; the preprocessor makes its own.
        sequence_length: int. Overrides the preprocessor's for this call. Default None.

    Returns:
        A tuple `(x, y, sample_weight)`. `x` is a dict of `token_ids` of `dtype` and `padding_mask`
        (bool, True = real token), with `packing` also `positions` (int32, from 0 in each text)
        and `sequence_ids` (int32, 1 for the first text of a row, 0 for padding). `y` holds the next
        tokens, and `sample_weight` (float32) is 1 for those that count. All are
        `[batch, sequence_length]` (`[sequence_length]` for a single example), with `packing`
        `[rows, sequence_length]`.

    Raises:
        TypeError: the tokenizer is of another family, or `x` holds no strings.
        ValueError: labels or weights were passed; the tokenizer has no end token; text was cut with
            `truncation="error"`.

    Example:
        >>> tokenizer = nlpkit.tokenizers.ByteTokenizer()
        >>> preprocessor = nlpkit.models.CausalLMPreprocessor(
        ...     tokenizer, sequence_length=4, add_end_token=False
        ... )
        >>> x, y, sample_weight = preprocessor(["abc"])
        >>> x["token_ids"], y
        (array([[97, 98, 99,  0]], dtype=int32), array([[98, 99,  0,  0]], dtype=int32))
        >>> sample_weight
        array([[1., 1., 0., 0.]], dtype=float32)
    """

    pass_instead: ClassVar[str] = 'with answers as {"prompts": …, "responses": …}'

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
        # A packer without the vocabulary's ids, so that invalid arguments are rejected at once.
        NextTokenPacker(start_value=None, end_value=None, pad_value=0, **self._layout())

    @property
    def packer(self) -> NextTokenPacker:
        """The layer that packs texts; it needs the tokenizer's vocabulary."""
        return self._part(
            NextTokenPacker,
            start_value=self._start_id(),
            end_value=self._special_ids((self.end_token,))[0] if self.add_end_token else None,
            pad_value=self._pad_id(),
            **self._layout(),
        )

    def call(
        self,
        x: Data,
        y: Data = None,
        sample_weight: Data = None,
        sequence_length: int | None = None,
    ) -> tuple[dict[str, Any], Any, Any]:
        x, _, _ = self.read(x, y, sample_weight)
        columns = tokenize_columns(self.tokenizer, _texts(x, _PAIR))
        rows: NextTokens = self.packer(columns, sequence_length=sequence_length)
        features = {"token_ids": rows.token_ids, "padding_mask": rows.padding_mask}
        if self.packing:
            features |= {"positions": rows.positions, "sequence_ids": rows.sequence_ids}
        return features, rows.labels, rows.weights

    def compute_output_spec(self, x: Data, *_: Any, sequence_length: int | None = None) -> Any:
        """The symbolic outputs; a `.keras` file loads the vocabulary only after the graph."""
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
        x: Data,
        sequence_length: int | None = None,
        *,
        padding_side: str | None = None,
        truncation: str = "error",
    ) -> dict[str, Any]:
        """Convert prompts to ids for generation, with the start token but no end token.

        Args:
            x: prompts, in any form of texts, or a dict with only `prompts`.
            sequence_length: int. The maximum number of tokens of a prompt; by default the
                preprocessor's.
            padding_side: str. "right" makes rows of `sequence_length`, "left" rows as long as the
                longest prompt; the preprocessor's by default.
            truncation: str. What happens to a longer prompt: "error", or "left", which keeps the
                start token and the prompt's end and warns. Default "error".

        Returns:
            A dict of `token_ids` and `padding_mask`, `[batch, length]`, or `[length]` for a str.

        Raises:
            ValueError: a prompt is too long, or it is empty and no start token is added.
        """
        check_choice("truncation", truncation, ("error", "left"))
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

    def _from_named(
        self, columns: dict[str, Any], y: Data, sample_weight: Data
    ) -> tuple[Any, Any, Any]:
        return _named(columns, _PAIR), y, sample_weight

    def _start_id(self) -> int | None:
        return self._id_or_none(self.start_token) if self.add_start_token else None

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


def _texts(x: Data, names: tuple[str, ...]) -> tuple[Any, ...]:
    """Get the texts, or prompts and responses, from columns."""
    if isinstance(x, tuple) and len(x) > 1:
        raise ValueError(f"x must be texts or a dict with the keys {names}; got {len(x)} segments.")
    return tuple(x.values()) if isinstance(x, dict) else x if isinstance(x, tuple) else (x,)
