"""Seq2SeqLMPreprocessor: preprocessing of source and target texts for encoder-decoders."""

from typing import Any, ClassVar

import keras

from nlpkit._types import Data
from nlpkit.layers.preprocessing.packing.next_token_packer import NextTokenPacker, NextTokens
from nlpkit.layers.preprocessing.packing.prompt_packer import PromptPacker
from nlpkit.layers.preprocessing.packing.start_end_packer import StartEndPacker
from nlpkit.layers.preprocessing.preprocessing_layer import check_choice
from nlpkit.preprocessors.examples.columns import read_column, read_columns
from nlpkit.preprocessors.generation_preprocessor import GenerationPreprocessor
from nlpkit.tokenizers.base.special.packing import Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer

_PAIR = ("encoder_text", "decoder_text")


class Seq2SeqLMPreprocessor(GenerationPreprocessor):
    """Convert pairs of texts to training data for sequence-to-sequence language models.

    The first text of a pair, the source, is the encoder's; the label of a token of the second, the
    target, is the next one. Both are tokenized, get the family's special tokens, and are padded or
    truncated. It works in Python, in `tf.data` and in a `DataLoader`.

    `generate_preprocess` and `generate_postprocess` are for generation. What starts a target stands
    in the `packing` of the family's tokenizer.

    Args:
        tokenizer: `Tokenizer` of the family.
        encoder_sequence_length: int. The length of the rows of sources. Default 1024.
        decoder_sequence_length: int. The length of the rows of targets; also available as the
            attribute `sequence_length`. Default 1024.
        truncation: str. What happens when text is cut: "warn" (once per preprocessor), "error" or
            "silent". Default "warn".
        padding_side: str. "right" or "left". Default "right".
        **kwargs: `name` and `dtype` (of the ids; default "int32").

    Call arguments:
        x: a dict or table of `encoder_text` and `decoder_text`, each a str or a batch of them in
            any form (see `Preprocessor`), or a list of such dicts; or pairs: a tuple of two
            columns, or a list of pairs.
        y, sample_weight: None; the preprocessor makes its own.
        encoder_sequence_length, decoder_sequence_length: int. Override the preprocessor's for this
            call. Default None.
        sequence_length: int. Another name of `decoder_sequence_length`. Default None.

    Returns:
        A tuple `(x, y, sample_weight)`. `x` is a dict of `encoder_token_ids` and
        `decoder_token_ids` of `dtype`, `encoder_padding_mask` and `decoder_padding_mask` (bool,
        True = real token). `y` holds the next tokens of the targets, and `sample_weight` (float32)
        is 1 for those that count. All are `[batch, encoder_sequence_length]` or
        `[batch, decoder_sequence_length]`, for a single example without the batch axis.

    Raises:
        TypeError: the tokenizer is of another family, or `x` holds no strings.
        ValueError: `x` holds no pairs; labels or weights were passed; the tokenizer lacks a special
            token; text was cut with `truncation="error"`.

    Example:
        >>> proto = nlpkit.tokenizers.compute_sentence_piece_proto(["ab ba"], 7)
        >>> tokenizer = nlpkit.models.T5Tokenizer(proto, extra_ids=0)
        >>> preprocessor = nlpkit.models.T5Seq2SeqLMPreprocessor(tokenizer, 4, 4)
        >>> x, y, sample_weight = preprocessor({"encoder_text": ["ab"], "decoder_text": ["ba"]})
        >>> x["decoder_token_ids"][:, 1:].tolist() == y[:, :-1].tolist()
        True
    """

    pass_instead: ClassVar[str] = 'with targets as {"encoder_text": …, "decoder_text": …}'
    generated: ClassVar[str] = "decoder_"

    def __init__(
        self,
        tokenizer: Tokenizer,
        encoder_sequence_length: int = 1024,
        decoder_sequence_length: int = 1024,
        *,
        truncation: str = "warn",
        padding_side: str = "right",
        **kwargs: Any,
    ) -> None:
        super().__init__(tokenizer, **kwargs)
        self.encoder_sequence_length = encoder_sequence_length
        self.decoder_sequence_length = decoder_sequence_length
        self.truncation = truncation
        self.padding_side = padding_side
        # Packers without the vocabulary's ids, so that invalid arguments are rejected at once.
        for length in (encoder_sequence_length, decoder_sequence_length):
            StartEndPacker(length, **self._layout(0))

    @property
    def sequence_length(self) -> int:
        """The length of the rows of targets."""
        return self.decoder_sequence_length

    @sequence_length.setter
    def sequence_length(self, length: int) -> None:
        self.decoder_sequence_length = length

    @property
    def encoder_packer(self) -> StartEndPacker:
        """The layer that packs sources; it needs the tokenizer's vocabulary."""
        start, end = self._around_sources()
        return self._part(
            StartEndPacker,
            sequence_length=self.encoder_sequence_length,
            start_value=start,
            end_value=end,
            return_padding_mask=True,
            **self._layout(self._pad_id()),
        )

    @property
    def decoder_packer(self) -> NextTokenPacker:
        """The layer that packs targets; it needs the tokenizer's vocabulary."""
        return self._part(
            NextTokenPacker,
            sequence_length=self.decoder_sequence_length,
            start_value=self.decoder_start_ids,
            end_value=self._special_ids((self.end_token,)),
            response_only=False,
            packing=False,
            **self._layout(self._pad_id()),
        )

    def call(
        self,
        x: Data,
        y: Data = None,
        sample_weight: Data = None,
        encoder_sequence_length: int | None = None,
        decoder_sequence_length: int | None = None,
        sequence_length: int | None = None,
    ) -> tuple[dict[str, Any], Any, Any]:
        x, _, _ = self.read(x, y, sample_weight)
        sources, targets = _pair(x)
        token_ids, padding_mask = self.encoder_packer(
            self.tokenizer(sources), sequence_length=encoder_sequence_length
        )
        length = sequence_length if decoder_sequence_length is None else decoder_sequence_length
        target_ids = self.tokenizer.target_tokenizer()(targets)
        rows: NextTokens = self.decoder_packer((target_ids,), sequence_length=length)
        features = {
            "encoder_token_ids": token_ids,
            "encoder_padding_mask": padding_mask,
            "decoder_token_ids": rows.token_ids,
            "decoder_padding_mask": rows.padding_mask,
        }
        return features, rows.labels, rows.weights

    def compute_output_spec(
        self,
        x: Data,
        *_: Any,
        encoder_sequence_length: int | None = None,
        decoder_sequence_length: int | None = None,
        sequence_length: int | None = None,
    ) -> Any:
        """The symbolic outputs; a `.keras` file loads the vocabulary only after the graph."""
        batch = keras.tree.flatten(x)[0].shape
        source = (*batch, encoder_sequence_length or self.encoder_sequence_length)
        length = decoder_sequence_length or sequence_length or self.decoder_sequence_length
        target = (*batch, length)
        features = {
            f"{side}_{name}": keras.KerasTensor(shape, dtype=dtype)
            for side, shape in (("encoder", source), ("decoder", target))
            for name, dtype in (("token_ids", self.compute_dtype), ("padding_mask", "bool"))
        }
        labels = keras.KerasTensor(target, dtype=self.compute_dtype)
        return features, labels, keras.KerasTensor(target, dtype="float32")

    def generate_preprocess(
        self,
        x: Data,
        *,
        encoder_sequence_length: int | None = None,
        decoder_sequence_length: int | None = None,
        sequence_length: int | None = None,
        padding_side: str | None = None,
        truncation: str = "error",
    ) -> dict[str, Any]:
        """Convert sources, and the beginnings of targets, to ids for generation.

        Args:
            x: sources, in any form of texts; or a dict of `encoder_text`, and perhaps of
                `decoder_text`, what the targets begin with; or a tuple of both.
            encoder_sequence_length, decoder_sequence_length: int. The maximum numbers of tokens; by
                default the preprocessor's.
            sequence_length: int. Another name of `decoder_sequence_length`.
            padding_side: str. "right" makes rows of these lengths, "left" rows as long as the
                longest text; the preprocessor's by default.
            truncation: str. What happens to a longer source: "error", or "right", which keeps its
                beginning and warns. Default "error".

        Returns:
            A dict of `encoder_token_ids`, `encoder_padding_mask`, `decoder_token_ids` and
            `decoder_padding_mask`, `[batch, length]`, or `[length]` for a str.

        Raises:
            ValueError: a text is too long.
        """
        check_choice("truncation", truncation, ("error", "right"))
        sources, prompts = _sources_and_prompts(read_columns(x))
        ids = self.tokenizer(sources)
        begun = _without_tokens(ids)
        if prompts is not None:
            begun = self.tokenizer.target_tokenizer()(prompts)
        side = self.padding_side if padding_side is None else padding_side
        start, end = self._around_sources()
        prompt_length = decoder_sequence_length or sequence_length or self.decoder_sequence_length
        token_ids, padding_mask = self._prompt_packer(
            encoder_sequence_length or self.encoder_sequence_length,
            start_value=start,
            end_value=end,
            padding_side=side,
            truncation=truncation,
        )(ids)
        prompt_ids, prompt_mask = self._prompt_packer(
            prompt_length,
            start_value=self.decoder_start_ids,
            padding_side=side,
            truncation="error",
        )(begun)
        return {
            "encoder_token_ids": token_ids,
            "encoder_padding_mask": padding_mask,
            "decoder_token_ids": prompt_ids,
            "decoder_padding_mask": prompt_mask,
        }

    @property
    def decoder_start_ids(self) -> list[int]:
        """The ids of the tokens that start a target."""
        return self._special_ids((self.tokenizer.packing or Packing()).target)

    def _from_named(
        self, columns: dict[str, Any], y: Data, sample_weight: Data
    ) -> tuple[Any, Any, Any]:
        return _pair(columns), y, sample_weight

    def _around_sources(self) -> tuple[list[int], list[int]]:
        """The ids before and after a source, as the family's tokenizer says."""
        packing = self.tokenizer.packing or Packing()
        return self._special_ids(packing.start), self._special_ids(packing.end)

    def _prompt_packer(self, sequence_length: int, **arguments: Any) -> PromptPacker:
        own = {"pad_value": self._pad_id(), "dtype": self.compute_dtype, "name": self.name}
        return PromptPacker(sequence_length, **arguments, **own)

    def _layout(self, pad_id: int) -> dict[str, Any]:
        return {
            "pad_value": pad_id,
            "truncation": self.truncation,
            "padding_side": self.padding_side,
            "dtype": self.compute_dtype,
            "name": self.name,
        }


def _pair(x: Data) -> tuple[Any, Any]:
    """The sources and the targets, from columns."""
    if isinstance(x, dict) and set(x) == set(_PAIR):
        x = tuple(read_column(x[name], f"x[{name!r}]") for name in _PAIR)
    if not isinstance(x, tuple) or len(x) != 2:
        given = f"the keys {list(x)}" if isinstance(x, dict) else f"a {type(x).__name__}"
        raise ValueError(
            f"x must be a dict with the keys {_PAIR}, or pairs: a tuple of two columns, or a list "
            f"of pairs; got {given}."
        )
    return x


def _sources_and_prompts(x: Data) -> tuple[Any, Any]:
    """The sources, and what their targets begin with, or None."""
    if isinstance(x, dict) and len(x) == 1 and {*x} <= {"text", _PAIR[0]}:
        (name,) = x
        return read_column(x[name], f"x[{name!r}]"), None
    return _pair(x) if isinstance(x, dict | tuple) else (x, None)


def _without_tokens(ids: Any) -> Any:
    """Empty texts, as many as there are in ids of any form."""
    if not isinstance(ids, list):
        return ids[..., :0]
    return [[] for _ in ids] if ids and isinstance(ids[0], list) else []
