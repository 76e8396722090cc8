"""GenerationMetrics: metrics of what a model generates while it trains."""

import inspect
from collections.abc import Sequence
from typing import Any

import keras

from nlpkit._types import Data, KerasIdentifier


class GenerationMetrics(keras.callbacks.Callback):
    """Generate from held-out texts as a model trains, and log metrics of what it generates.

    Metrics in `compile` see the most likely token after each token of a reference; what the model
    writes by itself is measured here. The results are added to the logs of an epoch, as
    "generated_bleu" for a metric named "bleu", or "generated_rouge-l_f1_score" where a metric has
    several results: pass this callback before those that read them, such as
    `keras.callbacks.EarlyStopping` and `ModelCheckpoint`, which must be told the `mode`.

    Args:
        data: tuple of two columns, what to generate from and the references, or list of such pairs.
            A reference is what is to be generated, without the prompt, or a list of several.
        metrics: metric of texts, such as `nlpkit.metrics.Bleu`, or list of metrics.
        every: int. The number of epochs after which texts are generated; they are after the last
            epoch, too. Default 1.
        prefix: str. What the names in the logs begin with. Default "generated_".
        **options: arguments of the model's `generate`, such as `max_new_tokens`. Prompts are left
            out of the result, unless `strip_prompt=False`.

    Raises:
        TypeError: the model has no `generate`.
        ValueError: `data` is empty or its columns differ in length, `every` is not positive, or two
            metrics have the same name.

    Example:
        >>> causal_lm = nlpkit.models.CausalLM.from_preset("gpt2_nano_en_shakespeare")
        >>> rate = nlpkit.metrics.WordErrorRate()
        >>> metrics = nlpkit.callbacks.GenerationMetrics(
        ...     (["ROMEO:"], ["I will go."]), rate, sampler="greedy", max_new_tokens=4
        ... )
        >>> history = causal_lm.fit(["JULIET: Go."], callbacks=[metrics], verbose=0)
        >>> sorted(history.history)
        ['accuracy', 'generated_word_error_rate', 'loss']
    """

    def __init__(
        self,
        data: Data,
        metrics: KerasIdentifier,
        every: int = 1,
        *,
        prefix: str = "generated_",
        **options: Any,
    ) -> None:
        super().__init__()
        if every < 1:
            raise ValueError(f"every must be at least 1; got {every}.")
        self.inputs, self.references = _columns(data)
        self.metrics = metrics if isinstance(metrics, list | tuple) else [metrics]
        self.every = every
        self.prefix = prefix
        self.options = options
        names = [metric.name for metric in self.metrics]
        if len({*names}) < len(names):
            raise ValueError(f"metrics must have different names; got {names}.")

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Check the model."""
        if not hasattr(self.model, "generate"):
            raise TypeError(
                f"GenerationMetrics needs a model with `generate`; got {self.model.name}."
            )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add the results to the logs, if it is time."""
        is_last = epoch + 1 == self.params.get("epochs") or self.model.stop_training
        if logs is not None and (is_last or (epoch + 1) % self.every == 0):
            logs.update(self.compute())

    def compute(self) -> dict[str, float]:
        """Generate, and return the results by name."""
        texts = self.model.generate(self.inputs, **self._options())
        found: dict[str, Any] = {}
        for metric in self.metrics:
            metric.reset_state()
            metric.update_state(self.references, texts)
            result, name = metric.result(), self.prefix + metric.name
            if isinstance(result, dict):
                found |= {f"{name}_{key}": value for key, value in result.items()}
            else:
                found[name] = result
        return {name: float(keras.ops.convert_to_numpy(value)) for name, value in found.items()}

    def _options(self) -> dict[str, Any]:
        taken = inspect.signature(self.model.generate).parameters
        usual = {"strip_prompt": True, "verbose": 0}
        return {name: x for name, x in usual.items() if name in taken} | self.options


def _columns(data: Data) -> tuple[Sequence[Any], Sequence[Any]]:
    if not isinstance(data, tuple):
        rows = [*data]
        if any(len(row) != 2 for row in rows):
            raise ValueError("data must be a tuple of two columns or a list of pairs.")
        data = tuple(zip(*rows, strict=True)) or ((), ())
    if len(data) != 2:
        raise ValueError(f"data must be a tuple of two columns; got {len(data)}.")
    inputs, references = map(list, data)
    if not inputs or len(inputs) != len(references):
        raise ValueError(
            "data must be as many texts to generate from as references, at least one; got "
            f"{len(inputs)} and {len(references)}."
        )
    return inputs, references
