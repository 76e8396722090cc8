"""Special tokens that texts spell, and that are read as plain text."""

from collections.abc import Iterable, Sequence

from nlpkit._warning import warn
from nlpkit.tokenizers.base.special.added_tokens import WholeTokens


class SpelledTokens:
    """Warns, once, if texts contain special tokens that are read as plain text.

    Args:
        tokens: the special tokens.
    """

    def __init__(self, tokens: Iterable[str] = ()) -> None:
        # A short one may be plain text: "!" is CLIP's padding token.
        self._tokens = WholeTokens(dict.fromkeys((t for t in tokens if len(t) > 2), 0))
        self._has_warned = False

    def report(self, texts: Sequence[str]) -> None:
        """Look for the tokens in texts."""
        if self._has_warned or not self._tokens:
            return
        found = next((token for token in map(self._tokens.find, texts) if token), None)
        if found:
            self._has_warned = True
            warn(
                f"A text contains the special token {found!r}, read as plain text. For the "
                "token itself, build the tokenizer with special_tokens_in_strings=True "
                "(from_preset takes it too)."
            )
