"""Steps that are computed again for their gradients."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

Step = Callable[[list[Any], list[Any], Any], tuple[Any, list[Any]]]


def scan_rematerialized(
    step: Step, parameters: list[Any], states: list[Any], batches: Any
) -> tuple[Any, list[Any]]:
    """Run a step over batches, and again for its gradient, which keeps no activations of others.

    Args:
        step: from parameters, states and a batch to an output, of Keras' float type, and the
            next states. It has no side effects.
        parameters: list of tensors, to which there are gradients.
        states: list of tensors that the first step gets.
        batches: tree of tensors `[batches, …]`.

    Returns:
        The outputs of all steps, `[batches, …]`, and the last states.
    """
    again = keras.remat(step)

    def advance(states: list[Any], batch: Any) -> tuple[list[Any], Any]:
        outputs, states = again(parameters, states, batch)
        return states, outputs

    states, outputs = ops.scan(advance, states, batches)
    return outputs, states
