"""The WordPiece algorithm: the longest piece first, from left to right."""

from collections.abc import Callable, Collection, Sequence
from itertools import chain

from nlpkit.tokenizers.memo import Ids, Memo

_LONGEST_CHUNK = 64


class WordPiece:
    """Ids of words by greedy longest-match-first (Schuster and Nakajima, 2012).

    Args:
        vocabulary: the pieces in the order of their ids.
        splitter: text to words. A space must separate whatever stands around it.
        suffix_indicator: str. What pieces that continue a word start with.
        oov_id: int. The id of a word that the pieces cannot spell.
        unspellable: pieces that no text can spell.
        max_characters_per_word: int. A longer word is unknown.
    """

    def __init__(
        self,
        vocabulary: Sequence[str],
        splitter: Callable[[str], list[str]],
        *,
        suffix_indicator: str,
        oov_id: int,
        unspellable: Collection[str],
        max_characters_per_word: int,
    ) -> None:
        spellable = {piece: i for i, piece in enumerate(vocabulary) if piece not in unspellable}
        self._heads = spellable
        self._tails = {
            piece.removeprefix(suffix_indicator): i
            for piece, i in spellable.items()
            if piece.startswith(suffix_indicator)
        }
        self._longest = max(map(len, spellable), default=0)
        self._splitter = splitter
        self._oov_id = oov_id
        self._max_characters = max_characters_per_word
        self._words = Memo(self._spell, longest=max_characters_per_word)
        self._chunks = Memo(self._split_and_spell, longest=_LONGEST_CHUNK)

    def ids_of_text(self, text: str) -> list[int]:
        """The ids of a text that the splitter splits."""
        return list(chain.from_iterable(map(self._chunks.__getitem__, text.split(" "))))

    def ids_of_word(self, word: str) -> list[int]:
        """The ids of a text that is one word already."""
        return list(self._chunks[word])

    def _split_and_spell(self, chunk: str) -> Ids:
        return tuple(chain.from_iterable(map(self._words.__getitem__, self._splitter(chunk))))

    def _spell(self, word: str) -> Ids:
        if len(word) > self._max_characters:
            return (self._oov_id,)
        ids: list[int] = []
        start = 0
        while start < len(word):
            pieces = self._tails if start else self._heads
            for end in range(min(len(word), start + self._longest), start, -1):
                found = pieces.get(word[start:end])
                if found is not None:
                    break
            else:
                return (self._oov_id,)
            ids.append(found)
            start = end
        return tuple(ids)
