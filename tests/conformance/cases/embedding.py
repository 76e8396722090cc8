"""The embedder of texts and its preprocessor."""

from typing import Any

import nlpkit
from conformance.cases.backbones import bert_backbone_arguments
from conformance.cases.case import Case
from conformance.cases.tokenizers import VOCABULARY, tokenizer

_PAIRS = (["the movie", "good", "great good", "was"], ["was", "great", "terrible", "good"])


def _packing_arguments() -> dict[str, Any]:
    return {
        "tokenizer": tokenizer(),
        "sequence_length": 8,
        "truncation": "silent",
        "padding_side": "left",
        "truncate": "waterfall",
        "text_end": "mask_token",
    }


def _embedder_arguments() -> dict[str, Any]:
    sizes = bert_backbone_arguments() | {"vocabulary_size": len(VOCABULARY), "dropout": 0.0}
    return {
        "backbone": nlpkit.models.BertBackbone(**sizes),
        "preprocessor": nlpkit.models.TextEmbedderPreprocessor(**_packing_arguments()),
        "pooling": "max",
        "projections": [{"units": 5, "activation": "tanh"}, {"units": 3, "use_bias": False}],
        "normalize": False,
        "prompts": {"query": "query: ", "passage": "passage: "},
        "default_prompt_name": "passage",
        "similarity_function": "dot",
        "truncate_dim": 2,
    }


_REDUCTION = {"reduction": "sum", "dtype": "float64"}
SPEARMAN = Case("SpearmanCorrelation", lambda: {"capacity": 9})
LOSSES = [
    Case("MultipleNegativesRankingLoss", lambda: {"scale": 5.0, **_REDUCTION}),
    Case(
        "CachedMultipleNegativesRankingLoss",
        lambda: {"scale": 5.0, "mini_batch_size": 7, **_REDUCTION},
    ),
    Case("CosineSimilarityLoss", lambda: _REDUCTION),
    Case("TripletLoss", lambda: {"distance": "cosine", "margin": 0.5, **_REDUCTION}),
    Case("MarginMSELoss", lambda: _REDUCTION),
    Case(
        "MatryoshkaLoss",
        lambda: {
            "loss": nlpkit.losses.CosineSimilarityLoss(),
            "dims": [2, 1],
            "weights": [1.0, 0.5],
            **_REDUCTION,
        },
    ),
]


def _reranker_arguments() -> dict[str, Any]:
    return {
        "backbone": _embedder_arguments()["backbone"],
        "preprocessor": nlpkit.models.BertPreprocessor(tokenizer(), 8),
        "activation": None,
        "dropout": 0.3,
        "pooling": "mean",
        "labels": ["score"],
        "problem_type": "regression",
    }


EMBEDDING = [
    Case(
        "Reranker",
        _reranker_arguments,
        exempt={"case_has_another_value_for_every_argument": "one class; no dense layer"},
        examples=(_PAIRS, [0.0, 1.0, 0.5, 1.0]),
    ),
    Case("TextEmbedderPreprocessor", _packing_arguments),
    Case("TextEmbedder", _embedder_arguments, examples=(_PAIRS,)),
]
