"""Trials of a transcript at several temperatures (Radford et al., 2022, 4.5)."""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True)
class Trials:
    """The temperatures to try in turn, and when a transcript is to be tried again.

    Attributes:
        temperatures: at least one.
        threshold: float or None. The compression ratio that is too large.
    """

    temperatures: tuple[float, ...]
    threshold: float | None

    @classmethod
    def of(cls, temperature: float | Sequence[float], threshold: float | None) -> Self:
        """Read the arguments of `transcribe`.

        Raises:
            ValueError: a temperature is negative, or there are several and no threshold.
        """
        given = (temperature,) if isinstance(temperature, int | float) else tuple(temperature)
        if not given or not all(isinstance(x, int | float) and 0 <= x < math.inf for x in given):
            raise ValueError(f"temperature must be numbers of at least 0; got {temperature!r}.")
        if len(given) > 1 and threshold is None:
            raise ValueError(
                f"Of temperature={temperature!r} the first would do for every transcript; pass "
                "compression_ratio_threshold, such as 1.35."
            )
        return cls(given, threshold)

    @property
    def rest(self) -> Self:
        """The trials after the first."""
        return replace(self, temperatures=self.temperatures[1:])

    def end(self, ids: Sequence[int], vocabulary_size: int) -> bool:
        """Whether the first trial, which gave these ids, is the last."""
        ratio = compression_ratio(ids, vocabulary_size)
        return len(self.temperatures) == 1 or self.threshold is None or ratio <= self.threshold


def compression_ratio(ids: Sequence[int], vocabulary_size: int) -> float:
    """How many times fewer bytes the ids have when they are compressed, as transformers counts."""
    size = int(math.log2(vocabulary_size) / 8) + 1
    content = b"".join(i.to_bytes(size, "little") for i in ids)
    return len(content) / len(zlib.compress(content))
