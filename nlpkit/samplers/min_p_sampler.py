"""Sampling from the tokens that are not much less likely than the likeliest."""

from typing import Any

from nlpkit.samplers.parameters import check_parameter
from nlpkit.samplers.random_sampler import RandomSampler


class MinPSampler(RandomSampler):
    """Draw each token from those at least `p` times as likely as the likeliest.

    Few tokens take part where the model is sure, and many where it is not (Nguyen et al., 2024,
    arXiv:2407.01082).

    Args:
        p: float. The share of the largest probability to reach, from 0 (all tokens) to 1.
        seed: int or None. The seed where `generate` is given none; None takes another each time.

    Example:
        >>> import nlpkit
        >>> sampler = nlpkit.samplers.MinPSampler(p=0.05, temperature=1.2)
    """

    def __init__(self, p: float = 0.1, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        check_parameter("min_p", p, "p")
        self.p = p

    def parameters(self) -> dict[str, float]:
        return {"min_p": self.p} | super().parameters()
