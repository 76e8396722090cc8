"""Case folding and Unicode normalization, with alignment to the original text."""

import unicodedata

from nlpkit.tokenizers.base.text_normalizer import NormalizedText

NORMALIZATION_FORMS = (None, "NFC", "NFKC", "NFD", "NFKD")

# Default-ignorable characters (DerivedCoreProperties.txt); folding drops them.
_IGNORABLE = (
    (0xAD, 0xAD),
    (0x34F, 0x34F),
    (0x61C, 0x61C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)


class CharacterNormalizer:
    """Folds case, then applies a Unicode normalization form.

    Args:
        lowercase: bool. Whether case is folded, and characters replaced by those they are
            compatible with (Unicode's `NFKC_Casefold`, which KerasHub applies): "Straße ﬁ" becomes
            "strasse fi".
        form: str or None. "NFC", "NFKC", "NFD" or "NFKD"; None for none.
    """

    def __init__(self, lowercase: bool, form: str | None) -> None:
        if form not in NORMALIZATION_FORMS:
            raise ValueError(
                f"normalization_form must be one of {NORMALIZATION_FORMS}; got {form!r}."
            )
        self._lowercase = lowercase
        self._form = form

    def __call__(self, text: str) -> str:
        """Normalize a text."""
        if text.isascii():
            return text.lower() if self._lowercase else text
        if self._lowercase:
            text = unicodedata.normalize("NFC", text.translate(_FOLDED))
        # Literal types to mypy.
        return unicodedata.normalize(self._form, text) if self._form else text  # type: ignore[arg-type]

    def align(self, text: str) -> NormalizedText:
        """Normalize a text, and align its characters with the original."""
        whole = self(text)
        parts = [(start, end, self(text[start:end])) for start, end in self._parts(text)]
        if "".join(part for _, _, part in parts) != whole:
            parts = [(0, len(text), whole)]
        starts: list[int] = []
        ends: list[int] = []
        for start, end, part in parts:
            each = part == text[start:end]
            starts += range(start, end) if each else [start] * len(part)
            ends += range(start + 1, end + 1) if each else [end] * len(part)
        return NormalizedText(whole, starts, ends)

    def _parts(self, text: str) -> list[tuple[int, int]]:
        """Split the text where characters on one side do not affect the other."""
        cuts = [0]
        before = ""
        for i, character in enumerate(text):
            part = self(character)
            together = self(text[cuts[-1] : i + 1])
            if i and part and together == before + part and not unicodedata.combining(character):
                cuts.append(i)
                together = part
            before = together
        return list(zip(cuts, [*cuts[1:], len(text)], strict=True)) if text else []


class _FoldedCharacters(dict[int, str]):
    """`NFKC_Casefold` of characters by code point (Unicode, section 3.13)."""

    def __missing__(self, point: int) -> str:
        folded = "" if _is_ignorable(point) else _folded(chr(point))
        self[point] = folded
        return folded


def _is_ignorable(point: int) -> bool:
    return any(first <= point <= last for first, last in _IGNORABLE)


def _folded(character: str) -> str:
    folded = unicodedata.normalize("NFD", character).casefold()
    folded = unicodedata.normalize("NFKC", folded).casefold()
    return unicodedata.normalize("NFKC", folded)


_FOLDED = _FoldedCharacters()
