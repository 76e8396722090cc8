"""Hugging Face's layout: config.json gives the family, the tensors show which head there is."""

from functools import cached_property
from pathlib import Path
from typing import Any

from nlpkit.presets.folders.store import CONFIG, PresetFolder
from nlpkit.presets.formats import mxfp4
from nlpkit.presets.formats.tensor_reader import TensorReader
from nlpkit.presets.layouts.carried import generation_config, of_backbone, of_head
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.description import default_of, takes
from nlpkit.presets.layouts.layout import Layout
from nlpkit.presets.layouts.tokenizer_choice import find_tokenizer_class
from nlpkit.presets.preset import Carried
from nlpkit.presets.registry import subclasses_of

_TOKENIZER_FILES = (
    "tokenizer_config.json",
    "tokenizer.json",
    "tokenizer.model",
    "sentencepiece.bpe.model",
    "spiece.model",
    "vocab.json",
    "vocab.txt",
)
# What preprocessors call the lengths of rows.
_LENGTHS = ("sequence_length", "encoder_sequence_length", "decoder_sequence_length")


class HuggingFaceLayout(Layout):
    """Reads config.json strictly, with the reader of the family it names."""

    def __init__(self, folder: PresetFolder, preset: str | Path) -> None:
        super().__init__(folder, preset)
        self._config = folder.json(CONFIG)
        # Where both say it, transformers takes what generation_config.json says.
        ends = generation_config(folder).get("eos_token_id")
        stated = self._config if ends is None else {**self._config, "eos_token_id": ends}
        self._reader = ConfigReader(stated, str(folder.path / CONFIG))
        self._backbone_class = self._find_backbone()

    @property
    def backbone_class(self) -> Any:
        return self._backbone_class

    @cached_property
    def tokenizer_class(self) -> Any:
        has_files = any(self.folder.has(name) for name in _TOKENIZER_FILES)
        if not has_files:
            return None
        usual = self._backbone_class.hf_tokenizer_class(self.folder)
        return find_tokenizer_class(usual, self.folder)

    def preprocessor_arguments(self, cls: Any) -> dict[str, Any]:
        stated_of_backbone = self._backbone_class.from_hf_config(self._reader)
        longest = stated_of_backbone.get("max_sequence_length")
        usual = {name: default_of(cls, name) for name in _LENGTHS}
        arguments = {
            name: longest for name, most in usual.items() if longest and most and most > longest
        }
        stated = cls.from_folder(self.folder)
        if longest is None or stated.get("sequence_length", longest) <= longest:
            arguments |= stated
        if takes(cls, "add_start_token") and self.tokenizer_class is not None:
            starts = self.tokenizer_class.starts_texts(self.folder)
            arguments |= {} if starts is None else {"add_start_token": starts}
        if takes(cls, "text_end") and self.tokenizer_class is not None:
            end = self.tokenizer_class.text_end(self.folder)
            arguments |= {} if end is None else {"text_end": end}
        return arguments

    def backbone_arguments(self) -> dict[str, Any]:
        return {**self._backbone_class.from_hf_config(self._reader), **self._told_by_tensors}

    @cached_property
    def _told_by_tensors(self) -> dict[str, Any]:
        """The arguments that a family reads in the tensors, rather than in the configuration."""
        read = getattr(self._backbone_class, "from_hf_tensors", None)
        return dict(read(self.tensors)) if read is not None and self.has_weights() else {}

    def head_arguments(self, cls: Any) -> dict[str, Any] | None:
        if not self.has_weights():
            return None
        if cls.fits_any_backbone:
            arguments, self._modules = cls.head_of_folder(self.folder)
            return dict(arguments)
        names, backbone = self.tensors.shapes, self._backbone_class
        if not cls.holds_head(backbone, names, self.backbone_arguments()):
            return None
        self._check_architecture(cls)
        arguments = dict(cls.from_hf_head_config(self._reader, backbone))
        if (read := getattr(cls, "from_generation_config", None)) is not None:
            arguments |= read(generation_config(self.folder) or self._config)
        return arguments

    @cached_property
    def tensors(self) -> TensorReader:
        tensors = super().tensors
        return mxfp4.UnpackedTensors(tensors) if mxfp4.is_packed(self._config) else tensors

    def carried_by_backbone(self) -> Carried:
        return of_backbone(self._reader.unread(), self.folder)

    def carried_by_head(self) -> Carried:
        return of_head(self._reader.unread(), self.folder)

    def has_pooler(self) -> bool:
        return any("pooler." in name for name in self.tensors.shapes)

    def finish(self) -> None:
        self._reader.finish()

    def _check_architecture(self, cls: Any) -> None:
        stated = self._config.get("architectures") or []
        head = cls.head_on(self._backbone_class)
        fitting = [name for name in (head.architecture, *head.others) if name]
        if stated and not {*stated} & {*fitting}:
            raise ValueError(
                f"{self} has the head of a {' and '.join(stated)}; the head of {cls.__name__} is "
                f"that of {' or '.join(fitting) or 'no class of transformers'}. Pass "
                "load_head=False for a fresh head."
            )

    def _find_backbone(self) -> Any:
        model_type = self._config.get("model_type")
        families = {
            name: cls
            for cls in subclasses_of(object)
            if getattr(cls, "preset_kind", "") == "backbone"
            for name in getattr(cls, "hf_model_types", ())
        }
        if isinstance(model_type, str) and model_type in families:
            return families[model_type]
        source = self.folder.path / CONFIG
        raise ValueError(
            f"{source}: model_type={model_type!r} is not supported; supported: "
            f"{', '.join(sorted(families))}."
        )
