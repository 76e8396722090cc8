"""Marian (Junczys-Dowmunt et al., 2018, 1804.00344) and OPUS-MT (Tiedemann and Thottingal, 2020)."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, HeadTable
from nlpkit.backbones.shared.bart_like import LM_HEAD, BartLikeBackbone
from nlpkit.preprocessors.seq2seq_lm_preprocessor import Seq2SeqLMPreprocessor
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.formats.safe_json import LARGE, read_object
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.tasks.seq2seq_lm import Seq2SeqLM
from nlpkit.tokenizers.base.special.packing import Packing
from nlpkit.tokenizers.base.special.special_tokens import SpecialTokens
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.base.vocabulary import Vocabulary
from nlpkit.tokenizers.hugging_face_json.tokenizer_folder import (
    CONFIG_FILE,
    added_of_folder,
    own_names,
    read_config,
    write_config,
)
from nlpkit.tokenizers.sentence_piece.listed_pieces import ListedPieces
from nlpkit.tokenizers.sentence_piece.source import MODEL_BYTES, ProtoSource, read_proto

VocabularySource = str | Path | Mapping[str, int]
_VOCABULARIES = {"vocabulary": "vocab.json", "target_vocabulary": "target_vocab.json"}
_PROTOS = {"source_proto": "source.spm", "target_proto": "target.spm"}


class MarianTokenizer(Tokenizer):
    """Split text into Marian's pieces: a SentencePiece model a side, and a vocabulary of both.

    A piece has the id that the vocabulary gives it, the unknown token's if it has none. What a text
    begins with between ">>" and "<<", the code of the language to translate into (">>fra<<"), is
    one token. The tokenizer is the sources'; its `target_tokenizer()` is the targets'.

    Args:
        vocabulary: dict of token to id, or the path of a vocab.json.
        source_proto: path or bytes. The SentencePiece model of the source language.
        target_proto: path or bytes. That of the target language; None for the same one.
        target_vocabulary: as `vocabulary`: the targets', if they have another one, which must give
            the special tokens the same ids. Default None.
        end_token: str. Default "</s>".
        pad_token: str. Starts the decoder's texts, too. Default "<pad>".
        unk_token: str. Default "<unk>".
        **kwargs: the arguments of `Tokenizer`.

    Raises:
        ValueError: a file is not what it should be, or a vocabulary lacks a special token.

    Example:
        >>> proto = nlpkit.tokenizers.compute_sentence_piece_proto(["ab ba"], 7)
        >>> vocabulary = {"</s>": 0, "<unk>": 1, "▁": 2, "a": 3, "b": 4, ">>de<<": 5, "<pad>": 6}
        >>> tokenizer = nlpkit.models.MarianTokenizer(vocabulary, proto)
        >>> tokenizer(">>de<< a")
        [5, 2, 3]
    """

    vocabulary: Any
    target_vocabulary: Any
    special_token_names: ClassVar[tuple[str, ...]] = ("end_token", "pad_token", "unk_token")
    packing: ClassVar[Packing | None] = Packing(end=("end_token",), target=("pad_token",))
    assets: ClassVar[tuple[str, ...]] = (*_VOCABULARIES, *_PROTOS)
    _data: bytes = b""
    _target: "Callable[[], MarianTokenizer] | None" = None

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        source_proto: ProtoSource | None = None,
        target_proto: ProtoSource | None = None,
        target_vocabulary: VocabularySource | None = None,
        *,
        end_token: str = "</s>",
        pad_token: str = "<pad>",
        unk_token: str = "<unk>",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.end_token = end_token
        self.pad_token = pad_token
        self.unk_token = unk_token
        self.set_models(vocabulary, source_proto, target_proto, target_vocabulary)

    def set_models(
        self,
        vocabulary: VocabularySource | None,
        source_proto: ProtoSource | None,
        target_proto: ProtoSource | None = None,
        target_vocabulary: VocabularySource | None = None,
    ) -> None:
        """Set the vocabularies and the models, as the constructor takes them; None for none yet.

        Raises:
            ValueError: as by the constructor.
        """
        # Keras would wrap every item of a dict.
        object.__setattr__(self, "vocabulary", vocabulary)
        object.__setattr__(self, "target_vocabulary", target_vocabulary)
        object.__setattr__(self, "_target", None)
        self.source_proto = source_proto
        self.target_proto = target_proto
        if vocabulary is None or source_proto is None:
            self._use(None)
            return
        known = Vocabulary(_read(vocabulary))
        special = self._look_up_special_tokens(known)
        hidden = frozenset((self.end_token, self.pad_token))
        unknown, data = special.ids[self.unk_token], read_proto(source_proto)
        self._use(ListedPieces.build(known, data, unknown, hidden), special)
        self._data = data
        self._set_target(special)

    def _set_target(self, special: SpecialTokens) -> None:
        if self.target_proto is None and self.target_vocabulary is None:
            return
        of_target = {
            "vocabulary": self.target_vocabulary or self.vocabulary,
            "source_proto": self.target_proto or self.source_proto,
        }
        unset = dict.fromkeys(("target_proto", "target_vocabulary"))
        twin = type(self)(**{**self._constructor_arguments(), **unset, **of_target})
        if twin._special.by_name != special.by_name:
            raise ValueError(
                "target_vocabulary must give the special tokens the ids that vocabulary does; got "
                f"{twin._special.by_name}, not {special.by_name}."
            )
        # Keras would save an attribute that is a layer beside this one.
        object.__setattr__(self, "_target", lambda: twin)

    def target_tokenizer(self) -> Tokenizer:
        return self if self._target is None else self._target()

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabularies and the models to a folder."""
        self._known()
        _write(self._asset_arguments(), Path(dir_path))

    def load_assets(self, dir_path: str) -> None:
        """Read them from a folder."""
        self.set_models(**_read_files(FolderFiles.of(dir_path)))

    def save_files(
        self, folder: str | Path, starts_texts: bool = True, text_end: str | None = None
    ) -> list[str]:
        self._known()
        arguments = self._asset_arguments()
        config = {
            "tokenizer_class": "MarianTokenizer",
            "eos_token": self.end_token,
            "pad_token": self.pad_token,
            "unk_token": self.unk_token,
            "separate_vocabs": arguments["target_vocabulary"] is not None,
        }
        # transformers needs a model of each side.
        both = {**arguments, "target_proto": arguments["target_proto"] or self._data}
        names = _write(both, Path(folder))
        return [*names, write_config(folder, config)]

    @classmethod
    def from_files(
        cls, folder: str | os.PathLike[str], config: dict[str, Any], **arguments: Any
    ) -> Self:
        files = FolderFiles.of(folder)
        config = read_config(files, config)
        if config.get("sp_model_kwargs"):
            raise ValueError(
                f"{CONFIG_FILE}: sp_model_kwargs must be empty; got {config['sp_model_kwargs']!r}."
            )
        read = _read_files(files)
        if not config.get("separate_vocabs"):
            read["target_vocabulary"] = None
        tokenizer = cls._from_read({**read, **own_names(config)}, arguments)
        added_of_folder(files, config, tokenizer._known().ids, _VOCABULARIES["vocabulary"])
        return tokenizer

    def _asset_arguments(self) -> dict[str, Any]:
        arguments = dict.fromkeys(self.assets)
        if self.has_vocabulary:
            arguments |= {"vocabulary": self._known().ids, "source_proto": self._data}
        if self._target is not None:
            twin = self._target()
            own = {"target_vocabulary": twin._known().ids, "target_proto": twin._data}
            arguments |= {name: x for name, x in own.items() if getattr(self, name) is not None}
        return arguments


def _read(vocabulary: VocabularySource) -> Mapping[str, int]:
    return vocabulary if isinstance(vocabulary, Mapping) else read_object(Path(vocabulary), LARGE)


def _read_files(files: FolderFiles) -> dict[str, Any]:
    """The vocabularies and models in a folder, by the arguments that they are."""
    found: dict[str, Any] = {
        name: files.json(file, LARGE) if files.has(file) else None
        for name, file in _VOCABULARIES.items()
    }
    for name, file in _PROTOS.items():
        found[name] = files.read(file, MODEL_BYTES) if files.has(file) else None
    return found


def _write(assets: Mapping[str, Any], folder: Path) -> list[str]:
    """Write vocabularies and models; return the names of their files."""
    names = {name: file for name, file in (_VOCABULARIES | _PROTOS).items() if assets[name]}
    for name, file in names.items():
        content = assets[name]
        if isinstance(content, Mapping):
            content = json.dumps(dict(content), ensure_ascii=False, indent=2).encode()
        (folder / file).write_bytes(content)
    return [*names.values()]


class MarianBackbone(BartLikeBackbone):
    """Marian's encoder and decoder: BART's, with fixed positions.

    Args:
        max_sequence_length: int. Maximum length of a source, and of a target.
    """

    learns_positions: ClassVar[bool] = False
    tokenizer_class: ClassVar[type[Tokenizer]] = MarianTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("marian",)
    hf_architecture: ClassVar[str] = "MarianModel"
    heads: ClassVar[Heads] = {"Seq2SeqLM": HeadTable("MarianMTModel", LM_HEAD, ("MarianModel",))}

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.require("share_encoder_decoder_embeddings", [True], True)
        words = reader.get("vocab_size", 58101)
        reader.require("decoder_vocab_size", [words, None], words)
        return super().from_hf_config(reader)


class MarianSeq2SeqLMPreprocessor(Seq2SeqLMPreprocessor):
    """`Seq2SeqLMPreprocessor` with a `MarianTokenizer`: `a </s>`, and `<pad> b </s>`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = MarianTokenizer


class MarianSeq2SeqLM(Seq2SeqLM):
    """`Seq2SeqLM` on a `MarianBackbone`, with a tied head."""

    backbone_class: ClassVar[type[Backbone]] = MarianBackbone
    preprocessor_class: ClassVar[type[Seq2SeqLMPreprocessor]] = MarianSeq2SeqLMPreprocessor
