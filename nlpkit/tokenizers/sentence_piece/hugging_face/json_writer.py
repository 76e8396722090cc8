"""Conversion of a SentencePiece model to a `tokenizer.json`, as in transformers."""

import base64
from collections.abc import Sequence
from typing import Any

from nlpkit.tokenizers.sentence_piece.proto import Piece, PieceKind, SentencePieceProto

_SPACE = "▁"
# Pieces that are found whole or not at all, and are never part of others.
_ADDED = (PieceKind.CONTROL, PieceKind.UNKNOWN, PieceKind.USER_DEFINED)


def can_be_json(data: bytes) -> bool:
    """Whether a tokenizer.json can express a model."""
    return SentencePieceProto.parse(data).settings["model_type"] in _MODELS


def model_as_json(data: bytes) -> dict[str, Any]:
    """Convert a model to a tokenizer.json.

    It differs from the model in one point, as in transformers: no space is added to text that
    starts with one.

    Args:
        data: bytes. The model.

    Raises:
        ValueError: its pieces are neither merged by rank nor the most probable ones.
    """
    proto = SentencePieceProto.parse(data)
    settings = proto.settings
    model = _MODELS.get(settings["model_type"])
    if model is None:
        raise ValueError(
            "Tokens can be added to a SentencePiece model of the type bpe or unigram; got "
            f"{settings['model_type']!r}."
        )
    prefix = settings["add_dummy_prefix"]
    is_bpe = settings["model_type"] == "bpe"
    scheme = ("first" if is_bpe else "always") if prefix else "never"
    alone = set() if is_bpe else _characters_alone(proto.pieces)
    return {
        "normalizer": {"type": "Sequence", "normalizers": _normalizers(settings)},
        "pre_tokenizer": {
            "type": "Metaspace",
            "replacement": _SPACE,
            "prepend_scheme": scheme,
            "split": not is_bpe,
        },
        "model": model(proto.pieces),
        "added_tokens": [
            {
                "id": i,
                "content": piece.text,
                "special": piece.kind != PieceKind.USER_DEFINED,
                "normalized": False,
            }
            for i, piece in enumerate(proto.pieces)
            if piece.kind in _ADDED and piece.text not in alone
        ],
    }


def _characters_alone(pieces: Sequence[Piece]) -> set[str]:
    """User-defined characters that no other piece contains, so that all texts are split there.

    As added tokens they would start a text of their own, with a space; ALBERT and XLNet have some.
    """
    others = {c for piece in pieces if len(piece.text) > 1 for c in piece.text}
    own = {piece.text for piece in pieces if piece.kind == PieceKind.USER_DEFINED}
    return {text for text in own if len(text) == 1} - others


def _normalizers(settings: dict[str, Any]) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    if settings["charsmap"]:
        charsmap = base64.b64encode(settings["charsmap"]).decode()
        steps.append({"type": "Precompiled", "precompiled_charsmap": charsmap})
    if settings["remove_extra_whitespaces"]:
        steps.append({"type": "Strip", "strip_left": True, "strip_right": True})
        steps.append({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "})
    return steps


def _unigram(pieces: Sequence[Piece]) -> dict[str, Any]:
    unknown = next(i for i, piece in enumerate(pieces) if piece.kind == PieceKind.UNKNOWN)
    return {
        "type": "Unigram",
        "unk_id": unknown,
        "vocab": [[piece.text, piece.score] for piece in pieces],
        "byte_fallback": any(piece.kind == PieceKind.BYTE for piece in pieces),
    }


def _bpe(pieces: Sequence[Piece]) -> dict[str, Any]:
    ids = {piece.text: i for i, piece in enumerate(pieces)}
    unknown = next(piece.text for piece in pieces if piece.kind == PieceKind.UNKNOWN)
    return {
        "type": "BPE",
        "unk_token": unknown,
        "fuse_unk": True,
        "byte_fallback": any(piece.kind == PieceKind.BYTE for piece in pieces),
        "vocab": ids,
        "merges": _merges(pieces),
    }


def _merges(pieces: Sequence[Piece]) -> list[list[str]]:
    """All pairs of pieces whose concatenation is a piece, the best piece first."""
    scores = {piece.text: piece.score for piece in pieces if piece.kind == PieceKind.NORMAL}
    best_first = sorted(scores, key=scores.__getitem__, reverse=True)
    return [
        [token[:i], token[i:]]
        for token in best_first
        for i in range(1, len(token))
        if token[:i] in scores and token[i:] in scores
    ]


_MODELS = {"bpe": _bpe, "unigram": _unigram}
