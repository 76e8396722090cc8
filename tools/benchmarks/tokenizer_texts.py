"""Texts to tokenize: reviews, captions, Python source, and what nobody writes."""

import gzip
import json
import random
import sysconfig
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

REVIEW_MARKS = (". ", "! ", "? ", "<br /><br />")
SPACES = ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\u2028", "\u3000", "\xa0"]
SPACES += [" ", "  ", "\t", "\r\n", "\n", "\n\n", "\u200b", "\ufeff"]
CONTROLS = [chr(i) for i in (0, 1, 7, 8, 27, 127, 128, 159, 0xAD, 0x200D, 0x202E, 0xFFFD, 0xE000)]
EMOJI = ["😀", "👩‍👩‍👧", "🏳️‍🌈", "👍🏽", "❤️", "🇩🇪", "1️⃣"]
WORDS = [
    "don't",
    "I'LL",
    "x2",
    "3.14",
    "1234567",
    "Straße",
    "naïve",
    "İstanbul",
    "ΟΔΟΣ",
    "ﬁn",
    "▁a",
]
WORDS += [
    "[SEP]",
    "[UNK]",
    "<s>",
    "</s>",
    "<unk>",
    "<0x41>",
    "<|endoftext|>",
    "##ing",
    "Ġthe",
    "``",
]
SCRIPTS = [(0x41, 0x7E), (0xC0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF)]
SCRIPTS += [(0x900, 0xDFF), (0xE00, 0xE7F), (0x1100, 0x11FF), (0x2000, 0x2BFF), (0x3040, 0x30FF)]
SCRIPTS += [(0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0x1F300, 0x1FAFF)]


def english(data: Path) -> Iterator[str]:
    """IMDB's training reviews."""
    with gzip.open(data / "imdb" / "train.jsonl.gz", "rt", encoding="utf-8") as file:
        yield from (json.loads(line)["text"] for line in file)


def captions(data: Path, languages: Iterable[str] = ("de", "fr")) -> Iterator[str]:
    """Multi30k's training captions, the languages in turn."""
    paths = [data / "multi30k" / f"train.{language}.gz" for language in languages]
    columns = [gzip.decompress(path.read_bytes()).decode().splitlines() for path in paths]
    for row in zip(*columns, strict=True):
        yield from row


def source(data: Path | None = None) -> Iterator[str]:
    """The files of the standard library of the running Python, in the order of their names."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")) + sorted(
        Path(sysconfig.get_path("stdlib")).glob("[a-r]*/*.py")
    ):
        try:
            yield path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


CORPORA: dict[str, Callable[[Path], Iterator[str]]] = {
    "English": english,
    "German/French": captions,
    "Python source": source,
}


def take(texts: Iterable[str], size: float) -> list[str]:
    """The first texts, up to so many bytes."""
    taken: list[str] = []
    for text in texts:
        if size <= 0:
            break
        taken.append(text)
        size -= len(text.encode())
    return taken


def mixed(data: Path, number: int, seed: int = 0) -> list[str]:
    """Half sentences of IMDB and Multi30k in three languages, half made up at random."""
    rng = random.Random(seed)
    sentences = [s for text in take(english(data), 4e6) for s in sentences_of(text)]
    lines = list(captions(data, ("en", "de", "fr")))
    real = rng.sample(sentences, number // 4) + rng.sample(lines, number // 4)
    return real + [unusual(rng) for _ in range(number - len(real))]


def sentences_of(text: str) -> list[str]:
    """A review cut after its sentences."""
    for mark in REVIEW_MARKS:
        text = text.replace(mark, mark + "\0")
    return text.split("\0")


def unusual(rng: random.Random) -> str:
    """A text of a few parts that no tokenizer likes."""
    parts = [rng.choice(_PARTS)(rng) for _ in range(rng.randint(0, 12))]
    text = rng.choice(["", " ", "", rng.choice(SPACES)]).join(parts)
    return text.encode("utf-8", "ignore").decode()


def invalid(rng: random.Random) -> bytes:
    """Bytes that are not UTF-8: lone surrogates, cut characters, any bytes."""
    pieces = [unusual(rng).encode() for _ in range(3)]
    wrong = [b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xff", "\u4e2d".encode()[:2], b"\xf0\x9f\x98"]
    return rng.choice(wrong).join([*pieces, rng.randbytes(rng.randint(0, 8))])


def _script(rng: random.Random) -> str:
    first, last = rng.choice(SCRIPTS)
    return "".join(chr(rng.randint(first, last)) for _ in range(rng.randint(1, 8)))


def _any(rng: random.Random) -> str:
    return "".join(chr(rng.randrange(0x110000)) for _ in range(rng.randint(1, 6)))


def _marked(rng: random.Random) -> str:
    letters = rng.choices("aeoncsué한", k=rng.randint(1, 5))
    marks = [
        "".join(chr(rng.randint(0x300, 0x36F)) for _ in range(rng.randint(0, 3))) for _ in letters
    ]
    text = "".join(letter + mark for letter, mark in zip(letters, marks, strict=True))
    return unicodedata.normalize(rng.choice(["NFC", "NFD", "NFKC"]), text)


def _long(rng: random.Random) -> str:
    return rng.choice(["a", "ab", "é", "中", "1", "_", "ha", "🙂", "."]) * rng.randint(50, 300)


_PARTS: list[Callable[[random.Random], str]] = [
    *[lambda rng: rng.choice(WORDS)] * 3,
    *[lambda rng: rng.choice(SPACES)] * 2,
    lambda rng: rng.choice(CONTROLS),
    lambda rng: rng.choice(EMOJI),
    *[_script] * 3,
    _any,
    _marked,
    lambda rng: _long(rng) if rng.random() < 0.1 else rng.choice(WORDS),
]
