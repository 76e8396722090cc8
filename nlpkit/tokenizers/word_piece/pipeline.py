"""The steps of a Hugging Face `tokenizer.json` on a WordPiece vocabulary."""

import json
from collections.abc import Mapping
from functools import partial

from nlpkit.tokenizers.base.vocabulary import Vocabulary
from nlpkit.tokenizers.hugging_face_json.part import added_ids
from nlpkit.tokenizers.hugging_face_json.pipeline import build_pipeline, content_of
from nlpkit.tokenizers.hugging_face_json.pipeline_algorithm import PipelineAlgorithm
from nlpkit.tokenizers.word_piece.algorithm import join_pieces


def build_algorithm(
    pipeline: str,
    vocabulary: Vocabulary,
    special: Mapping[str, int],
    found: bool,
    suffix_indicator: str,
) -> PipelineAlgorithm:
    """Build the algorithm of a `WordPieceTokenizer` with a pipeline.

    Args:
        pipeline: str. JSON.
        vocabulary: `Vocabulary`.
        special: dict of special token to id.
        found: bool. Whether these are recognized in texts.
        suffix_indicator: str. The prefix of pieces that continue a word.
    """
    content = content_of(pipeline, model_vocabulary(pipeline, vocabulary.ids))
    decoder = partial(join_pieces, vocabulary=vocabulary, suffix_indicator=suffix_indicator)
    return PipelineAlgorithm(vocabulary, build_pipeline(content, special, found), decoder)


def model_vocabulary(pipeline: str, ids: Mapping[str, int]) -> dict[str, int]:
    """The vocabulary without the added tokens that follow it."""
    added = added_ids(json.loads(pipeline))
    size = max((i + 1 for token, i in ids.items() if token not in added), default=0)
    return {token: i for token, i in ids.items() if i < size}
