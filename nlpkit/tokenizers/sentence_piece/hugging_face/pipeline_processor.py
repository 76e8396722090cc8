"""A Hugging Face `tokenizer.json` with the interface of a `SentencePieceProcessor`."""

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

from nlpkit._types import Data
from nlpkit.presets.formats.safe_json import parse_json
from nlpkit.tokenizers.base.native_engine import native_ids, native_text, without_panics
from nlpkit.tokenizers.base.vocabulary import check_lengths
from nlpkit.tokenizers.hugging_face_json.part import (
    Part,
    added_ids,
    added_tokens,
    in_sequence,
    vocabulary_of,
)
from nlpkit.tokenizers.hugging_face_json.pipeline import build_pipeline

_SPACE = "▁"
_AFFIXES = {"bos": ("<s>", "<bos>"), "eos": ("</s>", "<eos>")}


class PipelineProcessor:
    """Runs a tokenizer.json in place of a SentencePiece model.

    Args:
        data: bytes. The file.
        special: special tokens in addition to those that the file marks.
        found: bool. Whether they are recognized in texts.

    Attributes:
        ids: dict of token to id.
    """

    def __init__(self, data: bytes, special: Collection[str], found: bool) -> None:
        content = parse_content(data)
        self.ids = {**vocabulary_of(content), **added_ids(content)}
        check_lengths(self.ids)
        stated = {token["content"] for token in added_tokens(content) if token["special"]}
        known = {token: self.ids[token] for token in special if token in self.ids}
        self._native = build_pipeline(content, known, found)
        self._special = {self.ids[token] for token in stated} | {*known.values()}

    def encode(self, texts: Data, return_type: str = "ids") -> Any:
        """Tokenize texts to ids, or one text to ids, pieces and their spans."""
        if return_type == "ids":
            return [list(ids) for ids in native_ids(self._native, texts)]
        with without_panics():
            found = self._native.encode(texts, add_special_tokens=False)
        names = self._names
        pieces = [names[i] for i in found.ids]
        # The engine counts a suffix that it adds to words as text.
        offsets = [(min(start, len(texts)), min(end, len(texts))) for start, end in found.offsets]
        return {"ids": found.ids, "pieces": pieces, "offsets": offsets}

    def decode(self, ids: Sequence[int]) -> str:
        """Detokenize ids, without special tokens."""
        kept = [i for i in ids if i not in self._special]
        return native_text(self._native, kept)

    def bos_id(self) -> int:
        """The id of the piece that starts a text, or -1."""
        return self._affix("bos")

    def eos_id(self) -> int:
        """The id of the piece that ends a text, or -1."""
        return self._affix("eos")

    def _affix(self, name: str) -> int:
        return next((self.ids[token] for token in _AFFIXES[name] if token in self.ids), -1)

    @cached_property
    def _names(self) -> dict[int, str]:
        return {i: token for token, i in self.ids.items()}


def parse_content(data: bytes) -> Part:
    """The contents of a tokenizer.json, with a decoder."""
    content: dict[str, Any] = parse_json(data, "proto")
    return with_decoder(content)


def with_decoder(content: Part) -> Part:
    """The contents of a tokenizer.json, with SentencePiece's decoder if it has none."""
    return {**content, "decoder": content.get("decoder") or _decoder(content)}


def _decoder(content: Part) -> Part:
    """SentencePiece's decoder of pieces, for a file without a decoder."""
    steps: list[Part] = [
        {"type": "Replace", "pattern": {"String": _SPACE}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]
    first = in_sequence(content.get("normalizer"), "normalizers")[:1]
    splits = in_sequence(content.get("pre_tokenizer"), "pretokenizers")
    if any(step["type"] == "Prepend" for step in first) or any(
        step["type"] == "Metaspace" and step.get("prepend_scheme", "always") != "never"
        for step in splits
    ):
        steps.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    return {"type": "Sequence", "decoders": steps}
