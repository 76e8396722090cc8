"""Vocabulary: tokens and their ids."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nlpkit.presets.formats.bounded_file import read_bounded
from nlpkit.presets.formats.safe_json import LARGE

VocabularySource = str | Path | Sequence[str]
# Some algorithms are quadratic in it. The longest token of published vocabularies has 256.
_LONGEST_TOKEN = 1024
# More than any file has room for; far larger ids could be crafted to collide in a dictionary.
_LARGEST_ID = 2**31 - 1


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
        ValueError: there are no tokens, a token or an id occurs twice, an id is negative, or a
            token has more than 1,024 characters.
    """

    def __init__(self, tokens: Sequence[str] | Mapping[str, int]) -> None:
        if not tokens:
            raise ValueError("vocabulary must contain at least one token; got none.")
        for token in tokens:
            if not isinstance(token, str):
                raise TypeError(f"vocabulary must contain strings; got {token!r:.100}.")
        check_lengths(tokens)
        self.tokens: list[Any]
        if isinstance(tokens, Mapping):
            self.ids = dict(tokens)
            self.tokens = _by_id(self.ids)
        else:
            self.tokens = list(tokens)
            self.ids = {token: i for i, token in enumerate(tokens)}
            if len(self.ids) < len(self.tokens):
                raise ValueError(
                    f"vocabulary must contain each token once; repeated: {_repeated(tokens)}."
                )

    def __len__(self) -> int:
        return len(self.tokens)

    def token_of(self, id: int) -> str:
        """Return the token of an id.

        Raises:
            ValueError: the id is not in the vocabulary.
        """
        token = self.tokens[id] if 0 <= id < len(self.tokens) else None
        if token is None:
            last = len(self.tokens) - 1
            raise ValueError(f"id must be from 0 to {last} and have a token; got {id}.")
        return str(token)

    def id_of(self, token: str) -> int:
        """Return the id of a token.

        Raises:
            ValueError: the token is not in the vocabulary.
        """
        if token not in self.ids:
            raise ValueError(f"token must be in the vocabulary; got {token!r}.")
        return self.ids[token]

    @classmethod
    def read(cls, source: VocabularySource) -> "Vocabulary":
        """Read tokens from a list, or from a UTF-8 file with one token per line.

        Raises:
            ValueError: there is no such file, or a token has a line break.
        """
        tokens = read_lines(source) if isinstance(source, str | Path) else source
        vocabulary = cls(tokens)
        for token in vocabulary.ids:
            if "\n" in token or "\r" in token:
                raise ValueError(
                    f"A token of a vocabulary must not contain line breaks; got {token!r}."
                )
        return vocabulary

    def save(self, path: Path) -> None:
        """Write the tokens, one per line."""
        path.write_text("".join(f"{t}\n" for t in self.tokens), encoding="utf-8", newline="\n")


def check_lengths(tokens: Iterable[str | bytes]) -> None:
    """Check that no token is longer than 1,024 characters.

    Raises:
        ValueError: one is; the message shows its beginning.
    """
    longest = max(tokens, key=len, default="")
    if len(longest) > _LONGEST_TOKEN:
        raise ValueError(
            f"A token of a vocabulary must have at most {_LONGEST_TOKEN} characters; got one of "
            f"{len(longest)}, {longest[:40]!r}…"
        )


def check_ids(ids: Mapping[str, Any]) -> None:
    """Check that ids are integers from 0 to 2**31 - 1.

    Raises:
        TypeError: an id is not an integer.
        ValueError: an id is out of range.
    """
    for token, i in ids.items():
        if not isinstance(i, int) or isinstance(i, bool):
            raise TypeError(
                f"vocabulary must give every token an int; got {i!r:.100} for {token!r:.100}."
            )
        if not 0 <= i <= _LARGEST_ID:
            raise ValueError(
                f"vocabulary must have ids from 0 to {_LARGEST_ID}; got {i} for {token!r:.100}."
            )


def _by_id(ids: Mapping[str, int]) -> list[Any]:
    check_ids(ids)
    if len(set(ids.values())) < len(ids):
        raise ValueError(
            f"vocabulary must contain each id once; repeated: {_repeated(list(ids.values()))}."
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
    """Read the tokens of a file with one per line.

    Raises:
        ValueError: there is no such file.
    """
    try:
        text = read_bounded(path, LARGE).decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        raise ValueError(
            f"vocabulary must be a list of tokens or the path of a file; there is no file {path}."
        ) from None
    return text.removesuffix("\n").split("\n") if text else []
