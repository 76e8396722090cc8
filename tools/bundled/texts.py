"""The texts: labelled sentences of SST-2, reviews of IMDB and their sentences."""

import gzip
import json
import re
from pathlib import Path

import numpy as np

LINE_BREAK = "<br />"
_SENTENCE_END = re.compile(r"""(?<=[.!?])["')]*\s+|\s{2,}""")
_SHORTEST = 4  # Words; what is shorter is rather "Mr." than a sentence.


class Corpus:
    """The data folder. Labels are read where they are asked for by name, texts alone elsewhere.

    Args:
        folder: Path. Holds `sst2` and `imdb`, each with jsonl.gz files of text and label.
        limit: int or None. Read only that many texts of each file, to try the tool out.
    """

    def __init__(self, folder: Path, limit: int | None = None) -> None:
        self._folder = folder
        self._limit = limit

    def labelled(self, name: str) -> tuple[list[str], np.ndarray]:
        """Texts and labels of a file, such as "sst2/train"."""
        with gzip.open(self._folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        # The reviews are sorted by label.
        order = np.random.default_rng(0).permutation(len(rows))[: self._limit]
        rows = [rows[i] for i in order]
        return [row["text"] for row in rows], np.array([row["label"] for row in rows])

    def reviews(self) -> list[str]:
        """The texts of IMDB's training part, without their labels."""
        return self.labelled("imdb/train")[0]


def sentences(review: str) -> list[str]:
    """Split a review at the ends of sentences; line breaks stay where they are."""
    parts: list[str] = []
    for part in filter(None, map(str.strip, _SENTENCE_END.split(review))):
        if parts and len(parts[-1].split()) < _SHORTEST:
            parts[-1] += f" {part}"
        else:
            parts.append(part)
    return parts


def without_line_breaks(text: str) -> str:
    """For the teacher, which never saw one."""
    return text.replace(LINE_BREAK, " ")


def as_typed(phrase: str) -> str:
    """Undo the tokenization of SST-2: "it 's -lrb- not -rrb-" to "it's (not)"."""
    phrase = re.sub(r" (n't|'s|'re|'ve|'ll|'d|'m)\b", r"\1", phrase)
    phrase = phrase.replace("`` ", '"').replace(" ''", '"')
    return phrase.replace("-lrb- ", "(").replace(" -rrb-", ")")
