"""CachedMultipleNegativesRankingLoss: the ranking of large batches in the memory of small ones."""

from typing import Any

from nlpkit.losses.multiple_negatives_ranking import MultipleNegativesRankingLoss


class CachedMultipleNegativesRankingLoss(MultipleNegativesRankingLoss):
    """`MultipleNegativesRankingLoss` of large batches in little memory.

    A `TextEmbedder` that is compiled with it embeds the texts of a batch a few at a time, and again
    to compute the gradient, which is the same (Gao et al., 2021, 2101.06983). A step costs one more
    forward pass; of what is kept in memory, only token ids and embeddings grow with the batch.

    Args:
        scale: float. The factor of the cosine similarities, an inverse temperature. Default 20.
        mini_batch_size: int. How many texts are embedded at a time. Default 32.
        **kwargs: `reduction`, `dtype` and `name` of `keras.losses.Loss`.

    Call arguments:
        y_true: ignored.
        y_pred: float `[batch, columns, dim]`: anchors, positives and, if any, negatives.

    Returns:
        float `[batch]`, before reduction.

    Raises:
        ValueError: there is one column, or `mini_batch_size` is not positive.

    Example:
        >>> embedder = nlpkit.models.TextEmbedder.from_preset("bert_nano_en_uncased_sst2")
        >>> embedder.compile(loss=nlpkit.losses.CachedMultipleNegativesRankingLoss())
        >>> pairs = ["A fine film.", "So boring."], ["A good movie!", "Dull."]
        >>> history = embedder.fit(pairs, batch_size=1024, verbose=0)
    """

    def __init__(self, scale: float = 20.0, mini_batch_size: int = 32, **kwargs: Any) -> None:
        if mini_batch_size < 1:
            raise ValueError(f"mini_batch_size must be at least 1; got {mini_batch_size}.")
        super().__init__(scale, **kwargs)
        self.mini_batch_size = mini_batch_size
