"""A vocabulary: tokens and their ids."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

VocabularySource = str | Path | Sequence[str]


class Vocabulary:
    """Tokens and their ids.

    Args:
        tokens: list of str, in the order of their ids, or dict of token to id. A dict may leave
            gaps: an id without a token is not in the vocabulary.

    Attributes:
        tokens: list of str, or None where an id has no token.
        ids: dict of token to id.

    Raises:
        TypeError: a token is not a string, or an id not an integer.
        ValueError: there is no token, a token or an id twice, or a negative id.
    """

    def __init__(self, tokens: Sequence[str] | Mapping[str, int]) -> None:
        if not tokens:
            raise ValueError("vocabulary holds no token.")
        for token in tokens:
            if not isinstance(token, str):
                raise TypeError(f"vocabulary must hold strings; got {token!r}.")
        self.tokens: list[Any]
        if isinstance(tokens, Mapping):
            self.ids = dict(tokens)
            self.tokens = _by_id(self.ids)
        else:
            self.tokens = list(tokens)
            self.ids = {token: i for i, token in enumerate(tokens)}
            if len(self.ids) < len(self.tokens):
                raise ValueError(
                    f"vocabulary must hold each token once; more than once: {_repeated(tokens)}."
                )

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def has_gaps(self) -> bool:
        """Whether some ids have no token."""
        return len(self.ids) < len(self.tokens)

    @classmethod
    def read(cls, source: VocabularySource) -> "Vocabulary":
        """Read tokens from a list, or from a UTF-8 file with one token a line.

        Raises:
            ValueError: there is no such file, or a token has a line break.
        """
        tokens = read_lines(source) if isinstance(source, str | Path) else source
        vocabulary = cls(tokens)
        for token in vocabulary.ids:
            if "\n" in token or "\r" in token:
                raise ValueError(f"A token of a vocabulary has no line break; got {token!r}.")
        return vocabulary

    def save(self, path: Path) -> None:
        """Write the tokens, one a line."""
        path.write_text("".join(f"{t}\n" for t in self.tokens), encoding="utf-8", newline="\n")


def _by_id(ids: Mapping[str, int]) -> list[Any]:
    for token, i in ids.items():
        if not isinstance(i, int) or isinstance(i, bool):
            raise TypeError(f"vocabulary must give every token an int; got {i!r} for {token!r}.")
    if min(ids.values()) < 0:
        raise ValueError(f"vocabulary must hold ids from 0 on; got {min(ids.values())}.")
    if len(set(ids.values())) < len(ids):
        raise ValueError(
            f"vocabulary must hold each id once; more than once: {_repeated(list(ids.values()))}."
        )
    # A vocabulary with an id of a billion would take the memory of a billion tokens.
    if max(ids.values()) > 2 * len(ids) + 1000:
        raise ValueError(
            f"vocabulary has {len(ids)} tokens, but ids up to {max(ids.values())}: they must run "
            "from 0 with few gaps."
        )
    tokens: list[Any] = [None] * (max(ids.values()) + 1)
    for token, i in ids.items():
        tokens[i] = token
    return tokens


def _repeated(items: Sequence[object]) -> list[object]:
    return [item for item, count in Counter(items).items() if count > 1][:10]


def read_lines(path: str | Path) -> list[str]:
    """The tokens of a file with one a line.

    Raises:
        ValueError: there is no such file.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ValueError(
            f"vocabulary must be a list of tokens or the path of a file; there is no file {path}."
        ) from None
    return text.removesuffix("\n").split("\n") if text else []
