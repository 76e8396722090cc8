"""Models whose variables hold their values at all times, on JAX too."""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import keras

from nlpkit._types import Tensor
from nlpkit.ops import backend


class _State(tuple[Any, ...]):
    """The state that JAX's trainer passes to a step, and the variables whose values it holds."""

    variables: list[list[Any]]


class AttachedState:
    """Mix-in for models, placed before `keras.Model`: neither errors nor threads lose state.

    Keras' trainer for JAX takes the values out of the variables for an epoch, and restores them at
    its end, if it gets there. Here each step reads the variables and writes their new values. So a
    model is complete after any error, in callbacks, and for other threads while it trains.

    `fit` and `evaluate`, which change variables and metrics, run in one thread at a time.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._training_lock = threading.RLock()
        self._step_lock = threading.RLock()
        self._synced = threading.local()

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        """See `keras.Model.fit`."""
        with self._in_turn():
            return super().fit(*args, **kwargs)  # type: ignore[misc]

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """See `keras.Model.evaluate`."""
        with self._in_turn():
            return super().evaluate(*args, **kwargs)  # type: ignore[misc]

    def train_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """See `keras.Model.train_on_batch`."""
        with self._in_turn():
            return super().train_on_batch(*args, **kwargs)  # type: ignore[misc]

    def test_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """See `keras.Model.test_on_batch`."""
        with self._in_turn():
            return super().test_on_batch(*args, **kwargs)  # type: ignore[misc]

    def make_train_function(self, force: bool = False) -> Any:
        """See `keras.Model.make_train_function`; dropout follows from seeds that are saved."""
        model: Any = self
        before = model.train_function
        made = super().make_train_function(force)  # type: ignore[misc]
        if model.train_function is not before:
            model.train_function = backend.seeded_step(model.train_function, model)
        return made

    def between_steps(self) -> AbstractContextManager[Any]:
        """A context in which no other thread trains: a step on JAX consumes variables' buffers."""
        return self._step_lock if backend.STATELESS else nullcontext()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Wait for other threads; after an error, undo what TensorFlow's trainer began to build."""
        model: Any = self
        with self._training_lock:
            if not backend.BUILDS_IN_STEPS or not model.compiled:
                yield
                return
            if model.optimizer is not None and not model.optimizer.built:
                model.optimizer.build(model.trainable_variables)
            parts = [model._compile_metrics, model._compile_loss]
            unbuilt = [part for part in parts if part is not None and not part.built]
            try:
                yield
            except BaseException:
                for part in unbuilt:
                    part.built = False
                    model.train_function = model.test_function = None
                raise

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Tensor = None) -> None:
        """Build from one device's batch; TensorFlow's trainer would sum those of several."""
        strategy: Any = getattr(self, "_distribute_strategy", None)
        if iterator is not None and strategy is not None:
            for _, _, batches in iterator:
                data_batch, iterator = next(batches), None
                break
            data_batch = keras.tree.map_structure(
                lambda x: strategy.experimental_local_results(x)[0], data_batch
            )
        super()._maybe_symbolic_build(iterator, data_batch)  # type: ignore[misc]

    def jax_state_sync(self) -> None:
        """Tell Keras that the variables hold their values, as they always do."""
        self._jax_state_synced = True

    @property
    def _jax_state_synced(self) -> bool:
        return getattr(self._synced, "value", True)

    @_jax_state_synced.setter
    def _jax_state_synced(self, value: bool) -> None:
        if hasattr(self, "_synced"):
            self._synced.value = value

    def _get_jax_state(self, *, purge_model_variables: bool = False, **kinds: bool) -> Any:
        wanted = [kind for kind, is_wanted in kinds.items() if is_wanted]
        variables = [
            list(self.optimizer.variables if "optimizer" in kind else getattr(self, kind))  # type: ignore[attr-defined]
            for kind in wanted
        ]
        return _state([[v.value for v in group] for group in variables], variables)

    def _make_function(self, step_function: Any, *args: Any, **kwargs: Any) -> Any:
        if backend.STATELESS:
            step_function = self._attached(step_function)
        return super()._make_function(step_function, *args, **kwargs)  # type: ignore[misc]

    def _attached(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """Make a step of JAX's trainer read its state from the variables, and write it there."""

        def attached(state: _State, data: Any) -> Any:
            with self.between_steps(), _uninterrupted():
                values = tuple([v._value for v in group] for group in state.variables)
                outputs, values = step(values, data)
                for group, new in zip(state.variables, values, strict=True):
                    for variable, value in zip(group, new, strict=True):
                        variable._direct_assign(value)
            return outputs, _state(values, state.variables)

        return attached


def _state(values: Iterable[list[Any]], variables: list[list[Any]]) -> _State:
    state = _State(values)
    state.variables = variables
    return state


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C until the end of the context, in which the variables' buffers are consumed."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    caught: list[Any] = []
    signal.signal(signal.SIGINT, lambda *arguments: caught.append(arguments))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if caught:
            handler(*caught[0])
