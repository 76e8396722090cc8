"""Search for tokens that are never split in texts."""

import re
from collections.abc import Mapping


class WholeTokens:
    """Finds tokens in texts, the longest first.

    Args:
        ids: dict of token to id; if empty, nothing is found.

    Attributes:
        ids: dict of token to id.
    """

    def __init__(self, ids: Mapping[str, int]) -> None:
        self.ids = dict(ids)
        longest_first = sorted(self.ids, key=len, reverse=True)
        self._pattern = re.compile(f"({'|'.join(map(re.escape, longest_first))})")

    def __bool__(self) -> bool:
        return bool(self.ids)

    @property
    def tokens(self) -> list[str]:
        """The tokens, the longest first."""
        return sorted(self.ids, key=len, reverse=True)

    def find(self, text: str) -> str | None:
        """Find the first of the tokens in a text; None if there is none."""
        found = self._pattern.search(text) if self.ids else None
        return found and found[0]

    def split(self, text: str) -> list[str]:
        """Split a text into the tokens found in it and the text between them."""
        return [part for part in self._pattern.split(text) if part] if self.ids else [text]
