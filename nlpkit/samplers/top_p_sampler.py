"""Top-p (nucleus) sampling."""

from typing import Any

from nlpkit.samplers.parameters import check_parameter
from nlpkit.samplers.random_sampler import RandomSampler


class TopPSampler(RandomSampler):
    """Sample from the smallest set of tokens whose probabilities sum to at least `p`.

    Nucleus sampling (Holtzman et al., 2019, arXiv:1904.09751). Tokens exactly as likely as the
    last one are included.

    Args:
        p: float. The cumulative probability, above 0 and at most 1.
        k: int or None. Restricts the tokens to the `k` most likely first; None: no restriction.
            Not needed for speed.
        seed: int or None. The seed if `generate` is given none; None uses another each time.

    Example:
        >>> nlpkit.samplers.TopPSampler(p=0.9).get_config()
        {'p': 0.9, 'k': None, 'seed': None, 'temperature': 1.0}
    """

    def __init__(
        self, p: float = 0.1, k: int | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        check_parameter("top_p", p, "p")
        if k is not None:
            check_parameter("top_k", k, "k")
        self.p = p
        self.k = k

    def parameters(self) -> dict[str, float]:
        own = {"top_p": self.p} if self.k is None else {"top_p": self.p, "top_k": self.k}
        return own | super().parameters()
