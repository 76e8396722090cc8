"""SentencePiece tokenizers in Hugging Face folders."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.folders.manifest import MANIFEST
from nlpkit.tokenizers.hugging_face_json.part import (
    Part,
    added_ids,
    in_sequence,
    vocabulary_of,
)
from nlpkit.tokenizers.hugging_face_json.tokenizer_folder import (
    CONFIG_FILE,
    JSON_FILE,
    added_of_folder,
    check_agreement,
    own_names,
    read_config,
    read_content,
)
from nlpkit.tokenizers.hugging_face_json.writing import write_json_files
from nlpkit.tokenizers.sentence_piece.algorithm import (
    SentencePieceAlgorithm,
    SentencePieceSettings,
)
from nlpkit.tokenizers.sentence_piece.hugging_face.json_reader import read_sentence_piece_json
from nlpkit.tokenizers.sentence_piece.hugging_face.json_writer import can_be_json, model_as_json
from nlpkit.tokenizers.sentence_piece.hugging_face.pipeline_processor import (
    parse_content,
    with_decoder,
)
from nlpkit.tokenizers.sentence_piece.source import (
    MODEL_BYTES,
    build_processor,
    find_proto_file,
    is_json,
    proto_file,
)

if TYPE_CHECKING:
    from nlpkit.tokenizers.sentence_piece.tokenizer import SentencePieceTokenizer


def read_folder(
    folder: FolderFiles, config: Mapping[str, Any], name: str, arranged: bool
) -> dict[str, Any]:
    """Read the tokenizer's constructor arguments from a Hugging Face folder.

    `tokenizer.json` is read if it exists, otherwise the SentencePiece model; and the added tokens
    of all files. A model that lacks some of them is converted to a tokenizer.json as in
    transformers.

    Args:
        folder: `FolderFiles`.
        config: dict. The contents of `tokenizer_config.json`.
        name: str. The expected name of the model's file.
        arranged: bool. Whether ids differ from those of the model's pieces.

    Raises:
        ValueError: there is no vocabulary, it needs something unsupported, or files disagree.
    """
    config = read_config(folder, config)
    if config.get("sp_model_kwargs"):
        raise ValueError(
            f"{CONFIG_FILE}: sp_model_kwargs must be empty; got {config['sp_model_kwargs']!r}."
        )
    model = proto_file(folder, name)
    # In a folder of nlpkit's own it is the model that has the ids, in every mode.
    if folder.has(JSON_FILE) and not (model and folder.has(MANIFEST)):
        content = read_content(folder, config)
        if model is not None and not arranged:
            _check_model(folder.read(model, MODEL_BYTES), model, content)
        arguments = read_sentence_piece_json(content)
    else:
        arguments = _read_model(folder, find_proto_file(folder, name), config, arranged)
    own = {n: config[f"{n}_token"] for n in ("add_bos", "add_eos") if f"{n}_token" in config}
    return arguments | own | own_names(config)


def write_folder(
    tokenizer: "SentencePieceTokenizer",
    model: SentencePieceAlgorithm,
    folder: Path,
    starts_texts: bool = True,
    text_end: str | None = None,
) -> list[str]:
    """Write `tokenizer.json` and `tokenizer_config.json`, unless they cannot express the model.

    Args:
        tokenizer: `SentencePieceTokenizer`.
        model: its algorithm.
        folder: path.
        starts_texts: bool. Whether texts get a start token, if the family has one.
        text_end: str or None. See `Tokenizer.save_files`.
    """
    content: dict[str, Any]
    if is_json(model.data):
        content = dict(parse_content(model.data))
    elif can_be_json(model.data):
        content = dict(with_decoder(model_as_json(model.data)))
        before = _normalizers(model.settings)
        steps = in_sequence(content["normalizer"], "normalizers")
        content["normalizer"] = {"type": "Sequence", "normalizers": [*before, *steps]}
    else:
        return []
    return write_json_files(tokenizer, content, folder, starts_texts, text_end)


def _normalizers(settings: SentencePieceSettings) -> list[Part]:
    """What happens to a text before the model."""
    steps: list[Part] = [
        {"type": "Replace", "pattern": {"String": old}, "content": new}
        for old, new in (settings.replacements or {}).items()
    ]
    if settings.strip_accents:
        steps += [{"type": "NFKD"}, {"type": "StripAccents"}]
    return [*steps, {"type": "Lowercase"}] if settings.lowercase else steps


def _read_model(
    folder: FolderFiles, name: str, config: Mapping[str, Any], arranged: bool
) -> dict[str, Any]:
    proto = folder.read(name, MODEL_BYTES)
    if arranged:
        return {"proto": proto}
    ids = _pieces(proto)
    added = added_of_folder(folder, config, ids, name)
    further = [token for token in added if token["content"] not in ids or not token["special"]]
    special = [token["content"] for token in added if token["special"]]
    if not further:
        return {"proto": proto, "special_tokens": special or None}
    content = model_as_json(proto)
    listed = {token["content"]: token for token in [*content["added_tokens"], *added]}
    content = {**content, "added_tokens": list(listed.values())}
    return read_sentence_piece_json(content)


def _pieces(proto: bytes) -> dict[str, int]:
    processor = build_processor(proto)
    pieces = processor.id_to_piece(list(range(processor.get_piece_size())))
    return {piece: i for i, piece in enumerate(pieces)}


def _check_model(proto: bytes, name: str, content: Part) -> None:
    """Compare tokenizer.json with the SentencePiece model in the same folder."""
    known = {**vocabulary_of(content), **added_ids(content)}
    check_agreement(known, JSON_FILE, _pieces(proto), name)
