"""Errors of Python code that runs inside a `tf.data` pipeline."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

_RAISED = re.compile(r"\b(ValueError|TypeError): (.*?)\n\s*Traceback \(most recent", re.DOTALL)


@contextmanager
def python_errors() -> Iterator[None]:
    """Within the block TensorFlow's report of an error is the error, with its own message.

    A label or a text is then refused alike in lists and in `tf.data`.
    """
    try:
        yield
    except Exception as error:
        is_report = type(error).__module__.startswith("tensorflow.")
        raised = _RAISED.search(str(error)) if is_report else None
        if raised is None:
            raise
        kind = ValueError if raised[1] == "ValueError" else TypeError
        raise kind(raised[2]) from error
