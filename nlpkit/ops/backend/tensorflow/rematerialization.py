"""Steps that are computed again for their gradients, in loops of TensorFlow."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from nlpkit.ops.backend.default.rematerialization import Step


def scan_rematerialized(
    step: Step, parameters: list[Any], states: list[Any], batches: Any
) -> tuple[Any, list[Any]]:
    """Loop over batches once for the outputs, and once for the sum of the gradients.

    `tf.recompute_grad` takes no masks, and `keras.ops.scan` no outputs unlike its states.
    """
    # Values as of now: variables would be read again for the gradient.
    states = [tf.identity(state) for state in states]
    count = tf.shape(tf.nest.flatten(batches)[0])[0]

    def at(i: Any) -> Any:
        return tf.nest.map_structure(lambda x: x[i], batches)

    def loop(visit: Callable[..., Any], carried: Any) -> tuple[list[Any], Any]:
        def body(i: Any, states: list[Any], carried: Any) -> Any:
            return i + 1, *visit(i, states, carried)

        _, last, carried = tf.while_loop(
            lambda i, *_: i < count, body, (tf.constant(0), states, carried)
        )
        return last, carried

    @tf.custom_gradient
    def run(*parameters: Any) -> Any:
        def forward(i: Any, states: list[Any], outputs: Any) -> Any:
            output, states = step([*parameters], states, at(i))
            return states, outputs.write(i, output)

        def gradient(upstream: Any, *_: Any) -> list[Any]:
            def backward(i: Any, states: list[Any], sums: list[Any]) -> Any:
                with tf.GradientTape() as tape:
                    tape.watch(parameters)
                    output, states = step([*parameters], states, at(i))
                found = tape.gradient(output, parameters, upstream[i], "zero")
                pairs = zip(sums, map(tf.convert_to_tensor, found), strict=True)
                return states, [total + part for total, part in pairs]

            return loop(backward, [tf.zeros_like(x) for x in parameters])[1]

        last, outputs = loop(forward, tf.TensorArray(keras.config.floatx(), size=count))
        return [outputs.stack(), *last], gradient

    outputs, *last = run(*parameters)
    return outputs, last
