"""Reading a Hugging Face `tokenizer.json` with a SentencePiece model."""

import base64
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from nlpkit.tokenizers.hugging_face_json.model import check_model
from nlpkit.tokenizers.hugging_face_json.part import (
    InexpressibleError,
    Part,
    added_tokens,
    in_sequence,
    is_plain,
    require,
)
from nlpkit.tokenizers.hugging_face_json.pipeline import to_text
from nlpkit.tokenizers.sentence_piece.proto import Piece, PieceKind, SentencePieceProto

# Packing of sequences is left to the preprocessor.
_POST_PROCESSORS = (None, "TemplateProcessing", "RobertaProcessing", "BertProcessing")
_SPACE = "▁"
_BYTES = {f"<0x{byte:02X}>" for byte in range(256)}


def read_sentence_piece_json(content: Part) -> dict[str, Any]:
    """Read the constructor arguments of a `SentencePieceTokenizer`: the file itself is its model.

    Args:
        content: dict. The parsed file.

    Raises:
        ValueError: the file needs something unsupported; the message names it.
    """
    check_model(content)
    for part in in_sequence(content.get("post_processor"), "processors"):
        require("post_processor.type", part["type"], _POST_PROCESSORS)
    special = [token["content"] for token in added_tokens(content) if token["special"]]
    return {"proto": to_text(content).encode(), "special_tokens": special or None}


def as_model(content: Part) -> tuple[bytes, dict[str, Any]]:
    """Convert a file to a SentencePiece model, for which TensorFlow has operations.

    Args:
        content: dict. The parsed file.

    Returns:
        bytes, the model; and dict, the tokenizer's arguments that change text before it.

    Raises:
        ValueError: the file needs something that such a model does not do; the message names it.
    """
    model = content["model"]
    is_unigram = model.get("type", "Unigram") == "Unigram"
    steps = in_sequence(content.get("normalizer"), "normalizers")
    settings, arguments = (_unigram_settings if is_unigram else _bpe_settings)(
        list(steps), in_sequence(content.get("pre_tokenizer"), "pretokenizers")
    )
    tokens = added_tokens(content)
    added = {token["id"]: token["content"] for token in tokens}
    has_prefix = settings.get("add_dummy_prefix", True)
    kinds = {token["content"]: _kind(token, has_prefix) for token in tokens}
    pieces = (_read_unigram if is_unigram else _read_bpe)(model, kinds)
    proto = SentencePieceProto.build(
        _with_added_tokens(pieces, added, kinds),
        model_type="unigram" if is_unigram else "bpe",
        byte_fallback=any(piece.kind == PieceKind.BYTE for piece in pieces),
        **settings,
    )
    return proto.to_bytes(), arguments


def _kind(token: Part, has_prefix: bool) -> PieceKind:
    """What an added token is: text may hold it where SentencePiece finds it as the file means."""
    if token["special"]:
        return PieceKind.CONTROL
    if has_prefix or not is_plain(token):
        raise InexpressibleError(
            f"tokenizer.json: the added token {token['content']!r} must be special, or found "
            "wherever a text spells it by a model that puts no space before text."
        )
    return PieceKind.USER_DEFINED


def _read_unigram(model: Part, added: Mapping[str, PieceKind]) -> list[Piece]:
    unknown = model.get("unk_id")
    if unknown is None:
        raise ValueError("tokenizer.json: model.unk_id must be an id; got None.")
    pieces = _pieces([token for token, _ in model["vocab"]], unknown, model, added)
    scores = [score for _, score in model["vocab"]]
    return [piece._replace(score=s) for piece, s in zip(pieces, scores, strict=True)]


def _read_bpe(model: Part, added: Mapping[str, PieceKind]) -> list[Piece]:
    for key, supported in _BPE_MODEL.items():
        require(f"model.{key}", model.get(key), supported)
    vocabulary: dict[str, int] = model["vocab"]
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    if [vocabulary[token] for token in tokens] != list(range(len(tokens))):
        raise ValueError("tokenizer.json: the ids of model.vocab must run from 0 without gaps.")
    if model.get("unk_token") not in vocabulary:
        raise ValueError(
            f"tokenizer.json: model.unk_token must be in vocab; got {model.get('unk_token')!r}."
        )
    pieces = _pieces(tokens, vocabulary[model["unk_token"]], model, added)
    whole = {p.text for p in pieces if p.kind == PieceKind.USER_DEFINED}
    ranks = _ranks(model["merges"], {p.text for p in pieces if p.kind == PieceKind.NORMAL}, whole)
    return [piece._replace(score=-float(ranks.get(piece.text, 0))) for piece in pieces]


_BPE_MODEL: dict[str, tuple[Any, ...]] = {
    "dropout": (None, 0, 0.0),
    "continuing_subword_prefix": (None, ""),
    "end_of_word_suffix": (None, ""),
    "ignore_merges": (None, False),
    "fuse_unk": (True,),
    "byte_fallback": (None, False, True),
}


def _ranks(merges: Sequence[Any], tokens: set[str], whole: set[str]) -> dict[str, int]:
    """The rank of each piece among the merges.

    SentencePiece merges any two neighbors whose concatenation is a piece, the best piece first.
    Merges are equivalent if they contain all such pairs, with those of the same piece together.
    Those of pieces that are found whole have no effect.
    """
    pairs = [
        tuple(merge.split(" ")) if isinstance(merge, str) else tuple(merge) for merge in merges
    ]
    pairs = [pair for pair in pairs if not whole & {*pair, "".join(pair)}]
    made = [first + second for first, second in pairs]
    ranks = {piece: rank for rank, piece in reversed(list(enumerate(made)))}
    together = 1 + sum(piece != last for last, piece in pairwise(made))
    implied = {
        (token[:i], token[i:])
        for token in tokens
        for i in range(1, len(token))
        if token[:i] in tokens and token[i:] in tokens
    }
    odd = implied.symmetric_difference(pairs)
    if odd or (made and together != len(ranks)):
        raise ValueError(
            "tokenizer.json: model.merges must be those of a SentencePiece model: all pairs that "
            f"make a token, by the token's rank; {len(odd)} are lacking or too many, "
            f"{sorted(odd)[:3]} for example."
        )
    return ranks


def _pieces(
    tokens: Sequence[str], unknown: int, model: Part, added: Mapping[str, PieceKind]
) -> list[Piece]:
    has_bytes = bool(model.get("byte_fallback"))
    if has_bytes and not _BYTES.issubset(tokens):
        raise ValueError("tokenizer.json: model.byte_fallback needs all 256 bytes in vocab.")

    def kind(i: int, token: str) -> PieceKind:
        if i == unknown:
            return PieceKind.UNKNOWN
        if has_bytes and token in _BYTES:
            return PieceKind.BYTE
        return added.get(token, PieceKind.NORMAL)

    return [Piece(token, 0.0, kind(i, token)) for i, token in enumerate(tokens)]


def _with_added_tokens(
    pieces: Sequence[Piece], added: Mapping[int, str], kinds: Mapping[str, PieceKind]
) -> list[Piece]:
    extended = list(pieces)
    for i in sorted(added):
        if i == len(extended):
            extended.append(Piece(added[i], 0.0, kinds[added[i]]))
        elif i > len(extended) or extended[i].text != added[i]:
            raise ValueError(
                "tokenizer.json: added_tokens must be in model.vocab or follow its ids; got "
                f"{added[i]!r} with id {i}."
            )
    return extended


def _unigram_settings(
    steps: list[Part], pre_tokenizers: Sequence[Part]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The normalization settings of a model, and the tokenizer's arguments."""
    arguments: dict[str, Any] = {}
    replacements: dict[str, str] = {}
    while steps and (pair := _string_replacement(steps[0])):
        replacements |= pair
        steps.pop(0)
    for types, name in ((["NFKD", "StripAccents"], "strip_accents"), (["Lowercase"], "lowercase")):
        if [step["type"] for step in steps[: len(types)]] == types:
            arguments[name] = True
            del steps[: len(types)]
    charsmap = b""
    if steps and steps[0]["type"] == "Precompiled":
        charsmap = base64.b64decode(steps.pop(0)["precompiled_charsmap"])
    _check_spaces(steps, pre_tokenizers)
    return {"charsmap": charsmap}, arguments | {"replacements": replacements or None}


def _check_spaces(steps: Sequence[Part], pre_tokenizers: Sequence[Part]) -> None:
    """Require what SentencePiece does: one space between words, one before, none after."""
    by_splitting = not steps and [part["type"] for part in pre_tokenizers] == [
        "WhitespaceSplit",
        "Metaspace",
    ]
    collapse = [part for part in steps if part.get("pattern") == {"Regex": " {2,}"}]
    strip = [part for part in steps if part["type"] == "Strip" and part["strip_right"]]
    by_stripping = [*strip, *collapse] == list(steps) and collapse and strip
    metaspace = pre_tokenizers[-1] if pre_tokenizers else {"type": None}
    always = metaspace.get("prepend_scheme", "always") == "always"
    prefix = metaspace.get("add_prefix_space", True) and always
    is_metaspace = metaspace["type"] == "Metaspace" and metaspace.get("replacement") == _SPACE
    if not (
        is_metaspace and prefix and (by_splitting or (by_stripping and len(pre_tokenizers) == 1))
    ):
        raise ValueError(
            "tokenizer.json: normalizer and pre_tokenizer must leave one space between words, put "
            "one before and leave none at the end, as WhitespaceSplit and Metaspace do, or Strip, "
            'a Replace of " {2,}" and Metaspace; got the normalizers '
            f"{_types(steps)} and pre_tokenizers {_types(pre_tokenizers)} ({metaspace})."
        )


def _bpe_settings(
    steps: list[Part], pre_tokenizers: Sequence[Part]
) -> tuple[dict[str, Any], dict[str, Any]]:
    prefix = bool(steps) and steps[0] == {"type": "Prepend", "prepend": _SPACE}
    if [_string_replacement(step) for step in steps[prefix:]] != [{" ": _SPACE}]:
        raise ValueError(
            "tokenizer.json: normalizer must be Replace of the space by ▁, with or without Prepend "
            f"of ▁ before it; got {steps}."
        )
    if any(part.get("pattern") != {"String": " "} for part in pre_tokenizers):
        raise ValueError(
            "tokenizer.json: pre_tokenizer must be null, or split at spaces, of which none are "
            f"left; got {pre_tokenizers}."
        )
    return {"add_dummy_prefix": prefix, "remove_extra_whitespaces": False}, {}


def _string_replacement(part: Part) -> dict[str, str] | None:
    if part["type"] != "Replace" or "String" not in part["pattern"]:
        return None
    return {part["pattern"]["String"]: part["content"]}


def _types(parts: Sequence[Part]) -> list[str]:
    return [part["type"] for part in parts]
