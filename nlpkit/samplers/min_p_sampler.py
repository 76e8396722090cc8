"""Min-p sampling."""

from typing import Any

from nlpkit.samplers.parameters import check_parameter
from nlpkit.samplers.random_sampler import RandomSampler


class MinPSampler(RandomSampler):
    """Sample from the tokens that are at least `p` times as likely as the most likely one.

    The set of tokens is small when the model is confident, and large when it is not (Nguyen et al.,
    2024, arXiv:2407.01082).

    Args:
        p: float. The minimum probability relative to the largest, from 0 (all tokens) to 1.
        seed: int or None. The seed if `generate` is given none; None uses another each time.

    Example:
        >>> nlpkit.samplers.MinPSampler(p=0.05, temperature=1.2).get_config()
        {'p': 0.05, 'seed': None, 'temperature': 1.2}
    """

    def __init__(self, p: float = 0.1, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        check_parameter("min_p", p, "p")
        self.p = p

    def parameters(self) -> dict[str, float]:
        return {"min_p": self.p} | super().parameters()
