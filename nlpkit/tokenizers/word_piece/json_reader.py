"""Reading a Hugging Face `tokenizer.json` with a WordPiece vocabulary."""

from collections.abc import Callable, Mapping
from typing import Any

from nlpkit.tokenizers.hugging_face_json.model import algorithm, check_model
from nlpkit.tokenizers.hugging_face_json.part import (
    InexpressibleError,
    Part,
    added_ids,
    added_tokens,
    is_plain,
    require,
)
from nlpkit.tokenizers.hugging_face_json.pipeline import pipeline_of


def read_word_piece_json(content: Part) -> dict[str, Any]:
    """Read the tokenizer's constructor arguments from a parsed `tokenizer.json`.

    Raises:
        ValueError: a part is not supported; the message names it.
    """
    check_model(content)
    _read_post_processor(content.get("post_processor") or {})
    added = added_tokens(content)
    stated = {"type": algorithm(content), **content["model"]}
    model = _fields(stated, "model", "WordPiece", (*MODEL, "vocab"))
    arguments: dict[str, Any] = {argument: model[key] for key, argument in MODEL.items()}
    arguments["vocabulary"] = _vocabulary({**model["vocab"], **added_ids(content)})
    arguments["special_tokens"] = [t["content"] for t in added if t["special"]] or None
    try:
        for name, read in _SECTIONS.items():
            arguments |= read(content.get(name) or {})
        for token in added:
            require(f"added_tokens.{token['content']} is plain", is_plain(token), (True,))
            require(f"added_tokens.{token['content']}.special", token["special"], (True,))
            require(f"added_tokens.{token['content']}.normalized", token["normalized"], (False,))
    except InexpressibleError:
        arguments["pipeline"] = pipeline_of(content)
    return arguments


def _read_normalizer(part: Part) -> dict[str, Any]:
    values = _fields(part, "normalizer", "BertNormalizer", tuple(_NORMALIZER) + ("clean_text",))
    require("normalizer.clean_text", values.get("clean_text"), (True,))
    return {argument: values[key] for key, argument in _NORMALIZER.items()}


_NORMALIZER = {
    "lowercase": "lowercase",
    "strip_accents": "strip_accents",
    "handle_chinese_chars": "split_on_cjk",
}
OF_ARGUMENT = {argument: key for key, argument in _NORMALIZER.items()}


def _read_pre_tokenizer(part: Part) -> dict[str, Any]:
    _fields(part, "pre_tokenizer", "BertPreTokenizer", ())
    return {}


def _vocabulary(ids: Mapping[str, int]) -> list[str]:
    tokens = sorted(ids, key=ids.__getitem__)
    for i, token in enumerate(tokens):
        if ids[token] != i:
            raise ValueError(
                "tokenizer.json: the ids of model.vocab and added_tokens must run from 0 without "
                f"gaps; got {token!r} with id {ids[token]}, where {i} would follow."
            )
    return tokens


MODEL = {
    "unk_token": "oov_token",
    "continuing_subword_prefix": "suffix_indicator",
    "max_input_chars_per_word": "max_characters_per_word",
}


def _read_decoder(part: Part) -> dict[str, Any]:
    require("decoder.type", part.get("type"), (None, "WordPiece"))
    return {}


def _read_post_processor(part: Part) -> dict[str, Any]:
    """Check that sequences are packed as in BERT or MPNet, which the preprocessor does."""
    kinds = (None, "TemplateProcessing", "BertProcessing", "RobertaProcessing")
    require("post_processor.type", part.get("type"), kinds)
    # The sequences among special tokens, of which MPNet has two between segments.
    known = {"single": ("-A-",), "pair": ("-A-B-", "-A--B-")}
    for name, expected in known.items():
        pieces = part.get(name, [])
        if (
            pieces
            and "".join(piece.get("Sequence", {}).get("id", "-") for piece in pieces)
            not in expected
        ):
            raise ValueError(
                f"tokenizer.json: post_processor.{name} must be [CLS], each segment ended by "
                f"[SEP]; got {part[name]}."
            )
    return {}


_SECTIONS: dict[str, Callable[[Part], dict[str, Any]]] = {
    "normalizer": _read_normalizer,
    "pre_tokenizer": _read_pre_tokenizer,
    "decoder": _read_decoder,
}


def _fields(part: Part, name: str, kind: str, keys: tuple[str, ...]) -> Part:
    require(f"{name}.type", part.get("type"), (kind,))
    lacking = [key for key in keys if key not in part]
    unknown = [key for key in part if key not in (*keys, "type")]
    if lacking or unknown:
        raise InexpressibleError(
            f"tokenizer.json: {name} lacks {lacking}, and has the unknown {unknown}."
        )
    return part
