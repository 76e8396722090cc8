"""The steps of a Hugging Face `tokenizer.json` on a byte-pair vocabulary."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence

from tokenizers import Tokenizer as NativeTokenizer

from nlpkit.tokenizers.base.native_engine import native_text
from nlpkit.tokenizers.base.vocabulary import Vocabulary
from nlpkit.tokenizers.byte_pair.byte_alphabet import ByteDecoder
from nlpkit.tokenizers.byte_pair.files import BytePairs
from nlpkit.tokenizers.hugging_face_json.pipeline import (
    build_pipeline,
    content_of,
    is_byte_level,
    shown,
)
from nlpkit.tokenizers.hugging_face_json.pipeline_algorithm import PipelineAlgorithm


def build_algorithm(
    pipeline: str,
    vocabulary: Vocabulary,
    pairs: BytePairs,
    special: Mapping[str, int],
    found: bool,
    literal: Collection[str],
) -> PipelineAlgorithm:
    """Build the algorithm of a `BytePairTokenizer` with a pipeline.

    Args:
        pipeline: str. JSON.
        vocabulary: `Vocabulary`. All tokens.
        pairs: `BytePairs`.
        special: dict of special token to id.
        found: bool. Whether these are recognized in texts.
        literal: tokens that are plain text, not written in the byte alphabet.
    """
    content = content_of(pipeline, pairs.ids, pairs.merges)
    native = build_pipeline(content, special, found)
    decoder: Callable[[Sequence[int]], str] = ByteDecoder(vocabulary.tokens, literal)
    if not is_byte_level(json.loads(pipeline)):
        decoder = _decoder(native)
    return PipelineAlgorithm(vocabulary, native, decoder)


def _decoder(native: NativeTokenizer) -> Callable[[Sequence[int]], str]:
    return lambda ids: shown(native_text(native, ids))
