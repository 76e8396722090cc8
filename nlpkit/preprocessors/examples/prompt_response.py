"""Tokenization of prompts and responses: as one text, split where the prompt ends.

A response tokenized separately would begin like a text: SentencePiece would put a space before it,
and tokens at the boundary would differ from those of the whole text.
"""

from collections.abc import Sequence
from typing import Any

from nlpkit._compat import is_tensorflow_value
from nlpkit._types import Data
from nlpkit.tokenizers.base.encoding import Encoding
from nlpkit.tokenizers.base.string_input import map_strings
from nlpkit.tokenizers.base.tokenizer import Tokenizer


def tokenize_columns(tokenizer: Tokenizer, columns: Sequence[Any]) -> tuple[Any, ...]:
    """Tokenize texts, or prompts and responses.

    A token that extends beyond the end of a prompt belongs to the response. (This always uses the
    Python implementation, whatever the tokenizer's `pure_graph`.)

    Args:
        tokenizer: `Tokenizer`.
        columns: one column of texts, or two of prompts and of responses: each a str, or a batch of
            them in any form that tokenizers take.

    Returns:
        The ids of each column.

    Raises:
        ValueError: the numbers of prompts and responses differ.
    """
    if len(columns) != 2 or tokenizer._takes_words:
        return tuple(map(tokenizer, columns))
    tensors = [is_tensorflow_value(column) for column in columns]
    if all(tensors):
        return _parted_tensors(tokenizer, *columns)
    if any(tensors):
        kinds = " and ".join(type(column).__name__ for column in columns)
        raise ValueError(
            f"Either both prompts and responses or neither must be TensorFlow tensors; got {kinds}."
        )
    prompts, responses = (map_strings(list, column, errors=tokenizer.errors) for column in columns)
    if isinstance(prompts, str) and isinstance(responses, str):
        (first,), (second,) = _parted(tokenizer, [prompts], [responses])
        return first, second
    sizes = ["one" if isinstance(x, str) else len(x) for x in (prompts, responses)]
    if sizes[0] != sizes[1]:
        raise ValueError(
            "prompts and responses must be single texts or batches of the same size; got "
            f"{sizes[0]}, {sizes[1]}."
        )
    return _parted(tokenizer, prompts, responses)


def _parted(
    tokenizer: Tokenizer, prompts: Sequence[str], responses: Sequence[str]
) -> tuple[list[list[int]], list[list[int]]]:
    if tokenizer._algorithm is None:  # It does not give the offsets of its tokens.
        return tokenizer.tokenize(prompts), tokenizer.tokenize(responses)
    texts = [prompt + response for prompt, response in zip(prompts, responses, strict=True)]
    encodings = tokenizer.encode(texts)
    sizes = [_size(*pair) for pair in zip(prompts, encodings, strict=True)]
    rows = [(encoding.ids, size) for encoding, size in zip(encodings, sizes, strict=True)]
    return [ids[:size] for ids, size in rows], [ids[size:] for ids, size in rows]


def _size(prompt: str, encoding: Encoding) -> int:
    """The number of tokens that belong to the prompt alone."""
    ends = (end for _, end in encoding.offsets)
    return next((i for i, end in enumerate(ends) if end > len(prompt)), len(encoding))


def _parted_tensors(tokenizer: Tokenizer, prompts: Data, responses: Data) -> tuple[Any, Any]:
    from nlpkit.ops.data.ragged_tensorflow import Output, map_rows, tf

    def part(*columns: Any) -> Any:
        texts = [map_strings(list, [row[0] for row in rows], errors=errors) for rows in columns]
        return _parted(tokenizer, *texts)

    errors = tokenizer.errors
    rows = [tf.expand_dims(column, -1) for column in (prompts, responses)]
    output = Output(tokenizer.compute_dtype, None)
    first, second = map_rows(part, rows, [output, output])
    return first, second
