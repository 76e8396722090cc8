"""SentencePiece with TensorFlow operations only."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nlpkit._compat import require
from nlpkit._types import TensorFlowTensor
from nlpkit.presets.formats.safe_json import parse_json
from nlpkit.tokenizers.base.text_normalizer import TextNormalizer
from nlpkit.tokenizers.sentence_piece.hugging_face.json_reader import as_model
from nlpkit.tokenizers.sentence_piece.proto import SentencePieceProto
from nlpkit.tokenizers.sentence_piece.source import is_json
from nlpkit.tokenizers.tf_data.text_tensorflow import every_character, map_characters, quoted

if TYPE_CHECKING:
    from nlpkit.tokenizers.sentence_piece.algorithm import SentencePieceAlgorithm

tf: Any = require("tensorflow", "pure_graph=True")
tf_text: Any = require("tensorflow_text", "pure_graph=True")


def graph_ids(algorithm: "SentencePieceAlgorithm", texts: TensorFlowTensor) -> Any:
    """The ids of texts `[n]`, ragged `[n, None]`."""
    texts = _normalized(texts, **vars(algorithm.settings))
    data = algorithm.data
    arguments: dict[str, Any] = {}
    if is_json(data):
        data, arguments = _as_model(data)
    return _engine(data).tokenize(_normalized(texts, **arguments)).with_row_splits_dtype(tf.int64)


def graph_listed(data: bytes, ids: Mapping[str, int], unknown: int, texts: TensorFlowTensor) -> Any:
    """The ids in a vocabulary of the pieces of texts `[n]`, ragged `[n, None]`.

    Args:
        data: bytes. The model.
        ids: dict of token to id.
        unknown: int. The id of pieces without one.
        texts: `tf` string tensor.
    """
    rests = tf.strings.regex_replace(texts, "(?s)^>>.*?<<", "", replace_global=False)
    begins = tf.strings.length(rests) < tf.strings.length(texts)
    codes = tf.strings.regex_replace(texts, "(?s)^(>>.*?<<).*$", r"\1")
    codes = tf.ragged.boolean_mask(codes[:, None], begins[:, None])
    pieces = tf_text.SentencepieceTokenizer(model=data, out_type=tf.string).tokenize(rests)
    pieces = tf.concat([tf.cast(codes, tf.string), pieces], axis=1).with_row_splits_dtype(tf.int64)
    return pieces.with_flat_values(_looked_up(ids, unknown, pieces.flat_values))


def _looked_up(ids: Mapping[str, int], unknown: int, tokens: TensorFlowTensor) -> Any:
    """The ids of tokens `[n]`."""
    # By hashes in order, not a lookup table: a SavedModel would have to track it.
    known, values = tf.constant([*ids]), tf.constant([*ids.values()], tf.int32)
    hashes, asked = (tf.strings.to_hash_bucket_fast(x, 2**62) for x in (known, tokens))
    order = tf.argsort(hashes)
    places = tf.minimum(tf.searchsorted(tf.gather(hashes, order), asked), len(ids) - 1)
    found = tf.gather(order, places)
    return tf.where(tf.gather(known, found) == tokens, tf.gather(values, found), unknown)


def _normalized(
    texts: TensorFlowTensor,
    replacements: Mapping[str, str] | None = None,
    strip_accents: bool = False,
    lowercase: bool = False,
) -> Any:
    for old, new in (replacements or {}).items():
        texts = tf.strings.regex_replace(texts, quoted(old), new.replace("\\", r"\\"))
    if lowercase or strip_accents:
        texts = map_characters(texts, _changed_characters(strip_accents, lowercase))
    return texts


@lru_cache(maxsize=4)
def _as_model(data: bytes) -> tuple[bytes, dict[str, Any]]:
    try:
        return as_model(parse_json(data, "proto"))
    except ValueError as error:
        raise ValueError(
            "pure_graph=True needs a SentencePiece model, or a tokenizer.json equivalent to one. "
            f"{error} Use pure_graph=False."
        ) from None


def _engine(proto: bytes) -> Any:
    """The operation for a model.

    Of equally probable spellings, the older SentencePiece in tensorflow-text prefers others than
    `sentencepiece`: of one text in 300, that with "!!!!", say. The newer operation agrees with it,
    but knows neither byte fallback nor BPE.
    """
    if SentencePieceProto.parse(proto).is_plain_unigram:
        return tf_text.FastSentencepieceTokenizer(proto)
    return tf_text.SentencepieceTokenizer(model=proto, out_type=tf.int32)


@lru_cache
def _changed_characters(strip_accents: bool, lowercase: bool) -> dict[str, str]:
    """The native normalizer's replacement of each character that it changes.

    TensorFlow's own operations are of another Unicode version.
    """
    characters = list(every_character())
    normalized = TextNormalizer({}, strip_accents, lowercase)(characters)
    return {c: n for c, n in zip(characters, normalized, strict=True) if n != c}
