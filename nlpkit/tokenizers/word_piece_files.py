"""BERT tokenizers as Hugging Face keeps them: vocab.txt, tokenizer.json, tokenizer_config.json."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nlpkit.presets.safe_json import LARGE, read_object
from nlpkit.tokenizers.tokenizer_json_part import require
from nlpkit.tokenizers.vocabulary import Vocabulary

_SPECIAL_TOKENS = {
    "cls_token": "cls_token",
    "sep_token": "sep_token",
    "pad_token": "pad_token",
    "mask_token": "mask_token",
    "unk_token": "oov_token",
}
_SETTINGS = {
    "do_lower_case": "lowercase",
    "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "split_on_cjk",
}
# What BERT does where a folder does not say.
_DEFAULTS = {"lowercase": True, "strip_accents": None, "split_on_cjk": True}


def read_arguments(folder: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """The tokenizer's constructor arguments from the files of a Hugging Face folder.

    `tokenizer.json` is read if it is there, strictly: a part that no argument expresses is an
    error. Otherwise `vocab.txt` is. The settings of `tokenizer_config.json` take precedence, as in
    transformers.

    Args:
        folder: path. Holds the files.
        config: dict. What `tokenizer_config.json` says.

    Raises:
        ValueError: there is no vocabulary, or a part is not supported; the message names it.
    """
    _refuse_unsupported(config)
    if (folder / "tokenizer.json").is_file():
        content = read_object(folder / "tokenizer.json", LARGE)
        arguments = read_word_piece_json(content)
    elif (folder / "vocab.txt").is_file():
        arguments = {"vocabulary": Vocabulary.read(folder / "vocab.txt").tokens}
    else:
        raise ValueError(f"{folder} holds neither tokenizer.json nor vocab.txt.")
    given = {_SETTINGS[key]: config[key] for key in _SETTINGS if key in config}
    tokens = {
        argument: _content(config[key])
        for key, argument in _SPECIAL_TOKENS.items()
        if config.get(key) is not None
    }
    return _DEFAULTS | arguments | given | tokens


def write_files(tokenizer: Any, folder: Path) -> list[str]:
    """Write `vocab.txt`, and `tokenizer_config.json` where Hugging Face can express the settings.

    Returns:
        The names of the files written.
    """
    Vocabulary(tokenizer.get_vocabulary()).save(folder / "vocab.txt")
    if not _is_expressible(tokenizer):
        return ["vocab.txt"]
    config = {"tokenizer_class": "BertTokenizer"}
    config |= {key: getattr(tokenizer, argument) for key, argument in _SETTINGS.items()}
    config |= tokenizer.special_tokens_map
    text = json.dumps(config, indent=2, ensure_ascii=False)
    (folder / "tokenizer_config.json").write_text(f"{text}\n", encoding="utf-8")
    return ["vocab.txt", "tokenizer_config.json"]


def _is_expressible(tokenizer: Any) -> bool:
    return (
        tokenizer.split
        and tokenizer.suffix_indicator == "##"
        and tokenizer.max_characters_per_word == 100
    )


def _refuse_unsupported(config: Mapping[str, Any]) -> None:
    for key, supported in (("do_basic_tokenize", (None, True)), ("never_split", (None, []))):
        if config.get(key) not in supported:
            raise ValueError(
                f"tokenizer_config.json: {key} must be one of {supported}; got {config[key]!r}."
            )
    name = config.get("tokenizer_class")
    if name is not None and name not in _TOKENIZER_CLASSES:
        raise ValueError(
            f"tokenizer_config.json: tokenizer_class must be one of {_TOKENIZER_CLASSES}; got "
            f"{name!r}."
        )


_TOKENIZER_CLASSES = ("BertTokenizer", "BertTokenizerFast", "PreTrainedTokenizerFast")


def read_word_piece_json(content: Mapping[str, Any]) -> dict[str, Any]:
    """The tokenizer's constructor arguments from a parsed `tokenizer.json`.

    Raises:
        ValueError: a part is not supported; the message names it.
    """
    unknown = [name for name in content if name not in (*_SECTIONS, *_NOT_ABOUT_IDS)]
    if unknown:
        raise ValueError(f"tokenizer.json: unknown parts {unknown}.")
    arguments: dict[str, Any] = {}
    for name, read in _SECTIONS.items():
        arguments |= read(content.get(name) or {})
    _check_added_tokens(content.get("added_tokens", []), arguments["vocabulary"])
    return arguments


# How long sequences may be, and what pads them, is said by the caller, not by the tokenizer.
_NOT_ABOUT_IDS = ("version", "truncation", "padding", "added_tokens")


def _read_normalizer(part: dict[str, Any]) -> dict[str, Any]:
    values = _fields(part, "normalizer", "BertNormalizer", tuple(_NORMALIZER) + ("clean_text",))
    require("normalizer.clean_text", values.get("clean_text"), (True,))
    return {argument: values[key] for key, argument in _NORMALIZER.items()}


_NORMALIZER = {
    "lowercase": "lowercase",
    "strip_accents": "strip_accents",
    "handle_chinese_chars": "split_on_cjk",
}


def _read_pre_tokenizer(part: dict[str, Any]) -> dict[str, Any]:
    _fields(part, "pre_tokenizer", "BertPreTokenizer", ())
    return {}


def _read_model(part: dict[str, Any]) -> dict[str, Any]:
    values = _fields({"type": "WordPiece"} | part, "model", "WordPiece", tuple(_MODEL) + ("vocab",))
    arguments = {argument: values[key] for key, argument in _MODEL.items()}
    tokens = sorted(values["vocab"], key=values["vocab"].__getitem__)
    if [values["vocab"][token] for token in tokens] != list(range(len(tokens))):
        raise ValueError("tokenizer.json: the ids of model.vocab must run from 0 without gaps.")
    return arguments | {"vocabulary": tokens}


_MODEL = {
    "unk_token": "oov_token",
    "continuing_subword_prefix": "suffix_indicator",
    "max_input_chars_per_word": "max_characters_per_word",
}


def _read_decoder(part: dict[str, Any]) -> dict[str, Any]:
    require("decoder.type", part.get("type"), (None, "WordPiece"))
    return {}


def _read_post_processor(part: dict[str, Any]) -> dict[str, Any]:
    """What packs sequences is the preprocessor's; it packs as BERT does."""
    kinds = (None, "TemplateProcessing", "BertProcessing")
    require("post_processor.type", part.get("type"), kinds)
    for name, expected in (("single", ["A"]), ("pair", ["A", "B"])):
        segments = [piece["Sequence"]["id"] for piece in part.get(name, []) if "Sequence" in piece]
        if name in part and (segments != expected or len(part[name]) != 2 * len(expected) + 1):
            raise ValueError(
                f"tokenizer.json: post_processor.{name} must be [CLS], each segment ended by "
                f"[SEP]; got {part[name]}."
            )
    return {}


_SECTIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "normalizer": _read_normalizer,
    "pre_tokenizer": _read_pre_tokenizer,
    "model": _read_model,
    "decoder": _read_decoder,
    "post_processor": _read_post_processor,
}


def _check_added_tokens(added: list[dict[str, Any]], vocabulary: list[str]) -> None:
    for token in added:
        i, content = token["id"], token["content"]
        if not (token.get("special") and i < len(vocabulary) and vocabulary[i] == content):
            raise ValueError(
                "tokenizer.json: added_tokens must be special tokens of model.vocab; got "
                f"{content!r} with id {i}."
            )


def _fields(part: dict[str, Any], name: str, kind: str, keys: tuple[str, ...]) -> dict[str, Any]:
    require(f"{name}.type", part.get("type"), (kind,))
    lacking = [key for key in keys if key not in part]
    unknown = [key for key in part if key not in (*keys, "type")]
    if lacking or unknown:
        raise ValueError(f"tokenizer.json: {name} lacks {lacking}, and has the unknown {unknown}.")
    return part


def _content(token: str | dict[str, Any]) -> str:
    return token if isinstance(token, str) else token["content"]
