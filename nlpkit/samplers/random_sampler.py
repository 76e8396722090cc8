"""Sampling from the whole distribution."""

from collections.abc import Hashable
from typing import Any

from nlpkit._types import Tensor
from nlpkit.ops.sampling import choose_by, sampling_weights
from nlpkit.samplers.loop.plan import Plan
from nlpkit.samplers.sampler import Sampler


class RandomSampler(Sampler):
    """Sample each token with the probability that the model assigns to it.

    Args:
        seed: int or None. The seed if `generate` is given none; None uses another each time.

    Example:
        >>> nlpkit.samplers.RandomSampler(temperature=0.7).get_config()
        {'seed': None, 'temperature': 0.7}
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed

    def structure(self) -> Hashable:
        # Those of nlpkit differ only in the values of the plan.
        own = type(self).__module__.startswith("nlpkit.")
        return RandomSampler if own else super().structure()

    def choose(self, logits: Tensor, uniform: Tensor, plan: Plan) -> Any:
        return choose_by(sampling_weights(logits, plan.parameters), uniform)
