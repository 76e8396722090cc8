"""Rounding of sizes up to a few values, since each may cost a compilation or a measurement."""


def power_of_two(number: int) -> int:
    """Return the least power of two that is at least `number`, a positive number."""
    return 1 << (number - 1).bit_length()
