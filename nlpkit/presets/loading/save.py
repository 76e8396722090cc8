"""Saving tokenizers, preprocessors, backbones and tasks as presets."""

from pathlib import Path
from typing import Any

import keras

from nlpkit.presets.folders.file_names import folder_to_write
from nlpkit.presets.folders.publishing import publish
from nlpkit.presets.folders.store import MANIFEST
from nlpkit.presets.formats.safetensors_file import WEIGHTS, write_tensors, write_weights
from nlpkit.presets.layouts.carried import (
    write_config,
    write_of_backbone,
    write_of_tokenizer,
)
from nlpkit.presets.layouts.description import describe
from nlpkit.presets.layouts.layout import task_table
from nlpkit.presets.mapping.assignment import collect, model_variables
from nlpkit.presets.preset import FromPreset


def save(
    thing: FromPreset,
    folder: str | Path,
    dtype: str | None = None,
    max_shard_size: int | str = "5GB",
) -> None:
    """Write the preset of an object; see `FromPreset.save_to_preset`."""
    if dtype is not None and thing.preset_kind in ("tokenizer", "preprocessor"):
        raise ValueError(f"A {thing.preset_kind} has no weights; got dtype={dtype!r}.")
    path = folder_to_write(folder, "preset_dir")

    def write(written: Path) -> list[str]:
        names = _write_model(thing, written, dtype, max_shard_size)
        return [*names, *_write_tokenizer(thing, written)]

    publish(path, write, lambda: describe(thing))


def export(thing: FromPreset, folder: str | Path) -> None:
    """Write what transformers opens; see `FromPreset.export_to_transformers`."""
    holder = getattr(thing, "preprocessor", None) if thing.preset_kind == "task" else thing
    is_preprocessor = getattr(holder, "preset_kind", None) == "preprocessor"
    if is_preprocessor and getattr(holder, "tokenizer", None) is None:
        raise ValueError(
            f"{type(holder).__name__} must have a tokenizer to be exported; its tokenizer is None."
        )
    path = folder_to_write(folder, "path")
    save(thing, path)
    (path / MANIFEST).unlink()


def _write_model(thing: Any, path: Path, dtype: str | None, max_shard_size: int | str) -> list[str]:
    if thing.preset_kind in ("tokenizer", "preprocessor"):
        return []
    names = write_config(thing, _config(thing), path)
    names = write_of_backbone(thing, path, [*names, *thing.save_files(path)])
    tensors: dict[str, dict[str, Any]] = {"": {}}
    for name, tensor in _tensors(thing).items():
        folder, _, own = name.rpartition("/")
        tensors.setdefault(folder, {})[own] = tensor
    names += write_weights(path, tensors.pop(""), dtype, max_shard_size)
    for folder, of_module in tensors.items():
        write_tensors(path / folder / WEIGHTS, of_module, dtype)
        names.append(f"{folder}/{WEIGHTS}")
    return names


def _write_tokenizer(thing: Any, path: Path) -> list[str]:
    holder = thing.preprocessor if thing.preset_kind == "task" else thing
    tokenizer = holder if thing.preset_kind == "tokenizer" else getattr(holder, "tokenizer", None)
    if tokenizer is None:
        return []
    # A tokenizer of one's own need not know of the arguments.
    packing: dict[str, Any] = {}
    if not getattr(holder, "add_start_token", True):
        packing["starts_texts"] = False
    if holder is not tokenizer and getattr(holder, "text_end", None) is not None:
        packing["text_end"] = holder.text_end
    names = [*tokenizer.save_files(path, **packing)]
    if holder is not tokenizer:
        names += holder.save_files(path)
    return write_of_tokenizer(tokenizer, path, names)


def _tensors(model: keras.Model) -> dict[str, Any]:
    if model.preset_kind != "task":
        return collect(model.weight_table(), model_variables(model), type(model).__name__)
    table = task_table(model, model.hf_prefix)
    return collect(table, model_variables(model), type(model).__name__)


def _config(model: keras.Model) -> dict[str, Any]:
    is_task = model.preset_kind == "task"
    backbone = model.backbone if is_task else model
    architecture = backbone.hf_class_name(model.hf_architecture)
    return {
        "architectures": [architecture] if architecture else [],
        "model_type": backbone.hf_model_types[0],
        # What transformers computes in, whatever dtype the weights are stored in.
        "dtype": "float32",
        **backbone.to_hf_config(),
        **(model.hf_head_config() if is_task else {}),
    }
