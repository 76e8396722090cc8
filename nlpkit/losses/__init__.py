"""Losses of embeddings, for `TextEmbedder`."""

from typing import TYPE_CHECKING

from nlpkit._namespace import namespace

if TYPE_CHECKING:
    from nlpkit.losses.cached_multiple_negatives_ranking import (
        CachedMultipleNegativesRankingLoss as CachedMultipleNegativesRankingLoss,
    )
    from nlpkit.losses.cosine_similarity import CosineSimilarityLoss as CosineSimilarityLoss
    from nlpkit.losses.margin_mse import MarginMSELoss as MarginMSELoss
    from nlpkit.losses.matryoshka import MatryoshkaLoss as MatryoshkaLoss
    from nlpkit.losses.multiple_negatives_ranking import (
        MultipleNegativesRankingLoss as MultipleNegativesRankingLoss,
    )
    from nlpkit.losses.triplet import TripletLoss as TripletLoss

__all__, __getattr__, __dir__ = namespace(
    __name__,
    {
        "cached_multiple_negatives_ranking": "CachedMultipleNegativesRankingLoss",
        "cosine_similarity": "CosineSimilarityLoss",
        "margin_mse": "MarginMSELoss",
        "matryoshka": "MatryoshkaLoss",
        "multiple_negatives_ranking": "MultipleNegativesRankingLoss",
        "triplet": "TripletLoss",
    },
)
