"""Byte-pair tokenizers as Hugging Face folders keep them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, decoders
from tokenizers import Tokenizer as NativeTokenizer
from tokenizers.models import BPE

from nlpkit.presets.safe_json import LARGE, read_object
from nlpkit.tokenizers.byte_pair_engine import build_normalizer
from nlpkit.tokenizers.byte_pair_files import BytePairs
from nlpkit.tokenizers.byte_pair_json import read_byte_pair_json
from nlpkit.tokenizers.split_patterns import build_pre_tokenizer

# What Hugging Face calls the tokens that start and end a text.
_NAMES = {"start_token": "bos_token", "end_token": "eos_token"}
# What a folder without tokenizer.json leaves to the class that transformers reads it with.
_GPT2: dict[str, Any] = {"split_pattern": "gpt2"}
_QWEN2: dict[str, Any] = {"split_pattern": "qwen2", "normalization": "NFC"}
_CLASSES = {
    name + ending: arguments
    for name, arguments in {
        "GPT2Tokenizer": _GPT2,
        "RobertaTokenizer": _GPT2,
        "BartTokenizer": _GPT2,
        "Qwen2Tokenizer": _QWEN2,
    }.items()
    for ending in ("", "Fast")
}


def read_folder(folder: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """The tokenizer's constructor arguments from the files of a Hugging Face folder.

    `tokenizer.json` is read if it is there, else `vocab.json` and `merges.txt`, with the settings
    of the class that `tokenizer_config.json` names, GPT-2's if it names none.

    Args:
        folder: path. Holds the files.
        config: dict. What `tokenizer_config.json` says.

    Raises:
        ValueError: there is no vocabulary, or it asks for something unsupported.
    """
    if (folder / "tokenizer.json").is_file():
        content = read_object(folder / "tokenizer.json", LARGE)
        arguments = read_byte_pair_json(content)
    elif (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
        arguments = _read_vocabulary(folder, config)
    else:
        raise ValueError(f"{folder} holds neither tokenizer.json nor vocab.json and merges.txt.")
    if config.get("add_prefix_space") is not None:
        arguments["add_prefix_space"] = config["add_prefix_space"]
    return arguments | _named_special_tokens(config)


def write_folder(tokenizer: Any, folder: Path) -> list[str]:
    """Write `tokenizer.json` and `tokenizer_config.json`.

    transformers opens them, with the same ids; only it always recognises special tokens in text.

    Raises:
        ValueError: Hugging Face cannot express the settings.
    """
    native = _native(tokenizer)
    (folder / "tokenizer.json").write_text(native.to_str(), encoding="utf-8", newline="\n")
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        **{_NAMES.get(name, name): t for name, t in tokenizer.special_tokens_map.items()},
    }
    text = json.dumps(config, indent=2, ensure_ascii=False)
    (folder / "tokenizer_config.json").write_text(f"{text}\n", encoding="utf-8", newline="\n")
    return ["tokenizer.json", "tokenizer_config.json"]


def _native(tokenizer: Any) -> NativeTokenizer:
    """The tokenizer's pipeline, with the tokens that are recognised in text."""
    if tokenizer.add_prefix_space and tokenizer.split_pattern != "gpt2":
        raise ValueError(
            "Hugging Face's files have add_prefix_space=True for the split_pattern 'gpt2' alone; "
            f"got {tokenizer.split_pattern!r}."
        )
    engine = tokenizer._engine
    pairs: BytePairs = engine.pairs
    ids = tokenizer._known().ids
    native = NativeTokenizer(BPE(ids, pairs.merges, ignore_merges=engine.looks_up_words))
    if normalizer := build_normalizer(tokenizer.normalization):
        native.normalizer = normalizer
    prefix = tokenizer.add_prefix_space
    native.pre_tokenizer = build_pre_tokenizer(tokenizer.split_pattern, prefix)
    native.decoder = decoders.ByteLevel()
    special = dict.fromkeys(tokenizer._all_special_tokens())
    native.add_special_tokens([AddedToken(token, normalized=False) for token in special])
    others = [t for t in tokenizer.unsplittable_tokens or () if t not in special]
    native.add_tokens([AddedToken(token, normalized=False) for token in others])
    return native


def _read_vocabulary(folder: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    name = config.get("tokenizer_class", "GPT2Tokenizer")
    if name not in _CLASSES:
        raise ValueError(
            f"tokenizer_config.json: tokenizer_class must be one of {list(_CLASSES)} if there is "
            f"no tokenizer.json; got {name!r}."
        )
    vocabulary = read_object(folder / "vocab.json", LARGE)
    added = config.get("added_tokens_decoder", {})
    special = {token["content"]: int(i) for i, token in added.items() if token.get("special")}
    named = _named_special_tokens(config).values()
    special |= {token: vocabulary[token] for token in named if token in vocabulary}
    return {
        "vocabulary": vocabulary,
        "merges": folder / "merges.txt",
        "special_tokens": special or None,
        **_CLASSES[name],
    }


def _named_special_tokens(config: Mapping[str, Any]) -> dict[str, str]:
    """The special tokens by name; they are objects with a content, or strings."""
    named = {
        name: value if isinstance(value, str) else value.get("content")
        for name, value in config.items()
        if name.endswith("_token") and isinstance(value, str | dict)
    }
    tokens = {name: token for name, token in named.items() if isinstance(token, str)}
    renamed = {own: tokens[name] for own, name in _NAMES.items() if name in tokens}
    return {**tokens, **renamed}
