"""BERT tokenizers in Hugging Face folders: vocab.txt, tokenizer.json, tokenizer_config.json."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.tokenizers.base.vocabulary import Vocabulary
from nlpkit.tokenizers.hugging_face_json.part import Part
from nlpkit.tokenizers.hugging_face_json.pipeline import content_of
from nlpkit.tokenizers.hugging_face_json.tokenizer_folder import (
    JSON_FILE,
    check_agreement,
    follows_the_file,
    named_tokens,
    read_config,
    read_content,
    write_config,
)
from nlpkit.tokenizers.hugging_face_json.writing import input_names, write_json_files
from nlpkit.tokenizers.word_piece.algorithm import build_normalizer
from nlpkit.tokenizers.word_piece.json_reader import MODEL, OF_ARGUMENT, read_word_piece_json
from nlpkit.tokenizers.word_piece.pipeline import model_vocabulary

if TYPE_CHECKING:
    from nlpkit.tokenizers.word_piece.tokenizer import WordPieceTokenizer

_SPECIAL_TOKENS = {
    "cls_token": "cls_token",
    "sep_token": "sep_token",
    "pad_token": "pad_token",
    "mask_token": "mask_token",
    "unk_token": "oov_token",
}
# Of the configuration, to the argument.
_SETTINGS = {
    "do_lower_case": "lowercase",
    "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "split_on_cjk",
}
# BERT's defaults.
_BERT: dict[str, Any] = {
    "normalizer": {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": True,
    },
    "pre_tokenizer": {"type": "BertPreTokenizer"},
}
_BERT_MODEL = {
    "type": "WordPiece",
    "unk_token": "[UNK]",
    "continuing_subword_prefix": "##",
    "max_input_chars_per_word": 100,
}
_VOCABULARY = "vocab.txt"


def read_arguments(folder: FolderFiles, config: Mapping[str, Any]) -> dict[str, Any]:
    """Read the tokenizer's constructor arguments from a Hugging Face folder.

    `tokenizer.json` is read if it is there, otherwise `vocab.txt`, and the added tokens of all
    files. The settings of `tokenizer_config.json` take precedence, as in transformers, unless it
    names a class that has none.

    Args:
        folder: `FolderFiles`.
        config: dict. The contents of `tokenizer_config.json`.

    Raises:
        ValueError: there is no vocabulary, a part is not supported, or files disagree; the message
            names it.
    """
    _refuse_unsupported(config)
    config = read_config(folder, config)
    content = read_content(folder, config, lambda: (_VOCABULARY, _of_vocabulary(folder, config)))
    normalizer = content.get("normalizer") or {}
    if normalizer.get("type") == "BertNormalizer" and not follows_the_file(config):
        given = {OF_ARGUMENT[own]: config[k] for k, own in _SETTINGS.items() if k in config}
        content = {**content, "normalizer": {**normalizer, **given}}
    arguments = read_word_piece_json(content)
    if folder.has(JSON_FILE) and folder.has(_VOCABULARY):
        known = {token: i for i, token in enumerate(arguments["vocabulary"])}
        ids = {token: i for i, token in enumerate(folder.lines(_VOCABULARY))}
        check_agreement(known, JSON_FILE, ids, _VOCABULARY)
    names = named_tokens(config)
    tokens = {own: names[key] for key, own in _SPECIAL_TOKENS.items() if key in names}
    special = [t for t in arguments["special_tokens"] or () if t not in tokens.values()]
    return {**arguments, **tokens, "special_tokens": special or None}


def write_files(tokenizer: "WordPieceTokenizer", folder: Path) -> list[str]:
    """Write the files of a tokenizer.

    They are `vocab.txt` and `tokenizer_config.json` if these suffice; for a tokenizer with a
    pipeline or with further special tokens, `tokenizer.json` replaces the former. Settings that
    Hugging Face's files cannot express are omitted.

    Returns:
        The names of the files written.
    """
    is_bert = _is_expressible(tokenizer)
    if tokenizer.pipeline is not None or (is_bert and tokenizer.special_tokens):
        return write_json_files(tokenizer, _content(tokenizer), folder)
    Vocabulary(tokenizer.get_vocabulary()).save(folder / _VOCABULARY)
    if not is_bert:
        return [_VOCABULARY]
    config: dict[str, Any] = {"tokenizer_class": tokenizer.hf_class}
    config |= {key: getattr(tokenizer, argument) for key, argument in _SETTINGS.items()}
    config |= tokenizer.special_tokens_map | input_names(tokenizer)
    return [_VOCABULARY, write_config(folder, config)]


def _content(tokenizer: "WordPieceTokenizer") -> Part:
    """The contents of the tokenizer's tokenizer.json."""
    ids = tokenizer._known().ids
    if tokenizer.pipeline is not None:
        return content_of(tokenizer.pipeline, model_vocabulary(tokenizer.pipeline, ids))
    model = {key: getattr(tokenizer, argument) for key, argument in MODEL.items()}
    return {
        "normalizer": json.loads(build_normalizer(tokenizer).__getstate__()),
        "pre_tokenizer": _BERT["pre_tokenizer"],
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": False},
        "model": {"type": "WordPiece", **model, "vocab": ids},
    }


def _of_vocabulary(folder: FolderFiles, config: Mapping[str, Any]) -> dict[str, Any]:
    """The equivalent contents of a tokenizer.json."""
    if not folder.has(_VOCABULARY):
        raise ValueError(f"{folder} contains neither tokenizer.json nor vocab.txt.")
    unknown = named_tokens(config).get("unk_token", "[UNK]")
    ids = Vocabulary.read(folder.lines(_VOCABULARY)).ids
    return {**_BERT, "model": {**_BERT_MODEL, "unk_token": unknown, "vocab": ids}}


def _is_expressible(tokenizer: "WordPieceTokenizer") -> bool:
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


_TOKENIZER_CLASSES = tuple(
    name + ending
    for name in ("Bert", "DistilBert", "Electra", "MobileBert", "ConvBert", "SqueezeBert", "MPNet")
    for ending in ("Tokenizer", "TokenizerFast")
) + ("PreTrainedTokenizerFast", "TokenizersBackend")
