"""Normalization of text before tokenization, with alignment to the original."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers


class NormalizedText(NamedTuple):
    """A normalized text.

    Attributes:
        text: str.
        starts: list of int. For each character, the index in the original of the first character
            it comes from.
        ends: list of int. Index after the last.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


class TextNormalizer:
    """Replaces strings, strips accents and lowercases, in this order, with the native engine.

    Args:
        replacements: dict of str to str. The strings to replace, in the order of the dict.
        strip_accents: bool. Whether characters are decomposed (NFKD) and their marks removed.
        lowercase: bool. Whether each character is lowercased.
    """

    def __init__(
        self, replacements: Mapping[str, str], strip_accents: bool, lowercase: bool
    ) -> None:
        self._replacements = dict(replacements)
        steps: list[normalizers.Normalizer] = []
        if strip_accents:
            steps += [normalizers.NFKD(), normalizers.StripAccents()]
        if lowercase:
            steps.append(normalizers.Lowercase())
        self._native = normalizers.Sequence(steps) if steps else None
        # Encoding character by character shows where each comes from.
        self._characters = Tokenizer(models.WordLevel({"": 0}, unk_token=""))
        self._characters.normalizer = normalizers.Sequence(steps)
        self._characters.pre_tokenizer = pre_tokenizers.Split(Regex("(?m)."), "isolated")

    def __call__(self, texts: Sequence[str]) -> list[str]:
        """Normalize texts."""
        replaced = texts
        for old, new in self._replacements.items():
            replaced = [text.replace(old, new) for text in replaced]
        return list(map(self._native.normalize_str, replaced) if self._native else replaced)

    def align(self, text: str) -> NormalizedText:
        """Normalize a text, and align its characters with the original."""
        aligned = NormalizedText(text, range(len(text)), range(1, len(text) + 1))
        for old, new in self._replacements.items():
            aligned = _replace(aligned, old, new)
        if self._native is None:
            return aligned
        places = self._characters.encode(aligned.text).offsets
        starts = [aligned.starts[start] for start, _ in places]
        ends = [aligned.ends[end - 1] for _, end in places]
        return NormalizedText(self._native.normalize_str(aligned.text), starts, ends)


def _replace(aligned: NormalizedText, old: str, new: str) -> NormalizedText:
    first, *others = aligned.text.split(old)
    at = len(first)
    starts, ends = [*aligned.starts[:at]], [*aligned.ends[:at]]
    for part in others:
        begin = at + len(old)
        starts += [aligned.starts[at]] * len(new)
        ends += [aligned.ends[begin - 1]] * len(new)
        at = begin + len(part)
        starts += aligned.starts[begin:at]
        ends += aligned.ends[begin:at]
    return NormalizedText(new.join([first, *others]), starts, ends)
