"""Reading a Hugging Face `tokenizer.json` that holds a byte-level BPE."""

import json
from typing import Any

from nlpkit.tokenizers.byte_pair_engine import NORMALIZATIONS
from nlpkit.tokenizers.split_patterns import SPLIT_PATTERNS, build_pre_tokenizer, pattern_name
from nlpkit.tokenizers.tokenizer_json_part import Part, in_sequence, require

# Packing of sequences is the preprocessor's; offsets are not trimmed, which bears on no id.
_POST_PROCESSORS = ("ByteLevel", "TemplateProcessing", "RobertaProcessing")


def read_byte_pair_json(content: Part) -> dict[str, Any]:
    """The constructor arguments of a `BytePairTokenizer`.

    Args:
        content: dict. The parsed file.

    Raises:
        ValueError: it asks for something that the tokenizer does not do; the message names it.
    """
    _check_decoder(content.get("decoder"))
    for part in in_sequence(content.get("post_processor"), "processors"):
        require("post_processor.type", part["type"], _POST_PROCESSORS)
    arguments = _read_model(content.get("model") or {})
    arguments |= _read_normalizer(content.get("normalizer"))
    arguments |= _read_pre_tokenizer(content.get("pre_tokenizer"))
    return arguments | _read_added_tokens(content.get("added_tokens") or [], arguments)


def _read_model(part: Part) -> dict[str, Any]:
    for key, supported in _MODEL.items():
        if key in part:
            require(f"model.{key}", part[key], supported)
    unknown = [key for key in part if key not in (*_MODEL, *_MODEL_FREE)]
    if unknown:
        raise ValueError(f"tokenizer.json: model has the unknown {unknown}.")
    return {
        "vocabulary": dict(part["vocab"]),
        "merges": part["merges"],
        "ignore_merges": bool(part.get("ignore_merges", False)),
    }


_MODEL: dict[str, tuple[Any, ...]] = {
    "type": ("BPE",),
    "dropout": (None, 0.0),
    "continuing_subword_prefix": (None, ""),
    "end_of_word_suffix": (None, ""),
    "byte_fallback": (False,),
}
# Every byte is in the vocabulary, or an error says that it is not: nothing is unknown.
_MODEL_FREE = ("unk_token", "fuse_unk", "ignore_merges", "vocab", "merges")


def _read_normalizer(part: Part | None) -> dict[str, Any]:
    steps = in_sequence(part, "normalizers")
    for step in steps:
        require("normalizer.type", step["type"], NORMALIZATIONS)
    if len(steps) > 1:
        raise ValueError(f"tokenizer.json: normalizer must be one form of Unicode; got {part}.")
    return {"normalization": steps[0]["type"] if steps else None}


def _read_pre_tokenizer(part: Part | None) -> dict[str, Any]:
    steps = in_sequence(part, "pretokenizers")
    if [_essence(step) for step in steps] == _falcon():
        return {"split_pattern": "falcon", "add_prefix_space": False}
    *splits, last = steps or [{"type": None}]
    require("pre_tokenizer.type", last["type"], ("ByteLevel",))
    use_regex = last.get("use_regex", True)
    prefix = last.get("add_prefix_space", True)
    if use_regex and not splits:
        return {"split_pattern": "gpt2", "add_prefix_space": prefix}
    if use_regex or prefix or len(splits) != 1:
        raise ValueError(
            "tokenizer.json: pre_tokenizer must be ByteLevel alone, Falcon's steps, or a Split and "
            f"then ByteLevel without add_prefix_space and use_regex; got {part}."
        )
    return {"split_pattern": _read_split(splits[0]), "add_prefix_space": False}


def _read_split(part: Part) -> str:
    require("pre_tokenizer.type", part["type"], ("Split",))
    require("pre_tokenizer.pattern", list(part["pattern"]), (["Regex"],))
    name = pattern_name(part["pattern"]["Regex"])
    # Of a pattern that matches everything, removing what does not match is the same.
    same = [("Isolated", False), ("Isolated", True)]
    same += [("Removed", True)] if name in SPLIT_PATTERNS else []
    require("pre_tokenizer.behavior", (part["behavior"], part["invert"]), tuple(same))
    return name


def _falcon() -> list[dict[str, Any]]:
    steps = json.loads(build_pre_tokenizer("falcon").__getstate__())["pretokenizers"]
    return [_essence(step) for step in steps]


def _essence(part: Part) -> dict[str, Any]:
    """A part without what bears on offsets alone."""
    return {key: value for key, value in part.items() if key != "trim_offsets"}


def _check_decoder(part: Part | None) -> None:
    if part is not None:
        require("decoder.type", part["type"], ("ByteLevel",))


def _read_added_tokens(added: list[Part], arguments: dict[str, Any]) -> dict[str, Any]:
    """Special tokens, and those that are found in any text, which the vocabulary may lack."""
    special = {token["content"]: token["id"] for token in added if token.get("special")}
    others = [token for token in added if not token.get("special")]
    for token in others:
        for flag in ("single_word", "lstrip", "rstrip"):
            require(f"added_tokens.{token['content']}.{flag}", token.get(flag, False), (False,))
        arguments["vocabulary"].setdefault(token["content"], token["id"])
    return {
        "special_tokens": special or None,
        "unsplittable_tokens": [token["content"] for token in others] or None,
    }
