"""Running a model in mini batches, with the memory of one of them."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from nlpkit._types import Tensor
from nlpkit.ops import backend


def run_in_mini_batches(
    model: keras.Model, run: Callable[[Any], Any], inputs: dict[str, Tensor], size: int
) -> Any:
    """Run over a few rows at a time, and again for the gradient (Gao et al., 2021, 2101.06983).

    The gradient is that of all rows at once. Dropout is the same in both passes over a mini batch,
    since the states of the model's seeds go into each and come out of it.

    Args:
        model: `keras.Model`.
        run: calls the model with some rows of `inputs`.
        inputs: dict of tensors `[rows, …]`.
        size: int. The number of rows in a mini batch; the last is filled with copies of rows.

    Returns:
        A tensor `[rows, …]`.

    Raises:
        ValueError: layers add losses.
    """
    trained = model.trainable_variables
    weights = {id(variable) for variable in model.weights}
    seeds = [v for v in model.non_trainable_variables if id(v) not in weights]
    frozen = [(v, v.value) for v in model.non_trainable_variables if id(v) in weights]

    def step(parameters: list[Any], states: list[Any], rows: dict[str, Any]) -> Any:
        values = [*zip(trained, parameters, strict=True), *zip(seeds, states, strict=True)]
        with keras.StatelessScope([*frozen, *values], collect_losses=True) as scope:
            outputs = ops.cast(run(rows), keras.config.floatx())
        if scope.losses:
            raise ValueError(
                "A model that runs in mini batches must have no layers that add losses of their "
                f"own, such as experts with a balance_coefficient; {model.name} has."
            )
        return outputs, [scope.get_current_value(seed) for seed in seeds]

    count = ops.shape(next(iter(inputs.values())))[0]
    size = ops.minimum(size, count) if ops.is_tensor(count) else min(size, count)
    chosen = ops.arange(count + -count % size) % count
    batches = {
        name: ops.reshape(ops.take(x, chosen, axis=0), (-1, size, *ops.shape(x)[1:]))
        for name, x in inputs.items()
    }
    parameters, states = ([v.value for v in variables] for variables in (trained, seeds))
    outputs, states = backend.scan_rematerialized(step, parameters, states, batches)
    for seed, state in zip(seeds, states, strict=True):
        seed.assign(state)
    return ops.reshape(outputs, (-1, *outputs.shape[2:]))[:count]
