"""Bytes and code points: text normalized, and taken character by character."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from nlpkit._types import TensorFlowTensor
from nlpkit.tokenizers.base.encoding import Spans
from nlpkit.tokenizers.base.vocabulary import Vocabulary
from nlpkit.tokenizers.characters.character_normalizer import CharacterNormalizer
from nlpkit.tokenizers.characters.character_words import word_indices
from nlpkit.tokenizers.characters.code_points import UNICODE_SIZE
from nlpkit.tokenizers.characters.replacement import REPLACEMENT, Replacement


@dataclass(frozen=True)
class CharacterSettings:
    """The arguments that bear on which characters a text has."""

    lowercase: bool
    normalization_form: str | None
    errors: str
    replacement_char: int


@dataclass(frozen=True)
class CharacterAlgorithm:
    """What the algorithms of bytes and of code points share.

    Attributes:
        vocabulary: `Vocabulary`.
        settings: `CharacterSettings`.
        normalizer: `CharacterNormalizer`.
        replacement: `Replacement`.
    """

    vocabulary: Vocabulary
    settings: CharacterSettings
    normalizer: CharacterNormalizer
    replacement: Replacement
    finds_tokens: ClassVar[bool] = False

    @classmethod
    def build(cls, vocabulary: Vocabulary, settings: CharacterSettings) -> Any:
        """Build the algorithm.

        Raises:
            ValueError: the normalization form is unknown, or the replacement is not a character.
        """
        normalizer = CharacterNormalizer(settings.lowercase, settings.normalization_form)
        replacement = Replacement(settings.errors, settings.replacement_char)
        return cls(vocabulary, settings, normalizer, replacement)


class ByteAlgorithm(CharacterAlgorithm):
    """The algorithm of a `ByteTokenizer`: the bytes of a text in UTF-8."""

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        replace, normalize = self.replacement, self.normalizer
        return [list(replace(normalize(text)).encode()) for text in texts]

    def spans(self, text: str) -> Spans:
        normalized, starts, ends = self.normalizer.align(text)
        encoded = [self.replacement(character).encode() for character in normalized]
        places = [i for i, data in enumerate(encoded) for _ in data]
        words = word_indices(normalized)
        return Spans(
            list(b"".join(encoded)),
            [starts[i] for i in places],
            [ends[i] for i in places],
            [words[i] for i in places],
        )

    def decode(self, ids: Sequence[int]) -> str:
        data = bytes(ids).rstrip(b"\0")
        try:
            return self.replacement(data.decode("utf-8", self.settings.errors))
        except UnicodeDecodeError as error:
            raise ValueError(
                f"ids must be the bytes of UTF-8; got {ids[:40]}, invalid at {error.start}. Pass "
                'errors="replace" or errors="ignore" to the tokenizer to accept them.'
            ) from None

    def graph_encode(self, texts: TensorFlowTensor) -> Any:
        from nlpkit.tokenizers.characters.graph_tensorflow import graph_bytes

        return graph_bytes(self, texts)


@dataclass(frozen=True)
class NumberedByteAlgorithm:
    """Bytes among other tokens, such as ByT5's, whose ids start at another number than 0.

    Attributes:
        vocabulary: `Vocabulary`, with all tokens.
        first: int. The id of the byte 0.
    """

    vocabulary: Vocabulary
    first: int
    finds_tokens: ClassVar[bool] = False
    _plain: ClassVar[ByteAlgorithm] = ByteAlgorithm.build(
        Vocabulary([chr(i) for i in range(256)]),
        CharacterSettings(False, None, "ignore", ord(REPLACEMENT)),
    )

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        return [[self.first + byte for byte in text.encode()] for text in texts]

    def spans(self, text: str) -> Spans:
        spans = self._plain.spans(text)
        return spans._replace(ids=[self.first + byte for byte in spans.ids])

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids; bytes that are not UTF-8 are left out, other tokens are spelled."""
        tokens, first = self.vocabulary.tokens, self.first
        parts = (
            bytes([i - first]) if 0 <= i - first < 256 else str(tokens[i]).encode() for i in ids
        )
        return b"".join(parts).decode(errors="ignore")

    def graph_encode(self, texts: TensorFlowTensor) -> Any:
        return self._plain.graph_encode(texts) + self.first


class CodePointAlgorithm(CharacterAlgorithm):
    """The algorithm of a `UnicodeCodepointTokenizer`; larger code points become the last id."""

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        normalize, replace = self.normalizer, self.replacement
        return [self._clipped(replace(normalize(text))) for text in texts]

    def spans(self, text: str) -> Spans:
        normalized, starts, ends = self.normalizer.align(text)
        ids = self._clipped(self.replacement(normalized))
        return Spans(ids, starts, ends, word_indices(normalized))

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(map(chr, ids)).rstrip("\0")

    def graph_encode(self, texts: TensorFlowTensor) -> Any:
        from nlpkit.tokenizers.characters.graph_tensorflow import graph_code_points

        return graph_code_points(self, texts)

    def _clipped(self, text: str) -> list[int]:
        last = len(self.vocabulary) - 1
        points = map(ord, text)
        return list(points if last == UNICODE_SIZE - 1 else (min(i, last) for i in points))
