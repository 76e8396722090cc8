"""Top-k sampling."""

from typing import Any

from nlpkit.samplers.parameters import check_parameter
from nlpkit.samplers.random_sampler import RandomSampler


class TopKSampler(RandomSampler):
    """Sample from the `k` most likely tokens (Fan et al., 2018, arXiv:1805.04833).

    Tokens exactly as likely as the k-th are included.

    Args:
        k: int. The number of tokens to sample from, at least 1.
        seed: int or None. The seed if `generate` is given none; None uses another each time.

    Example:
        >>> nlpkit.samplers.TopKSampler(k=5, temperature=0.7).get_config()
        {'k': 5, 'seed': None, 'temperature': 0.7}
    """

    def __init__(self, k: int = 5, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        check_parameter("top_k", k, "k")
        self.k = k

    def parameters(self) -> dict[str, float]:
        return {"top_k": self.k} | super().parameters()
