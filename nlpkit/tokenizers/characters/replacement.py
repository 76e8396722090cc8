"""The replacement character for invalid text."""

REPLACEMENT = "\ufffd"


class Replacement:
    """Replaces U+FFFD by another character with `errors="replace"`.

    Args:
        errors: "strict", "replace" or "ignore".
        replacement_char: int. A code point.

    Attributes:
        character: str or None. What replaces U+FFFD; None if nothing does.

    Raises:
        ValueError: `replacement_char` is not the code point of a character.
    """

    def __init__(self, errors: str, replacement_char: int) -> None:
        is_surrogate = 0xD800 <= replacement_char <= 0xDFFF
        if not 0 <= replacement_char <= 0x10FFFF or is_surrogate:
            raise ValueError(
                f"replacement_char must be the code point of a character; got {replacement_char}."
            )
        differs = errors == "replace" and chr(replacement_char) != REPLACEMENT
        self.character = chr(replacement_char) if differs else None

    def __call__(self, text: str) -> str:
        """Replace U+FFFD in a text."""
        return text if self.character is None else text.replace(REPLACEMENT, self.character)
