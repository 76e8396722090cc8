"""Byte-pair tokenizers in Hugging Face folders."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenizers import AddedToken, decoders
from tokenizers import Tokenizer as NativeTokenizer
from tokenizers.models import BPE

from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.formats.safe_json import LARGE
from nlpkit.tokenizers.byte_pair.algorithm import build_normalizer
from nlpkit.tokenizers.byte_pair.files import (
    Merge,
    parse_merges,
    read_byte_pairs,
    read_merges,
)
from nlpkit.tokenizers.byte_pair.json_reader import read_byte_pair_json
from nlpkit.tokenizers.byte_pair.splitting.patterns import build_pre_tokenizer
from nlpkit.tokenizers.hugging_face_json.part import Part, added_ids
from nlpkit.tokenizers.hugging_face_json.pipeline import content_of
from nlpkit.tokenizers.hugging_face_json.tokenizer_folder import (
    JSON_FILE,
    check_agreement,
    follows_the_file,
    own_names,
    read_config,
    read_content,
)
from nlpkit.tokenizers.hugging_face_json.writing import write_json_files

if TYPE_CHECKING:
    from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer

# How the class splits text, and its form of Unicode, that transformers reads a folder without
# tokenizer.json with.
_CLASSES = {
    name + ending: settings
    for name, settings in {
        "GPT2Tokenizer": ("gpt2", None),
        "RobertaTokenizer": ("gpt2", None),
        "BartTokenizer": ("gpt2", None),
        "WhisperTokenizer": ("gpt2", None),
        "Qwen2Tokenizer": ("qwen2", "NFC"),
    }.items()
    for ending in ("", "Fast")
}
_VOCABULARY, _MERGES = "vocab.json", "merges.txt"


def read_folder(folder: FolderFiles, config: Mapping[str, Any]) -> dict[str, Any]:
    """Read the tokenizer's constructor arguments from a Hugging Face folder.

    `tokenizer.json` is read if it is there, else `vocab.json` and `merges.txt`, with the settings
    of the class that `tokenizer_config.json` names, GPT-2's if it names none; and the added tokens
    of all files.

    Args:
        folder: `FolderFiles`.
        config: dict. The contents of `tokenizer_config.json`.

    Raises:
        ValueError: there is no vocabulary, it needs something unsupported, or files disagree.
    """
    config = read_config(folder, config)
    content = read_content(folder, config, lambda: (_VOCABULARY, _of_vocabulary(folder, config)))
    is_stated = folder.has(JSON_FILE)
    if is_stated:
        _check_vocabulary(folder, content)
    prefix, splitter = config.get("add_prefix_space"), content.get("pre_tokenizer") or {}
    if prefix is not None and splitter.get("type") == "ByteLevel" and not follows_the_file(config):
        content = {**content, "pre_tokenizer": {**splitter, "add_prefix_space": prefix}}
    arguments = read_byte_pair_json(content)
    if not is_stated:
        arguments.pop("ignore_merges", None)  # The class knows it.
    return arguments | own_names(config)


def write_folder(
    tokenizer: "BytePairTokenizer",
    folder: Path,
    starts_texts: bool = True,
    text_end: str | None = None,
) -> list[str]:
    """Write `tokenizer.json` and `tokenizer_config.json`.

    transformers reads them with the same ids, except that it always recognizes special tokens.

    Raises:
        ValueError: Hugging Face cannot express the settings.
    """
    return write_json_files(tokenizer, _content(tokenizer), folder, starts_texts, text_end)


def _native(tokenizer: "BytePairTokenizer") -> NativeTokenizer:
    """The tokenizer's pipeline, with the tokens that are recognized in text."""
    if tokenizer.add_prefix_space and tokenizer.split_pattern != "gpt2":
        raise ValueError(
            "Hugging Face's files have add_prefix_space=True for the split_pattern 'gpt2' alone; "
            f"got {tokenizer.split_pattern!r}."
        )
    ids, pairs = tokenizer._known().ids, tokenizer._known_pairs()
    looks_up_words = pairs.looks_up_words(tokenizer.ignore_merges)
    native = NativeTokenizer(BPE(ids, pairs.merges, ignore_merges=looks_up_words))
    if normalizer := build_normalizer(tokenizer.normalization):
        native.normalizer = normalizer
    prefix = tokenizer.add_prefix_space
    native.pre_tokenizer = build_pre_tokenizer(tokenizer.split_pattern, prefix)
    native.decoder = decoders.ByteLevel()
    special = tokenizer._special.ids
    native.add_special_tokens([AddedToken(token, normalized=False) for token in special])
    others = [t for t in tokenizer.unsplittable_tokens or () if t not in special]
    native.add_tokens([AddedToken(token, normalized=False) for token in others])
    return native


def _content(tokenizer: "BytePairTokenizer") -> Part:
    if tokenizer.pipeline is None:
        return dict(json.loads(_native(tokenizer).to_str()))
    pairs = tokenizer._known_pairs()
    return content_of(tokenizer.pipeline, pairs.ids, pairs.merges)


def _of_vocabulary(folder: FolderFiles, config: Mapping[str, Any]) -> dict[str, Any]:
    """The equivalent contents of a tokenizer.json."""
    if not all(folder.has(name) for name in (_VOCABULARY, _MERGES)):
        raise ValueError(f"{folder} contains neither tokenizer.json nor vocab.json and merges.txt.")
    name = config.get("tokenizer_class", "GPT2Tokenizer")
    if name not in _CLASSES:
        raise ValueError(
            f"tokenizer_config.json: tokenizer_class must be one of {list(_CLASSES)} if there is "
            f"no tokenizer.json; got {name!r}."
        )
    split_pattern, normalization = _CLASSES[name]
    pairs = read_byte_pairs(folder.json(_VOCABULARY, LARGE), _merges(folder))
    splitter = build_pre_tokenizer(split_pattern)
    return {
        "normalizer": normalization and {"type": normalization},
        "pre_tokenizer": json.loads(splitter.__getstate__()),
        "model": {"type": "BPE", "vocab": pairs.ids, "merges": pairs.merges},
    }


def _merges(folder: FolderFiles) -> list[Merge]:
    return parse_merges(folder.text(_MERGES))


def _check_vocabulary(folder: FolderFiles, content: Part) -> None:
    """Compare tokenizer.json with vocab.json and merges.txt if they exist too."""
    model = content["model"]
    if folder.has(_VOCABULARY):
        ids = folder.json(_VOCABULARY, LARGE)
        known = {**model["vocab"], **added_ids(content)}
        check_agreement(known, JSON_FILE, ids, _VOCABULARY)
    if folder.has(_MERGES):
        pairs = zip(read_merges(model["merges"]), _merges(folder), strict=False)
        differing = next(((i, a, b) for i, (a, b) in enumerate(pairs) if a != b), None)
        if differing is not None:
            i, first, second = differing
            raise ValueError(
                f"The files of the tokenizer disagree: merge {i} is {first} in {JSON_FILE}, "
                f"{second} in {_MERGES}. Remove or correct the one that is not the model's."
            )
