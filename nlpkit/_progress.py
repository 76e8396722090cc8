"""A progress bar for long-running work."""

import time

import keras

_SECONDS_BEFORE_BAR = 2.0
_SECONDS_BETWEEN_UPDATES = 0.1


class ProgressBar:
    """Keras' progress bar, shown once the work has taken two seconds.

    Args:
        size: int. The total number of units.
        unit: str. The name of a unit, in the singular.
        verbose: int or str. 0 never shows it; any other value, such as "auto", does.
    """

    def __init__(self, size: int, unit: str, verbose: int | str = "auto") -> None:
        self._size = size
        self._unit = unit
        self._verbose = verbose
        self._due = time.monotonic() + _SECONDS_BEFORE_BAR
        self._bar: keras.utils.Progbar | None = None

    def update(self, done: int) -> None:
        """Show the number of units done."""
        if not self._verbose or done >= self._size or time.monotonic() <= self._due:
            return
        self._bar = self._bar or keras.utils.Progbar(self._size, unit_name=self._unit)
        self._bar.update(done, finalize=False)
        self._due = time.monotonic() + _SECONDS_BETWEEN_UPDATES

    def finish(self, done: int) -> None:
        """Finish the line of a bar that was shown."""
        if self._bar is not None:
            self._bar.update(done, finalize=True)
