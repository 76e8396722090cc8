"""Readable errors for malformed presets."""

from collections.abc import Iterator
from contextlib import contextmanager

# Of a message that is longer its beginning and its end are kept.
_LONGEST, _BEGINNING, _END = 1900, 1300, 500
# None of them is an error of the caller's: those are of types that stay as they are.
_OF_CONTENT = (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError)


@contextmanager
def readable_errors(preset: object) -> Iterator[None]:
    """Convert errors caused by the content of a preset to readable ones of bounded length.

    Args:
        preset: its name.

    Raises:
        ValueError: in place of an error that would not say that it is of the preset, or whose
            message repeats a whole file.
    """
    try:
        yield
    except _OF_CONTENT as error:
        raise ValueError(
            f"The preset {str(preset)!r} is malformed: {type(error).__name__}: {error!s:.500}"
        ) from error
    except ValueError as error:
        if type(error) is not ValueError or len(str(error)) <= _LONGEST:
            raise
        text = str(error)
        raise ValueError(f"{text[:_BEGINNING]} … {text[-_END:]}") from error.__cause__
