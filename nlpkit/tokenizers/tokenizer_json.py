"""Building a tokenizer from a Hugging Face `tokenizer.json`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlpkit.presets.safe_json import LARGE, read_object
from nlpkit.tokenizers.byte_pair_json import read_byte_pair_json
from nlpkit.tokenizers.byte_pair_tokenizer import BytePairTokenizer
from nlpkit.tokenizers.sentence_piece_json import read_sentence_piece_json
from nlpkit.tokenizers.sentence_piece_tokenizer import SentencePieceTokenizer
from nlpkit.tokenizers.tokenizer_json_part import Part, in_sequence
from nlpkit.tokenizers.word_piece_files import read_word_piece_json
from nlpkit.tokenizers.word_piece_tokenizer import WordPieceTokenizer

# How long sequences may be, and what pads them, is said by the caller.
_NOT_ABOUT_IDS = ("version", "truncation", "padding")
_ABOUT_IDS = ("normalizer", "pre_tokenizer", "post_processor", "decoder", "model", "added_tokens")
_FLAGS = ("lstrip", "rstrip", "single_word")


def _read_word_piece(content: Part) -> dict[str, Any]:
    special = [token["content"] for token in content.get("added_tokens") or []]
    return {**read_word_piece_json(content), "special_tokens": special or None}


_READERS: dict[str, tuple[type, Any]] = {
    "WordPiece": (WordPieceTokenizer, _read_word_piece),
    "BPE": (BytePairTokenizer, read_byte_pair_json),
    "SentencePiece": (SentencePieceTokenizer, read_sentence_piece_json),
}


def from_tokenizer_json(cls: type, path: str | Path, arguments: Mapping[str, Any]) -> Any:
    """Build the tokenizer that a `tokenizer.json` describes.

    Its special tokens are special tokens here: text that spells one is plain text, unless
    `special_tokens_in_strings`. What it says of packing, cutting and padding is left to the
    preprocessor.

    Args:
        cls: `Tokenizer`, for the class that fits, or that class or a subclass of it.
        path: path of the file.
        arguments: dict. Constructor arguments that take precedence.

    Raises:
        TypeError: `cls` does not fit.
        ValueError: there is no such file, it is malformed, or it asks for something unsupported;
            the message names it.
    """
    content = _read(Path(path))
    fitting, read = _READERS[_algorithm(content)]
    if issubclass(fitting, cls):
        cls = fitting
    elif not issubclass(cls, fitting):
        raise TypeError(f"{path} is that of a {fitting.__name__}; got {cls.__name__}.")
    _check_flags(content, arguments)
    return cls(**{**read(content), **arguments})


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ValueError(f"path must be that of a tokenizer.json; there is no file {path}.")
    try:
        content = read_object(path, LARGE)
    except ValueError as error:
        raise ValueError(f"{path} is no tokenizer.json: {error}") from None
    if not isinstance(content.get("model"), dict):
        raise ValueError(f"{path} is no tokenizer.json: it has no model.")
    unknown = [name for name in content if name not in (*_ABOUT_IDS, *_NOT_ABOUT_IDS)]
    if unknown:
        raise ValueError(f"tokenizer.json: unknown parts {unknown}.")
    return content


def _algorithm(content: Part) -> str:
    model = content["model"]
    # Old files leave the type out.
    kind = model.get("type") or ("Unigram" if "unk_id" in model else "BPE")
    if "merges" not in model and "max_input_chars_per_word" in model:
        kind = "WordPiece"
    if kind not in ("Unigram", "BPE", "WordPiece"):
        raise ValueError(
            f"tokenizer.json: model.type must be Unigram, BPE or WordPiece; got {kind!r}."
        )
    steps = in_sequence(content.get("pre_tokenizer"), "pretokenizers")
    byte_level = any(step["type"] == "ByteLevel" for step in steps)
    return "SentencePiece" if kind == "Unigram" or (kind == "BPE" and not byte_level) else kind


def _check_flags(content: Part, arguments: Mapping[str, Any]) -> None:
    if not arguments.get("special_tokens_in_strings"):
        return
    for token in content.get("added_tokens") or []:
        flags = [flag for flag in _FLAGS if token.get(flag)]
        if flags:
            raise ValueError(
                f"special_tokens_in_strings must be False: tokenizer.json has {flags} for "
                f"{token['content']!r}, which is not supported."
            )
