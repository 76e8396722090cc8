"""Greedy search."""

from collections.abc import Hashable
from typing import Any, ClassVar

from nlpkit.ops.sampling import greedy_choice
from nlpkit.samplers.sampler import Plan, Sampler


class GreedySampler(Sampler):
    """Choose the likeliest token, the one with the smallest id of equally likely ones.

    Example:
        >>> import nlpkit
        >>> sampler = nlpkit.samplers.GreedySampler()
    """

    def structure(self) -> Hashable:
        return GreedySampler if type(self) is GreedySampler else super().structure()

    draws: ClassVar[bool] = False

    def choose(self, logits: Any, uniform: Any, plan: Plan) -> Any:
        return greedy_choice(logits)
