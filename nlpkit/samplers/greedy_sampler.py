"""Greedy search."""

from collections.abc import Hashable
from typing import Any, ClassVar

from nlpkit._types import Tensor
from nlpkit.ops.sampling import greedy_choice
from nlpkit.samplers.loop.plan import Plan
from nlpkit.samplers.sampler import Sampler


class GreedySampler(Sampler):
    """Choose the most likely token; of equally likely ones, the one with the smallest id.

    Example:
        >>> nlpkit.samplers.GreedySampler().is_random
        False
    """

    def structure(self) -> Hashable:
        return GreedySampler if type(self) is GreedySampler else super().structure()

    draws: ClassVar[bool] = False

    def choose(self, logits: Tensor, uniform: Tensor, plan: Plan) -> Any:
        return greedy_choice(logits)
