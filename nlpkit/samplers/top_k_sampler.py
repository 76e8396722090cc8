"""Sampling from the k likeliest tokens."""

from typing import Any

from nlpkit.samplers.parameters import check_parameter
from nlpkit.samplers.random_sampler import RandomSampler


class TopKSampler(RandomSampler):
    """Draw each token from the `k` likeliest (Fan et al., 2018, arXiv:1805.04833).

    Tokens exactly as likely as the k-th take part as well.

    Args:
        k: int. The number of tokens to draw from, at least 1.
        seed: int or None. The seed where `generate` is given none; None takes another each time.

    Example:
        >>> import nlpkit
        >>> sampler = nlpkit.samplers.TopKSampler(k=5, temperature=0.7)
    """

    def __init__(self, k: int = 5, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        check_parameter("top_k", k, "k")
        self.k = k

    def parameters(self) -> dict[str, float]:
        return {"top_k": self.k} | super().parameters()
