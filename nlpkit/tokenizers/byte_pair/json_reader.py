"""Reading a Hugging Face `tokenizer.json` with byte-level BPE."""

import json
from typing import Any

from nlpkit.tokenizers.byte_pair.algorithm import NORMALIZATIONS
from nlpkit.tokenizers.byte_pair.splitting.patterns import (
    SPLIT_PATTERNS,
    build_pre_tokenizer,
    pattern_name,
)
from nlpkit.tokenizers.hugging_face_json.model import check_model
from nlpkit.tokenizers.hugging_face_json.part import (
    InexpressibleError,
    Part,
    added_tokens,
    in_sequence,
    is_plain,
    require,
)
from nlpkit.tokenizers.hugging_face_json.pipeline import pipeline_of

# Packing is left to the preprocessor; offsets are not trimmed, which does not affect ids.
_POST_PROCESSORS = ("ByteLevel", "TemplateProcessing", "RobertaProcessing")


def read_byte_pair_json(content: Part) -> dict[str, Any]:
    """Read the constructor arguments of a `BytePairTokenizer`.

    Args:
        content: dict. The parsed file.

    Raises:
        ValueError: the file needs something unsupported; the message names it.
    """
    check_model(content)
    for part in in_sequence(content.get("post_processor"), "processors"):
        require("post_processor.type", part["type"], _POST_PROCESSORS)
    try:
        return _read_arguments(content)
    except InexpressibleError:
        model = content["model"]
        added = added_tokens(content)
        special = {token["content"]: token["id"] for token in added if token["special"]}
        return {
            "vocabulary": dict(model["vocab"]),
            "merges": model["merges"],
            "pipeline": pipeline_of(content),
            "special_tokens": special or None,
        }


def _read_arguments(content: Part) -> dict[str, Any]:
    _check_decoder(content.get("decoder"))
    arguments = _read_model(content["model"])
    arguments |= _read_normalizer(content.get("normalizer"))
    arguments |= _read_pre_tokenizer(content.get("pre_tokenizer"))
    return arguments | _read_added_tokens(added_tokens(content), arguments)


def _read_model(part: Part) -> dict[str, Any]:
    for key, supported in _MODEL.items():
        if key in part:
            require(f"model.{key}", part[key], supported)
    return {
        "vocabulary": dict(part["vocab"]),
        "merges": part["merges"],
        "ignore_merges": bool(part.get("ignore_merges", False)),
    }


# Every byte is in the vocabulary, or an error says that it is not: nothing is unknown.
_MODEL: dict[str, tuple[Any, ...]] = {
    "type": ("BPE",),
    "continuing_subword_prefix": (None, ""),
    "end_of_word_suffix": (None, ""),
    "byte_fallback": (False,),
}


def _read_normalizer(part: Part | None) -> dict[str, Any]:
    steps = in_sequence(part, "normalizers")
    for step in steps:
        require("normalizer.type", step["type"], NORMALIZATIONS)
    if len(steps) > 1:
        raise InexpressibleError(
            f"tokenizer.json: normalizer must be one form of Unicode; got {part}."
        )
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
        raise InexpressibleError(
            "tokenizer.json: pre_tokenizer must be ByteLevel alone, Falcon's steps, or a Split "
            f"followed by ByteLevel without add_prefix_space and use_regex; got {part}."
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
    """A part without the settings that affect offsets only."""
    return {key: value for key, value in part.items() if key != "trim_offsets"}


def _check_decoder(part: Part | None) -> None:
    if part is not None:
        require("decoder.type", part["type"], ("ByteLevel",))


def _read_added_tokens(added: list[dict[str, Any]], arguments: dict[str, Any]) -> dict[str, Any]:
    """Read special tokens and unsplittable tokens, which the vocabulary may lack."""
    others = [token for token in added if not token["special"]]
    for token in added:
        require(f"added_tokens.{token['content']} is plain", is_plain(token), (True,))
    for token in others:
        normalized = token["normalized"] and arguments["normalization"] is not None
        require(f"added_tokens.{token['content']}.normalized", normalized, (False,))
        arguments["vocabulary"].setdefault(token["content"], token["id"])
    return {
        "special_tokens": {t["content"]: t["id"] for t in added if t["special"]} or None,
        "unsplittable_tokens": [token["content"] for token in others] or None,
    }
