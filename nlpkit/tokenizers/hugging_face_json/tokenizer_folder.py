"""The tokenizer files of a Hugging Face folder, merged and checked against each other.

Several files may define a token's id: the vocabulary, `tokenizer.json`, `added_tokens.json`,
`tokenizer_config.json`. They complement each other; two that disagree are an error.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.formats.safe_json import LARGE
from nlpkit.tokenizers.hugging_face_json.part import Part, added_tokens, in_sequence, vocabulary_of
from nlpkit.tokenizers.hugging_face_json.pipeline import is_byte_level

JSON_FILE, CONFIG_FILE, ADDED_FILE = "tokenizer.json", "tokenizer_config.json", "added_tokens.json"
_NAMES_FILE = "special_tokens_map.json"
# Truncation and padding are set by the caller.
_NOT_ABOUT_IDS = ("version", "truncation", "padding")
_ABOUT_IDS = ("normalizer", "pre_tokenizer", "post_processor", "decoder", "model", "added_tokens")
# Hugging Face's names of the tokens that start and end a text, or say what language it is in.
NAMES = {
    "start_token": "bos_token",
    "end_token": "eos_token",
    "source_language": "src_lang",
    "target_language": "tgt_lang",
}
# Lists of special tokens that have no name of their own.
_UNNAMED = ("additional_special_tokens", "extra_special_tokens")
_FLAGS = (
    "add_bos_token",
    "add_eos_token",
    "add_prefix_space",
    "do_lower_case",
    "strip_accents",
    "tokenize_chinese_chars",
)
# What the folder of a tokenizer that tokenizer.json says all about names as its class.
FOLLOW_THE_FILE = ("PreTrainedTokenizerFast", "TokenizersBackend")


def write_config(folder: str | Path, config: Mapping[str, Any]) -> str:
    """Write `tokenizer_config.json`; return its name."""
    text = json.dumps(config, indent=2, ensure_ascii=False)
    (Path(folder) / CONFIG_FILE).write_text(f"{text}\n", encoding="utf-8", newline="\n")
    return CONFIG_FILE


def read_config(folder: FolderFiles, config: Mapping[str, Any]) -> dict[str, Any]:
    """Merge `tokenizer_config.json` and `special_tokens_map.json`.

    The latter, found in older folders, takes precedence if the former does not list the added
    tokens, and otherwise only fills in what is missing, as in transformers.

    Args:
        folder: `FolderFiles`.
        config: dict. The contents of `tokenizer_config.json`.

    Raises:
        ValueError: a setting that must be true or false is not.
    """
    for name in _FLAGS:
        if not isinstance(config.get(name), bool | None):
            raise ValueError(
                f"{CONFIG_FILE}: {name} must be true or false; got {config[name]!r:.100}."
            )
    named = folder.json(_NAMES_FILE) if folder.has(_NAMES_FILE) else {}
    is_older = "added_tokens_decoder" not in config
    return {**config, **named} if is_older else {**named, **config}


def kind_of(folder: FolderFiles) -> str | None:
    """What a folder's tokenizer.json has: "words" of WordPiece, "pieces" of SentencePiece, "bytes".

    Args:
        folder: `FolderFiles`.

    Returns:
        None if there is no such file.
    """
    if not folder.has(JSON_FILE):
        return None
    content = _file_of(folder)
    if content["model"].get("type") == "WordPiece":
        return "words"
    return "bytes" if is_byte_level(content) else "pieces"


def holds_pieces(folder: FolderFiles) -> bool:
    """Whether a folder's tokenizer uses SentencePiece rather than byte-pair encoding.

    Args:
        folder: `FolderFiles`.
    """
    kind = kind_of(folder)
    return folder.has("tokenizer.model") if kind is None else kind != "bytes"


def starts_texts(folder: FolderFiles) -> bool | None:
    """Whether a folder's tokenizer adds the start token to texts; None if unspecified.

    Args:
        folder: `FolderFiles`.
    """
    config = folder.json(CONFIG_FILE) if folder.has(CONFIG_FILE) else {}
    if config.get("add_bos_token") is not None:
        return bool(config["add_bos_token"])
    templates = _templates(folder)
    return any("SpecialToken" in single[0] for single in templates) if templates else None


def text_end(folder: FolderFiles, names: Sequence[str]) -> str | None:
    """Which special token a folder's tokenizer adds after a text; None if there is none.

    Args:
        folder: `FolderFiles`.
        names: of the tokenizer's special tokens.

    Raises:
        ValueError: it adds several tokens, or one without a name.
    """
    config = read_config(folder, folder.json(CONFIG_FILE) if folder.has(CONFIG_FILE) else {})
    named = {name: token for name, token in own_names(config).items() if name in names}
    tokens: list[str] = []
    for single in _templates(folder):
        kinds = ["Sequence" in step for step in single]
        after = single[kinds.index(True) + 1 :] if any(kinds) else []
        tokens += [step["SpecialToken"]["id"] for step in after]
    if not tokens:
        ends = ("end_token", "eos_token") if config.get("add_eos_token") else ()
        return next((name for name in ends if name in named), None)
    found = next((name for name, token in named.items() if [token] == tokens), None)
    if found is None:
        raise ValueError(
            f"{folder.path / JSON_FILE} ends texts with {tokens}; supported is one of the special "
            f"tokens {named}."
        )
    return found


def _templates(folder: FolderFiles) -> list[list[Part]]:
    """How the post-processors of a folder's tokenizer.json pack a text."""
    content = _file_of(folder) if folder.has(JSON_FILE) else {}
    steps = in_sequence(content.get("post_processor"), "processors")
    return [step["single"] for step in steps if step["type"] == "TemplateProcessing"]


def follows_the_file(config: Mapping[str, Any]) -> bool:
    """Whether ids depend on `tokenizer.json` only, not on `tokenizer_config.json`."""
    return config.get("tokenizer_class") in FOLLOW_THE_FILE


def read_file(path: Path) -> dict[str, Any]:
    """Read a `tokenizer.json`.

    Raises:
        ValueError: the file does not exist, is malformed, or has an unknown part.
    """
    if not path.is_file():
        raise ValueError(f"path must be that of a tokenizer.json; there is no file {path}.")
    return _file_of(FolderFiles(path.parent), path.name)


def _file_of(folder: FolderFiles, name: str = JSON_FILE) -> dict[str, Any]:
    path = folder.path / name
    try:
        content = folder.json(name, LARGE)
    except ValueError as error:
        raise ValueError(f"{path} is not a valid tokenizer.json: {error}") from None
    if not isinstance(content.get("model"), dict):
        raise ValueError(f"{path} is not a valid tokenizer.json: it has no model.")
    unknown = [name for name in content if name not in (*_ABOUT_IDS, *_NOT_ABOUT_IDS)]
    if unknown:
        raise ValueError(f"tokenizer.json: unknown parts {unknown}.")
    return content


def read_content(
    folder: FolderFiles,
    config: Mapping[str, Any],
    otherwise: Callable[[], tuple[str, Part]] | None = None,
) -> dict[str, Any]:
    """Read a folder's `tokenizer.json`, with the added tokens of its other files.

    Args:
        folder: `FolderFiles`.
        config: dict. The result of `read_config`.
        otherwise: function. Called if there is no such file: builds its contents from the
            vocabulary, and returns the name of that file too.

    Raises:
        ValueError: files disagree; the message names both.
    """
    content: Part
    if otherwise is None or folder.has(JSON_FILE):
        name, content = JSON_FILE, _file_of(folder)
    else:
        name, content = otherwise()
    ids = vocabulary_of(content)
    known = added_tokens(content)
    inside = {token["content"]: token["id"] for token in known}
    check_agreement(ids, name, inside, name)
    merged = added_of_folder(folder, config, {**ids, **inside}, name, known)
    return {**content, "added_tokens": merged}


def added_of_folder(
    folder: FolderFiles,
    config: Mapping[str, Any],
    ids: Mapping[str, int],
    name: str,
    known: list[dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """The added tokens of a folder, by id: each with its content, flags and id.

    Args:
        folder: `FolderFiles`.
        config: dict. The result of `read_config`.
        ids: dict of token to id, of the vocabulary and the added tokens of its file.
        name: str. The name of that file.
        known: list of dict. The added tokens of its file.

    Raises:
        ValueError: files disagree; the message names both.
    """
    of_config, of_file = _added_in_config(config), _added_in_file(folder, config)
    stated = [(name, dict(ids)), (CONFIG_FILE, _ids(of_config)), (ADDED_FILE, _ids(of_file))]
    for i, (file, tokens) in enumerate(stated):
        for other, others in stated[i + 1 :]:
            check_agreement(tokens, file, others, other)
    # If several files have options for a token, transformers uses the configuration's.
    together = [*of_file, *(known or []), *of_config]
    merged = {token["content"]: token for token in together}
    special = special_tokens(config)
    for token in special:
        if token not in merged and token in ids:
            merged[token] = _token(token, ids[token], special=True)
    found = [t | {"special": t["special"] or t["content"] in special} for t in merged.values()]
    return sorted(found, key=lambda token: int(token["id"]))


def special_tokens(config: Mapping[str, Any]) -> list[str]:
    """The special tokens of a configuration, named or not."""
    named: list[Any] = list(named_tokens(config).values())
    for key in _UNNAMED:
        listed = config.get(key) or []
        named += listed.values() if isinstance(listed, Mapping) else listed
    return list(dict.fromkeys(map(_content, named)))


def named_tokens(config: Mapping[str, Any]) -> dict[str, str]:
    """The named special tokens, which are strings or objects with a content."""
    # Such as add_bos_token, and None for a missing token.
    no_token = (bool, int, type(None))
    return {
        name: _content(value)
        for name, value in config.items()
        if name.endswith("_token") and not isinstance(value, no_token)
    }


def own_names(config: Mapping[str, Any]) -> dict[str, str]:
    """The special tokens by Hugging Face's names and by ours."""
    tokens = named_tokens(config)
    return tokens | {own: tokens[name] for own, name in NAMES.items() if name in tokens}


def check_agreement(
    ids: Mapping[str, int], file: str, others: Mapping[str, int], other: str
) -> None:
    """Check that two files do not give a token two ids or an id two tokens.

    Raises:
        ValueError: the files disagree; the message names both.
    """
    if not others:
        return
    tokens = {i: token for token, i in ids.items()}
    for token, i in others.items():
        if ids.get(token, i) != i:
            what = f"{file} gives the token {token!r} the id {ids[token]}, {other} the id {i}"
        elif tokens.get(i, token) != token:
            what = f"{file} has {tokens[i]!r} at the id {i}, {other} has {token!r}"
        else:
            continue
        raise ValueError(
            f"The files of the tokenizer disagree: {what}. Remove or correct the one that is not "
            "the model's."
        )


def _added_in_config(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = config.get("added_tokens_decoder") or {}
    found = [{**token, "id": int(i)} for i, token in listed.items()]
    # Older versions wrote the type of the object.
    return added_tokens(
        {"added_tokens": [{k: v for k, v in t.items() if k != "__type"} for t in found]}
    )


def _added_in_file(folder: FolderFiles, config: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = folder.json(ADDED_FILE) if folder.has(ADDED_FILE) else {}
    special = special_tokens(config)
    return [_token(token, i, special=token in special) for token, i in listed.items()]


def _token(content: str, i: int, special: bool) -> dict[str, Any]:
    """An added token with default options."""
    return added_tokens({"added_tokens": [{"content": content, "id": i, "special": special}]})[0]


def _ids(tokens: list[dict[str, Any]]) -> dict[str, int]:
    return {token["content"]: token["id"] for token in tokens}


def _content(token: object) -> str:
    content = token.get("content") if isinstance(token, Mapping) else token
    if not isinstance(content, str):
        raise ValueError(
            f"{CONFIG_FILE} contains a malformed token: it must be a str or an object with its "
            f"content; got {token!r:.80}."
        )
    return content
