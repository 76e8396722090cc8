"""Retries with exponential backoff, and deadlines."""

import contextlib
import contextvars
import random
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from nlpkit.presets.sources.source import UnreachableError

Result = TypeVar("Result")

ATTEMPTS = 5
PASSING_STATUS = (408, 425, 429, 500, 502, 503, 504)
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
# Seconds for an answer, and bytes a second that a body must come at on the average.
PATIENCE = 300.0
# Of the threads that requests run in: one that was given up may outlive its caller.
THREAD_NAME = "nlpkit request"
SLOWEST = 10_000


class Deadline:
    """The deadline for a server: five minutes at less than 10 kB per second.

    No time-out of a connection is enough: a server that sends one byte every few seconds keeps
    within each of them, and one that asks to be left alone for a year is obeyed.

    Args:
        measure: returns a number of bytes. While it grows somebody else is bringing the file, for
            whom the action waits.
    """

    def __init__(self, measure: Callable[[], int] = lambda: 0) -> None:
        self._end = time.monotonic() + PATIENCE
        self._measure = measure
        self._measured = measure()

    def extend(self, size: int) -> None:
        """Allow time for the bytes that came.

        Raises:
            UnreachableError: it is too late.
        """
        if self._left() <= 0:
            raise self._passed()
        self._allow(size)

    def pause(self, seconds: float) -> None:
        """Wait without counting the time against the server."""
        time.sleep(seconds)
        self._end += seconds

    def run(self, action: Callable[[], Result]) -> Result:
        """Run an action until the deadline.

        Raises:
            UnreachableError: it is too late. The action is left to itself, in a thread that does
                not keep the process from ending.
        """
        future: Future[Result] = Future()

        def work() -> None:
            try:
                future.set_result(action())
            except BaseException as error:
                future.set_exception(error)

        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(work,), name=THREAD_NAME, daemon=True).start()
        while not future.done():
            if self._left() <= 0:
                self._wait_for_others()
            with contextlib.suppress(TimeoutError):
                future.exception(timeout=self._left())
        return future.result()

    def _wait_for_others(self) -> None:
        size = self._measure()
        if size <= self._measured:
            raise self._passed()
        self._allow(size - self._measured)
        self._measured = size

    def _allow(self, size: int) -> None:
        # What came fast saves no time for what drips afterwards.
        now = time.monotonic()
        self._end = min(max(self._end, now) + max(size, 0) / SLOWEST, now + PATIENCE)

    def _left(self) -> float:
        return self._end - time.monotonic()

    def _passed(self) -> UnreachableError:
        return UnreachableError(
            f"the server stalls: it sent next to nothing for {PATIENCE:g} seconds"
        )


def with_retries(
    action: Callable[[], Result],
    is_passing: Callable[[Exception], bool],
    deadline: Deadline | None = None,
) -> Result:
    """Run an action; after a transient failure, wait 1, 2, 4, … seconds and retry.

    A server that says how long to wait (`Retry-After`) is obeyed, up to a minute. A name that has
    no address has none a second later either.

    Args:
        action: what to do.
        is_passing: whether an exception may go away by itself.
        deadline: `Deadline`. When to give up, attempts and all; by default a new one.

    Raises:
        UnreachableError: the deadline passed.
    """
    deadline = deadline or Deadline()
    for attempt in range(ATTEMPTS - 1):
        try:
            return deadline.run(action)
        except Exception as error:
            if is_unresolved(error) or not is_passing(error):
                raise
            deadline.pause(_pause(error, attempt))
    return deadline.run(action)


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
