"""Prompts and responses as ids: a text is tokenized whole, and then parted where its prompt ends.

Tokenized by itself, a response would begin as a text does: SentencePiece puts a space before it,
and words across the border would be others than the ones a reader sees.
"""

from collections.abc import Sequence
from typing import Any

from nlpkit._compat import is_tensorflow_value
from nlpkit.tokenizers.base.encoding import Encoding
from nlpkit.tokenizers.base.string_input import map_strings
from nlpkit.tokenizers.base.tokenizer import Tokenizer


def tokenize_columns(tokenizer: Tokenizer, columns: Sequence[Any]) -> tuple[Any, ...]:
    """The ids of texts, or of prompts and responses.

    A token that reaches beyond the end of a prompt is the response's. (This is always done by the
    Python code, whatever the tokenizer's `pure_graph`.)

    Args:
        tokenizer: `Tokenizer`.
        columns: one column, of texts, or two of prompts and of responses: each a str, or a batch of
            them in any form that tokenizers take.

    Returns:
        For each column its ids.

    Raises:
        ValueError: there are not as many responses as prompts.
    """
    if len(columns) != 2 or tokenizer._takes_words:
        return tuple(map(tokenizer, columns))
    tensors = [is_tensorflow_value(column) for column in columns]
    if all(tensors):
        return _parted_tensors(tokenizer, *columns)
    if any(tensors):
        kinds = " and ".join(type(column).__name__ for column in columns)
        raise ValueError(f"prompts and responses must be TensorFlow tensors or not; got {kinds}.")
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
    if type(tokenizer)._spans is Tokenizer._spans:  # It says not where its tokens stand.
        return tokenizer.tokenize(prompts), tokenizer.tokenize(responses)
    texts = [prompt + response for prompt, response in zip(prompts, responses, strict=True)]
    encodings = tokenizer.encode(texts)
    sizes = [_size(*pair) for pair in zip(prompts, encodings, strict=True)]
    rows = [(encoding.ids, size) for encoding, size in zip(encodings, sizes, strict=True)]
    return [ids[:size] for ids, size in rows], [ids[size:] for ids, size in rows]


def _size(prompt: str, encoding: Encoding) -> int:
    """How many tokens stand for the prompt alone."""
    ends = (end for _, end in encoding.offsets)
    return next((i for i, end in enumerate(ends) if end > len(prompt)), len(encoding))


def _parted_tensors(tokenizer: Tokenizer, prompts: Any, responses: Any) -> tuple[Any, Any]:
    from nlpkit.ops.ragged_tensorflow import Output, map_rows, tf

    def part(*columns: Any) -> Any:
        texts = [map_strings(list, [row[0] for row in rows], errors=errors) for rows in columns]
        return _parted(tokenizer, *texts)

    errors = tokenizer.errors
    rows = [tf.expand_dims(column, -1) for column in (prompts, responses)]
    output = Output(tokenizer.compute_dtype, None)
    first, second = map_rows(part, rows, [output, output])
    return first, second
