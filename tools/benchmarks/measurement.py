"""What is timed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Run = Callable[[], Any]


@dataclass(frozen=True)
class Measurement:
    """One row of a table.

    Attributes:
        name: str. The table's row.
        contestants: by library, a function that prepares and returns what is timed.
        rounds: int. How often each runs.
        warm_up: int. Untimed runs before.
    """

    name: str
    contestants: Mapping[str, Callable[[], Run]]
    rounds: int
    warm_up: int = 2
