"""Building a tokenizer from a Hugging Face `tokenizer.json`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlpkit.presets.loading.pattern_permission import patterns_of_presets
from nlpkit.tokenizers.byte_pair.json_reader import read_byte_pair_json
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer
from nlpkit.tokenizers.hugging_face_json.model import algorithm
from nlpkit.tokenizers.hugging_face_json.part import Part
from nlpkit.tokenizers.hugging_face_json.pipeline import is_byte_level
from nlpkit.tokenizers.hugging_face_json.tokenizer_folder import read_file
from nlpkit.tokenizers.sentence_piece.hugging_face.json_reader import read_sentence_piece_json
from nlpkit.tokenizers.sentence_piece.tokenizer import SentencePieceTokenizer
from nlpkit.tokenizers.word_piece.json_reader import read_word_piece_json
from nlpkit.tokenizers.word_piece.tokenizer import WordPieceTokenizer

_READERS: dict[str, tuple[type, Any]] = {
    "WordPiece": (WordPieceTokenizer, read_word_piece_json),
    "BPE": (BytePairTokenizer, read_byte_pair_json),
    "SentencePiece": (SentencePieceTokenizer, read_sentence_piece_json),
}


def from_tokenizer_json(
    cls: type, path: str | Path, arguments: Mapping[str, Any], allow_patterns: bool = False
) -> Any:
    """Build a tokenizer from a `tokenizer.json`.

    Its special tokens are special tokens here: in texts they are plain text, unless
    `special_tokens_in_strings`. Its settings of packing, truncation and padding are left to the
    preprocessor.

    Args:
        cls: `Tokenizer`, for the class that fits the file, or that class or a subclass of it.
        path: path of the file.
        arguments: dict. Constructor arguments that take precedence.
        allow_patterns: bool. Whether the file may have any regular expression. Default False.

    Raises:
        TypeError: `cls` does not fit.
        ValueError: the file does not exist, is malformed, or needs something unsupported; the
            message names it.
    """
    content = read_file(Path(path))
    fitting, read = _READERS[_kind(content)]
    if issubclass(fitting, cls):
        cls = fitting
    elif not issubclass(cls, fitting):
        raise TypeError(f"{path} describes a {fitting.__name__}; got {cls.__name__}.")
    with patterns_of_presets(allow_patterns):
        return cls(**{**read(content), **arguments})


def _kind(content: Part) -> str:
    kind = algorithm(content)
    if kind == "WordPiece" or (kind == "BPE" and is_byte_level(content)):
        return kind
    return "SentencePiece"
