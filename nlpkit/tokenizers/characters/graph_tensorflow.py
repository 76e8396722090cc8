"""Bytes and code points with TensorFlow operations only."""

from typing import TYPE_CHECKING, Any

from nlpkit._compat import require
from nlpkit._types import TensorFlowTensor

if TYPE_CHECKING:
    from nlpkit.tokenizers.characters.algorithm import CharacterAlgorithm, CharacterSettings

tf: Any = require("tensorflow", "pure_graph=True")


def graph_bytes(algorithm: "CharacterAlgorithm", texts: TensorFlowTensor) -> Any:
    """The bytes of texts `[n]`, ragged `[n, None]`."""
    characters = tf.strings.bytes_split(_normalized(algorithm, texts))
    data = tf.reshape(tf.io.decode_raw(characters.flat_values, tf.uint8), [-1])
    return characters.with_flat_values(tf.cast(data, tf.int32))


def graph_code_points(algorithm: "CharacterAlgorithm", texts: TensorFlowTensor) -> Any:
    """The code points of texts `[n]`, ragged `[n, None]`."""
    points = tf.strings.unicode_decode(_normalized(algorithm, texts), "UTF-8")
    return tf.minimum(points, len(algorithm.vocabulary) - 1)


def transcode(
    texts: TensorFlowTensor, source: str, target: str, settings: "CharacterSettings"
) -> Any:
    """Convert a tensor of strings to another encoding."""
    return tf.strings.unicode_transcode(
        texts,
        source,
        target,
        errors=settings.errors,
        replacement_char=settings.replacement_char,
    )


def _normalized(algorithm: "CharacterAlgorithm", texts: TensorFlowTensor) -> Any:
    settings = algorithm.settings
    if settings.lowercase or settings.normalization_form:
        tf_text = require("tensorflow_text", "pure_graph=True")
        if settings.lowercase:
            texts = tf_text.case_fold_utf8(texts)
        if settings.normalization_form:
            texts = tf_text.normalize_utf8(texts, settings.normalization_form)
    replacement = algorithm.replacement.character
    if replacement is None:
        return texts
    return tf.strings.regex_replace(texts, "\ufffd", replacement.replace("\\", r"\\"))
