"""Byte-level BPE with TensorFlow operations only."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nlpkit._compat import require
from nlpkit._types import TensorFlowTensor
from nlpkit.tokenizers.byte_pair.splitting.patterns_tensorflow import split_units, split_words

if TYPE_CHECKING:
    from nlpkit.tokenizers.byte_pair.algorithm import BytePairAlgorithm

tf: Any = require("tensorflow", "pure_graph=True")
tf_text: Any = require("tensorflow_text", "pure_graph=True")

_BUCKETS = 2**62


def graph_ids(algorithm: "BytePairAlgorithm", texts: TensorFlowTensor) -> Any:
    """The ids of texts `[n]`, ragged `[n, None]`."""
    if tf.executing_eagerly():
        # In eager mode, operations compile their patterns and read the model in each call.
        return algorithm.graph_function(texts)
    return _graph_ids(algorithm, texts)


def graph_function(algorithm: "BytePairAlgorithm") -> Any:
    """A function that computes the ids of texts `[n]`."""
    signature = [tf.TensorSpec([None], tf.string)]
    return tf.function(lambda texts: _graph_ids(algorithm, texts), signature)


def _graph_ids(algorithm: "BytePairAlgorithm", texts: TensorFlowTensor) -> Any:
    settings = algorithm.settings
    if settings.add_prefix_space:
        texts = tf.strings.regex_replace(texts, "^[^ ]", r" \0")
    if settings.normalization is not None:
        texts = tf_text.normalize_utf8(texts, settings.normalization)
    units = split_units(texts, settings.split_pattern)
    # Text is repetitive: most units of a batch occur more than once.
    distinct, places = tf.unique(units.flat_values)
    words = split_words(distinct, settings.split_pattern)
    ids = words.with_flat_values(_spell(algorithm, words.flat_values)).merge_dims(1, 2)
    return units.with_flat_values(tf.gather(ids, places)).merge_dims(1, 2)


def _spell(algorithm: "BytePairAlgorithm", words: TensorFlowTensor) -> Any:
    """The ids of words `[n]`, ragged `[n, None]`."""
    model = algorithm.sentence_piece_model
    if not model.whole:
        return _merge(algorithm, words)
    found = _look_up(model.whole, words)
    is_whole = found >= 0
    whole = tf.RaggedTensor.from_row_lengths(found[is_whole], tf.cast(is_whole, tf.int64))
    return tf.concat([whole, _merge(algorithm, tf.where(is_whole, "", words))], axis=1)


def _merge(algorithm: "BytePairAlgorithm", words: TensorFlowTensor) -> Any:
    if algorithm.missing:
        words = _without_missing(algorithm, words)
    model = algorithm.sentence_piece_model
    speller = tf_text.SentencepieceTokenizer(model=model.proto, out_type=tf.int32)
    pieces = speller.tokenize(words)
    return pieces.with_flat_values(tf.gather(tf.constant(model.ids, "int32"), pieces.flat_values))


def _without_missing(algorithm: "BytePairAlgorithm", words: TensorFlowTensor) -> Any:
    missing = "".join(f"\\x{{{byte:x}}}" for byte in algorithm.missing)
    kept = tf.strings.regex_replace(words, f"[{missing}]", "")
    if algorithm.unknown_id is None:
        return kept
    message = f"vocabulary must contain every byte of a text; it lacks {algorithm.missing!r:.80}."
    with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(kept == words), [message])]):
        return tf.identity(kept)


def _look_up(table: dict[str, int], words: TensorFlowTensor) -> Any:
    """The id of each word, -1 where there is none.

    A hash table would be a resource, which a `tf.data` service cannot send.
    """
    with tf.init_scope():
        hashes = tf.strings.to_hash_bucket_fast(list(table), _BUCKETS).numpy()
    order = np.argsort(hashes)
    known = tf.constant(np.array(list(table), object)[order], "string")
    ids = tf.constant(np.array(list(table.values()))[order], "int32")
    of_words = tf.strings.to_hash_bucket_fast(words, _BUCKETS)
    places = tf.searchsorted(tf.constant(hashes[order]), of_words)
    places = tf.minimum(places, len(table) - 1)
    return tf.where(tf.gather(known, places) == words, tf.gather(ids, places), -1)
