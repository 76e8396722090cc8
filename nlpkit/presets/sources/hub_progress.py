"""Progress and size limits of downloads from the Hub."""

from typing import Any

from nlpkit.presets.sources.source import Progress, SourceError


def bar_class(progress: Progress, name: str, limit: int | None) -> Any:
    """A class that huggingface_hub takes for a progress bar, and that passes on what it is told.

    It is told before a part of a file is written: the place to refuse more than there may be.
    """

    class Bar:
        def __init__(self, *_: Any, **__: Any) -> None:
            self.size = 0

        def __enter__(self) -> "Bar":
            return self

        def __exit__(self, *_: Any) -> None:
            pass

        def __getattr__(self, name: str) -> Any:
            return lambda *_, **__: None

        def update(self, count: float = 1) -> None:
            self.size += int(count)
            if limit is not None and self.size > limit:
                raise SourceError(f"{name} is larger than the {limit} bytes it may have")
            progress(int(count))

        def update_transfer(self, count: float) -> None:
            """Xet tells what came over the line here, and what it wrote to `update`."""

    return Bar
