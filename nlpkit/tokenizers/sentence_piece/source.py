"""Reading the model given to a SentencePiece tokenizer."""

import base64
import binascii
from collections.abc import Iterable
from pathlib import Path

from sentencepiece import SentencePieceProcessor

from nlpkit._types import Data
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.formats.bounded_file import read_bounded
from nlpkit.presets.formats.safe_json import LARGE
from nlpkit.tokenizers.hugging_face_json.text_growth import check_charsmap
from nlpkit.tokenizers.sentence_piece.proto import charsmap_of

# The largest published one has 5 MB.
MODEL_BYTES = 16 << 20
ProtoSource = str | Path | bytes
_FILES = ("tokenizer.model", "spiece.model", "spm.model", "sentencepiece.bpe.model")


def read_proto(source: Data) -> bytes:
    """Read the bytes of a SentencePiece model.

    Args:
        source: path of a file, the bytes themselves, or a str of them in base64; or the same of a
            tokenizer.json.

    Raises:
        TypeError: `source` is of another type.
        ValueError: the file does not exist.
    """
    if isinstance(source, bytes):
        return source
    if not isinstance(source, str | Path):
        kind = type(source).__name__
        raise TypeError(
            f"proto must be a path, bytes or a base64 str; got {source!r:.80} ({kind})."
        )
    if _is_file(source):
        return read_bounded(source, LARGE)
    try:
        return base64.b64decode(str(source), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(
            "proto must be the path of a SentencePiece model, its bytes, or these as a base64 str; "
            f"there is no file {str(source)[:200]!r}."
        ) from None


def is_json(data: bytes) -> bool:
    """Whether the bytes are a tokenizer.json rather than a SentencePiece model."""
    return data.lstrip()[:1] == b"{"


def build_processor(proto: bytes) -> SentencePieceProcessor:
    """Build the native engine of a model.

    Raises:
        ValueError: the bytes are not a SentencePiece model.
    """
    processor = SentencePieceProcessor()
    try:
        check_charsmap(charsmap_of(proto))
        processor.LoadFromSerializedProto(proto)
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"proto is not a SentencePiece model, or is damaged: {len(proto)} bytes that begin "
            f"with {proto[:16]!r}. The reason: {str(error).strip()}"
        ) from None
    return processor


def is_findable(processor: SentencePieceProcessor, tokens: Iterable[str]) -> bool:
    """Whether one of these tokens can be found in a text."""
    ids = [i for t in tokens if processor.id_to_piece(i := processor.piece_to_id(t)) == t]
    hidden = (processor.is_control, processor.is_unknown, processor.is_unused, processor.is_byte)
    return any(not any(test(i) for test in hidden) for i in ids)


def find_proto_file(folder: FolderFiles, name: str) -> str:
    """Find the SentencePiece model of a Hugging Face folder.

    Args:
        folder: `FolderFiles`.
        name: str. The expected name; the usual names are tried next.

    Raises:
        ValueError: there is none.
    """
    found = proto_file(folder, name)
    if found is None:
        names = ", ".join(dict.fromkeys([name, *_FILES]))
        raise ValueError(f"{folder} contains no SentencePiece model: none of {names}.")
    return found


def proto_file(folder: FolderFiles, name: str) -> str | None:
    """The name of a folder's SentencePiece model, or None."""
    names = dict.fromkeys([name, *_FILES])
    return next((each for each in names if folder.has(each)), None)


def _is_file(source: str | Path) -> bool:
    try:
        return Path(source).is_file()
    except (OSError, ValueError):  # Too long for a path, or with a null character.
        return False
