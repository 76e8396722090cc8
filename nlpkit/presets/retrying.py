"""Trying again, with growing pauses, what failed for a reason that may pass."""

import random
import socket
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

ATTEMPTS = 5
PASSING_STATUS = (408, 425, 429, 500, 502, 503, 504)
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0


def with_retries(action: Callable[[], Result], is_passing: Callable[[Exception], bool]) -> Result:
    """Do something; when it fails for a passing reason, wait 1, 2, 4, … seconds and do it again.

    A server that says how long to wait (`Retry-After`) is obeyed, up to a minute. A name that has
    no address has none a second later either.

    Args:
        action: what to do.
        is_passing: whether an exception may go away by itself.
    """
    for attempt in range(ATTEMPTS - 1):
        try:
            return action()
        except Exception as error:
            if is_unresolved(error) or not is_passing(error):
                raise
            time.sleep(_pause(error, attempt))
    return action()


def is_unresolved(error: BaseException | None) -> bool:
    """Whether an error is that a host's name has no address: there is no network, or no host."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, socket.gaierror):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def _pause(error: Exception, attempt: int) -> float:
    asked = _retry_after(getattr(error, "response", None))
    # Many clients that failed at once should not come back at once.
    pause = _FIRST_PAUSE * 2**attempt * random.uniform(0.8, 1.2)
    return min(max(pause, asked), _LONGEST_PAUSE)


def _retry_after(response: object) -> float:
    try:
        return float(getattr(response, "headers", {}).get("Retry-After", 0))
    except ValueError:
        return 0.0
