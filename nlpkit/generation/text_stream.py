"""Incremental decoding of generated ids to text."""

from collections.abc import Callable, Sequence

_INCOMPLETE = "\N{REPLACEMENT CHARACTER}"
_MOST_MISSING = 3
# How many tokens before the new ones are decoded with them: what a token's text depends on.
_CONTEXT = 16


class TextStream:
    """Convert a growing list of ids to chunks of text that never split a character.

    Args:
        decode: function that converts ids to text.
        prompt: list of int. The ids of the prompt.
        stop_strings: list of str. Texts that end the stream and are not part of it.
    """

    def __init__(
        self, decode: Callable[[list[int]], str], prompt: list[int], stop_strings: Sequence[str]
    ) -> None:
        self.prompt = decode(prompt)
        self.is_done = False
        self._decode = decode
        self._ids = prompt
        self._stop_strings = stop_strings
        self._shown = len(self.prompt)
        # What is decoded anew: the ids from `_start`; the first `_known` characters of their text
        # end where `_text`, all that came before the latest tokens, does.
        self._text, self._start, self._known = "", 0, 0
        self._settle(self.prompt, prompt)

    def push(self, ids: list[int], *, last: bool) -> str:
        """Return the new text of `ids`, all ids generated so far."""
        if self.is_done:
            return ""
        ids = self._ids + ids
        text = self._text + self._decode(ids[self._start :])[self._known :]
        self._settle(text, ids)
        end = cut_at(text[len(self.prompt) :], self._stop_strings)
        self.is_done = last or end is not None
        if end is not None:
            text = text[: len(self.prompt) + end]
        elif not last:
            text = text[: len(text) - _incomplete(text)]
            text = text[: len(text) - self._held_back(text)]
        piece, self._shown = text[self._shown :], max(self._shown, len(text))
        return piece

    def _settle(self, text: str, ids: list[int]) -> None:
        """Leave out of what is decoded all but the last tokens, once they end in a character."""
        if len(ids) - self._start > 2 * _CONTEXT and not _incomplete(text):
            self._text, self._start = text, len(ids) - _CONTEXT
            self._known = len(self._decode(ids[self._start :]))

    def _held_back(self, text: str) -> int:
        """The number of characters at the end that may begin a stop string."""
        sizes = [
            size
            for stop in self._stop_strings
            for size in range(1, len(stop))
            if text.endswith(stop[:size])
        ]
        return max(sizes, default=0)


def _incomplete(text: str) -> int:
    """The number of characters at the end that may be an incomplete character (3 bytes at most)."""
    return min(len(text) - len(text.rstrip(_INCOMPLETE)), _MOST_MISSING)


def cut_at(text: str, stop_strings: Sequence[str]) -> int | None:
    """The position of the first stop string in a text; None if there is none."""
    found = [place for stop in stop_strings if (place := text.find(stop)) >= 0]
    return min(found, default=None)
