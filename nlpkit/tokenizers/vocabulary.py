"""A vocabulary: tokens numbered from zero, kept in a file with one token a line."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

VocabularySource = str | Path | Sequence[str]


class Vocabulary:
    """Tokens and their ids.

    Args:
        source: path of a UTF-8 file with one token a line, or the tokens in the order of their ids.

    Raises:
        TypeError: a token is not a string.
        ValueError: there is no such file, no token, a token twice, or a line break in one.
    """

    def __init__(self, source: VocabularySource) -> None:
        self.tokens = _read(source) if isinstance(source, str | Path) else list(source)
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self._check()

    def __len__(self) -> int:
        return len(self.tokens)

    def save(self, path: Path) -> None:
        """Write the tokens, one a line."""
        path.write_text("".join(f"{t}\n" for t in self.tokens), encoding="utf-8", newline="\n")

    def _check(self) -> None:
        if not self.tokens:
            raise ValueError("vocabulary holds no token.")
        for token in self.tokens:
            if not isinstance(token, str):
                raise TypeError(f"vocabulary must hold strings; got {token!r}.")
            if "\n" in token or "\r" in token:
                raise ValueError(f"A token of a vocabulary has no line break; got {token!r}.")
        if len(self.ids) < len(self.tokens):
            twice = [token for token, count in Counter(self.tokens).items() if count > 1]
            raise ValueError(f"vocabulary must hold each token once; more than once: {twice[:10]}.")


def _read(path: str | Path) -> list[str]:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ValueError(
            f"vocabulary must be a list of tokens or the path of a file; there is no file {path}."
        ) from None
    return text.removesuffix("\n").split("\n") if text else []
