"""Sampling from the likeliest tokens that share a probability."""

from typing import Any

from nlpkit.samplers.parameters import check_parameter
from nlpkit.samplers.random_sampler import RandomSampler


class TopPSampler(RandomSampler):
    """Draw each token from the fewest whose probabilities add up to at least `p`.

    Nucleus sampling (Holtzman et al., 2019, arXiv:1904.09751). Tokens exactly as likely as the
    last one take part as well.

    Args:
        p: float. The probability to reach, above 0 and at most 1.
        k: int or None. Draw from the `k` likeliest tokens, and among them by `p`; None: from all.
            Not needed for speed.
        seed: int or None. The seed where `generate` is given none; None takes another each time.

    Example:
        >>> import nlpkit
        >>> sampler = nlpkit.samplers.TopPSampler(p=0.9)
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
