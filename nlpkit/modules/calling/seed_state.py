"""The state of random numbers, saved with a layer's weights."""

from typing import Any

_PREFIX = "seed_generator_"


class SeedState:
    """Mix-in for layers that draw random numbers, placed before Keras' class.

    Keras does not save where the random numbers are; with it, training that is resumed from a file
    goes on as if it had not been interrupted. Files that do not hold it are read all the same.
    """

    _seed_generators: list[Any]

    def _generators(self) -> list[Any]:
        """The sources of random numbers, `keras.random.SeedGenerator`s."""
        return self._seed_generators

    def save_own_variables(self, store: Any) -> None:
        """Write the weights and the state."""
        super().save_own_variables(store)  # type: ignore[misc]
        for i, generator in enumerate(self._generators()):
            store[f"{_PREFIX}{i}"] = generator.state

    def load_own_variables(self, store: Any) -> None:
        """Read the weights, and the state if there is one."""
        names = list(store.keys())
        weights = {name: store[name] for name in names if not name.startswith(_PREFIX)}
        super().load_own_variables(weights)  # type: ignore[misc]
        for i, generator in enumerate(self._generators()):
            if f"{_PREFIX}{i}" in names:
                generator.state.assign(store[f"{_PREFIX}{i}"])
