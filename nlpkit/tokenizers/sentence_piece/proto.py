"""Reading, modifying and writing SentencePiece model files.

Its messages are those of `sentencepiece_model.proto` (https://github.com/google/sentencepiece).
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

from nlpkit.tokenizers.sentence_piece.protobuf_wire import read_fields, read_float, write_fields

_PIECES, _TRAINER, _NORMALIZER = 1, 2, 3
_TEXT, _SCORE, _KIND = 1, 2, 3
_UNKNOWN_ID = 40  # of the trainer's
_MODEL_TYPES = {"unigram": 1, "bpe": 2, "word": 3, "char": 4}
_TRAINER_FIELDS = {
    "model_type": 3,
    "treat_whitespace_as_suffix": 24,
    "byte_fallback": 35,
    "unk_piece": 45,
    "bos_piece": 46,
    "eos_piece": 47,
    "pad_piece": 48,
}
_NORMALIZER_FIELDS = {
    "charsmap": 2,
    "add_dummy_prefix": 3,
    "remove_extra_whitespaces": 4,
    "escape_whitespaces": 5,
}
_TRAINER_OF_IDS = ("model_type", "treat_whitespace_as_suffix")


class PieceKind(IntEnum):
    """The type of a piece; control pieces, for example, are never found in text."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


class Piece(NamedTuple):
    """A piece; its id is its index among the pieces.

    Attributes:
        text: str. A space is "▁".
        score: float. Its log-probability; for BPE, its priority in merging.
        kind: PieceKind, or its number.
    """

    text: str
    score: float = 0.0
    kind: int = PieceKind.NORMAL


@dataclass(frozen=True)
class SentencePieceProto:
    """A SentencePiece model.

    Attributes:
        pieces: tuple of Piece.
        rest: bytes. The other fields of the message, as they are in the file.
    """

    pieces: tuple[Piece, ...]
    rest: bytes = b""

    @classmethod
    def build(cls, pieces: Iterable[Piece], **settings: Any) -> "SentencePieceProto":
        """Build a model from pieces.

        Args:
            pieces: iterable of Piece.
            **settings: `model_type` ("unigram", "bpe", "word", "char"), `byte_fallback`,
                `treat_whitespace_as_suffix`, `unk_piece`, `bos_piece`, `eos_piece`, `pad_piece`,
                `charsmap` (bytes, the compiled normalization), `add_dummy_prefix`,
                `remove_extra_whitespaces`, `escape_whitespaces`. Defaults are those of
                SentencePiece: "unigram", with the last three on.
        """
        if "model_type" in settings:
            settings["model_type"] = _MODEL_TYPES[settings["model_type"]]
        trainer, normalizer = (
            write_fields((n, settings[name]) for name, n in names.items() if name in settings)
            for names in (_TRAINER_FIELDS, _NORMALIZER_FIELDS)
        )
        rest = write_fields([(_TRAINER, trainer), (_NORMALIZER, normalizer)])
        return cls((), rest).with_pieces(pieces)

    @classmethod
    def parse(cls, data: bytes) -> "SentencePieceProto":
        """Read the bytes of a model.

        Raises:
            ValueError: they are not a SentencePiece model.
        """
        pieces: list[Piece] = []
        rest: list[bytes] = []
        try:
            for number, value, start, end in read_fields(data):
                if number == _PIECES:
                    pieces.append(_read_piece(value))
                else:
                    rest.append(data[start:end])
        except (ValueError, TypeError) as error:
            raise ValueError(f"proto is not a SentencePiece model: {error}") from None
        return cls(tuple(pieces), b"".join(rest))

    def to_bytes(self) -> bytes:
        """The bytes of the model."""
        pieces = write_fields((_PIECES, _write_piece(piece)) for piece in self.pieces)
        return pieces + self.rest

    def with_pieces(self, pieces: Iterable[Piece]) -> "SentencePieceProto":
        """A copy of the model with other pieces or another order, which defines their ids."""
        arranged = tuple(pieces)
        unknown = [i for i, piece in enumerate(arranged) if piece.kind == PieceKind.UNKNOWN]
        # TensorFlow's operation takes it from there. Of a field that comes twice, the last counts.
        spec = write_fields((_UNKNOWN_ID, i) for i in unknown)
        return SentencePieceProto(arranged, self.rest + write_fields([(_TRAINER, spec)]))

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of `build` that affect ids, with SentencePiece's defaults."""
        trainer, normalizer = self._fields(_TRAINER), self._fields(_NORMALIZER)
        stated = {name: trainer.get(_TRAINER_FIELDS[name], 0) for name in _TRAINER_OF_IDS}
        kind = stated["model_type"] or _MODEL_TYPES["unigram"]
        flags = {
            name: bool(normalizer.get(number, 1))
            for name, number in _NORMALIZER_FIELDS.items()
            if name != "charsmap"
        }
        return {
            **stated,
            "model_type": next((name for name, n in _MODEL_TYPES.items() if n == kind), kind),
            "charsmap": normalizer.get(_NORMALIZER_FIELDS["charsmap"], b""),
            **flags,
        }

    @property
    def is_plain_unigram(self) -> bool:
        """Whether it only finds the most probable pieces of normalized text."""
        settings = self.settings
        plain = settings["model_type"] == "unigram" and not settings["treat_whitespace_as_suffix"]
        return plain and all(map(_is_plain, self.pieces))

    def _fields(self, number: int) -> dict[int, Any]:
        specs = b"".join(f.value for f in read_fields(self.rest) if f.number == number)
        return {field: value for field, value, _, _ in read_fields(specs)}


def charsmap_of(data: bytes) -> bytes:
    """Read the compiled normalization from a model's bytes, skipping its pieces."""
    at = 0
    # Quicker than reading them as fields: there may be hundreds of thousands.
    while data[at : at + 1] == b"\x0a" and at + 1 < len(data) and data[at + 1] < 0x80:
        at += 2 + data[at + 1]
    try:
        specs = b"".join(f.value for f in read_fields(data[at:]) if f.number == _NORMALIZER)
        found = [f.value for f in read_fields(specs) if f.number == _NORMALIZER_FIELDS["charsmap"]]
    except (TypeError, ValueError):
        return b""  # The library says what is wrong with the model.
    return found[-1] if found and isinstance(found[-1], bytes) else b""


def _read_piece(message: bytes) -> Piece:
    values = {number: value for number, value, _, _ in read_fields(message)}
    score = read_float(values[_SCORE]) if _SCORE in values else 0.0
    text, kind = values.get(_TEXT, b""), values.get(_KIND, PieceKind.NORMAL)
    if not isinstance(text, bytes) or not isinstance(kind, int):
        raise ValueError("a piece has a field of the wrong kind.")
    return Piece(text.decode(), score, kind)


def _is_plain(piece: Piece) -> bool:
    # User-defined pieces are found before text is normalized.
    if piece.kind == PieceKind.USER_DEFINED:
        return piece.text == unicodedata.normalize("NFKC", piece.text).casefold()
    return piece.kind != PieceKind.BYTE


def _write_piece(piece: Piece) -> bytes:
    fields: list[tuple[int, Any]] = [(_TEXT, piece.text), (_SCORE, float(piece.score))]
    is_normal = piece.kind == PieceKind.NORMAL
    return write_fields(fields if is_normal else [*fields, (_KIND, int(piece.kind))])
