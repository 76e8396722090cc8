"""Files of byte-pair vocabularies: vocab.json and merges.txt, and tiktoken's ranks."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlpkit._types import Data
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.formats.bounded_file import read_bounded
from nlpkit.presets.formats.safe_json import LARGE, parse_json
from nlpkit.tokenizers.base.vocabulary import check_ids, check_lengths
from nlpkit.tokenizers.byte_pair.byte_alphabet import to_bytes, to_symbols

VocabularySource = str | Path | Mapping[str, int] | Mapping[bytes, int]
MergesSource = str | Path | Iterable[str | Sequence[str]]
Merge = tuple[str, str]

VOCABULARY_FILE, MERGES_FILE, RANKS_FILE = "vocabulary.json", "merges.txt", "vocabulary.tiktoken"


@dataclass(frozen=True)
class BytePairs:
    """A byte-pair vocabulary.

    Attributes:
        ids: dict of token, in the byte alphabet, to id.
        merges: list of pairs of tokens, the first to be merged first.
        are_ranks: bool. Whether it was given as ranks: a pair of tokens is then merged if their
            concatenation is a token, the lowest rank first.
    """

    ids: dict[str, int]
    merges: list[Merge]
    are_ranks: bool

    def looks_up_words(self, ignore_merges: bool | None) -> bool:
        """Whether a word that is a token becomes that token, whatever merges would give."""
        return self.are_ranks if ignore_merges is None else ignore_merges


def read_byte_pairs(vocabulary: VocabularySource, merges: MergesSource | None) -> BytePairs:
    """Read a vocabulary in any form.

    Args:
        vocabulary: dict of token to id, or of bytes to rank, or the path of a file of either.
        merges: list of "a b" or of pairs, or the path of a file with one a line; None for ranks.

    Raises:
        ValueError: a file is missing or malformed, `merges` is missing or superfluous, or a merge
            needs a token that is not in the vocabulary.
    """
    read = _read_vocabulary(vocabulary)
    if _are_ranks(read):
        if merges is not None:
            raise ValueError(
                "merges must be None if vocabulary contains ranks, which define the merges."
            )
        ranks: dict[bytes, int] = read
        ids = {to_symbols(token): rank for token, rank in ranks.items()}
        return BytePairs(ids, _merges_of_ranks(ranks), are_ranks=True)
    if merges is None:
        raise ValueError(
            "merges must be given with vocabulary: a list, or the path of a merges.txt. Only "
            "tiktoken's ranks do without."
        )
    check_ids(read)
    check_lengths(read)
    pairs = read_merges(merges)
    _check_merges(pairs, read)
    return BytePairs(dict(read), pairs, are_ranks=False)


def write_byte_pairs(pairs: BytePairs, folder: Path) -> None:
    """Write the files that `load_byte_pairs` reads."""
    if pairs.are_ranks:
        by_rank = sorted(pairs.ids, key=pairs.ids.__getitem__)
        lines = [f"{base64.b64encode(to_bytes(t)).decode()} {pairs.ids[t]}\n" for t in by_rank]
        (folder / RANKS_FILE).write_text("".join(lines), encoding="ascii", newline="\n")
        return
    write_vocabulary(pairs.ids, folder / VOCABULARY_FILE)
    write_merges(pairs.merges, folder / MERGES_FILE)


def load_byte_pairs(folder: FolderFiles) -> tuple[Any, Any]:
    """The arguments of `read_byte_pairs` for the files in a folder."""
    if folder.has(RANKS_FILE):
        return _read_ranks(folder.text(RANKS_FILE), folder.path / RANKS_FILE), None
    return folder.json(VOCABULARY_FILE, LARGE), parse_merges(folder.text(MERGES_FILE))


def write_vocabulary(ids: Mapping[str, int], path: Path) -> None:
    """Write a vocab.json."""
    path.write_text(json.dumps(ids, ensure_ascii=False), encoding="utf-8", newline="\n")


def write_merges(merges: Iterable[Merge], path: Path) -> None:
    """Write a merges.txt."""
    lines = "".join(f"{first} {second}\n" for first, second in merges)
    path.write_text(f"#version: 0.2\n{lines}", encoding="utf-8", newline="\n")


def _read_vocabulary(source: Data) -> Any:
    if isinstance(source, str | Path):
        text = _read_text(source, "vocabulary")
        source = _read_json(text, source) if text.lstrip()[:1] == "{" else _read_ranks(text, source)
    if not isinstance(source, Mapping):
        raise ValueError(
            "vocabulary must be a dict of token to id, or the path of a vocab.json or of a file of "
            f"tiktoken's ranks; got {source!r:.80} ({type(source).__name__})."
        )
    return source


def _are_ranks(vocabulary: Mapping[Any, int]) -> bool:
    return bool(vocabulary) and all(isinstance(token, bytes) for token in vocabulary)


def _read_json(text: str, path: str | Path) -> Any:
    try:
        return parse_json(text.encode(), str(path))
    except ValueError as error:
        why = error.__cause__ or error
        raise ValueError(f"vocabulary must be JSON or tiktoken's ranks; {path}: {why}.") from None


def _read_ranks(text: str, path: str | Path) -> dict[bytes, int]:
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line:
            try:
                token, rank = line.split()
                ranks[base64.b64decode(token, validate=True)] = int(rank)
            except (ValueError, binascii.Error):
                raise ValueError(
                    f"vocabulary must be JSON or tiktoken's ranks, lines of base64 and a number; "
                    f"{path}, line {number}: {line[:40]!r}."
                ) from None
    return ranks


def _merges_of_ranks(ranks: Mapping[bytes, int]) -> list[Merge]:
    """The pairs of tokens that each token can be merged from, in the order of ranks."""
    _check_ranks(ranks)
    check_lengths(ranks)
    symbols = {token: to_symbols(token) for token in ranks}
    merges: list[Merge] = []
    for token in sorted(ranks, key=ranks.__getitem__):
        known: list[tuple[int, int, bytes, bytes]] = []
        for i in range(1, len(token)):
            first, second = token[:i], token[i:]
            if first in ranks and second in ranks:
                known.append((ranks[first], ranks[second], first, second))
        known.sort()
        merges += [(symbols[first], symbols[second]) for *_, first, second in known]
    return merges


def _check_ranks(ranks: Mapping[bytes, int]) -> None:
    missing = [byte for byte in range(256) if bytes([byte]) not in ranks]
    if missing:
        raise ValueError(f"vocabulary must give all 256 bytes a rank; it lacks {missing[:10]}.")


def read_merges(source: Data) -> list[Merge]:
    """Read merges in any form."""
    if isinstance(source, str | Path):
        return parse_merges(_read_text(source, "merges"))
    return [_read_merge(merge) for merge in source]


def parse_merges(text: str) -> list[Merge]:
    """Parse a merges.txt, with one merge per line."""
    lines = text.split("\n")
    start = 1 if lines[0].startswith("#version") else 0
    stripped = (line.rstrip("\r") for line in lines[start:])
    return [_read_merge(line) for line in stripped if line]


def _read_merge(merge: Any) -> Merge:
    if isinstance(merge, str):
        first, _, second = merge.partition(" ")
        if first and second and " " not in second:
            return first, second
    else:
        pair = tuple(merge)
        if len(pair) == 2 and all(isinstance(token, str) and token for token in pair):
            return pair
    raise ValueError(f'merges must contain "a b" or pairs of tokens; got {merge!r:.80}.')


def _check_merges(merges: Sequence[Merge], ids: Mapping[str, int]) -> None:
    made = set(map("".join, merges))
    if ids.keys() >= made.union(*merges):
        return
    first, second, token = next(
        (a, b, token) for a, b in merges for token in (a, b, a + b) if token not in ids
    )
    raise ValueError(
        f"vocabulary must contain the tokens of merges; the merge {f'{first} {second}'!r} needs "
        f"{token!r}, which it lacks."
    )


def _read_text(path: str | Path, argument: str) -> str:
    try:
        text = read_bounded(path, LARGE).decode("utf-8")
    except FileNotFoundError:
        raise ValueError(f"{argument} names the file {path}, which does not exist.") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"{argument}: {path} is not a text file ({error}).") from None
    return text.replace("\r\n", "\n")
