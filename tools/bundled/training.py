"""One way to train every model here: AdamW, a learning rate that rises and falls."""

import time
from typing import Any

import keras

_WARM_UP = 0.06  # Of all steps.
_REPORT_EVERY = 200  # Steps.


def train(model: Any, batches: Any, *, learning_rate: float) -> None:
    """Train for one epoch of `(features, probabilities of the classes)`."""
    steps = batches.num_batches
    model.compile(
        optimizer=optimizer(steps, learning_rate),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["categorical_accuracy"],
    )
    model.fit(batches, verbose=0, callbacks=[Report(steps)])


def optimizer(steps: int, learning_rate: float, weight_decay: float = 0.01) -> Any:
    """AdamW, for training of that many steps."""
    warm_up = max(1, int(_WARM_UP * steps))
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm_up, warmup_target=learning_rate, warmup_steps=warm_up
    )
    result = keras.optimizers.AdamW(schedule, weight_decay=weight_decay, beta_2=0.98)
    result.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return result


class Report(keras.callbacks.Callback):
    """Print the running loss now and then, a line each: it reads well in a log."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._steps = steps

    def on_train_begin(self, logs: Any = None) -> None:
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if (batch + 1) % _REPORT_EVERY == 0:
            seconds = time.perf_counter() - self._start
            loss = float(logs["loss"])
            print(
                f"  step {batch + 1} of {self._steps}, loss {loss:.4f}, {seconds:.0f} s", flush=True
            )
