"""Metadata of a preset that has no effect in nlpkit but is saved again for other readers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from nlpkit.presets.folders.publishing import write_json
from nlpkit.presets.folders.store import CONFIG, TOKENIZER_CONFIG, PresetFolder
from nlpkit.presets.formats.safe_json import read_object
from nlpkit.presets.layouts.sentence_transformers import embedder_files
from nlpkit.presets.preset import Carried, FromPreset

GENERATION_CONFIG = "generation_config.json"
CHAT_TEMPLATE = "chat_template.jinja"

# What is written anew, or would be untrue of another folder: it names code and files of its own.
_FOLDER = """
    _commit_hash _name_or_path architectures auto_map custom_pipelines dtype model_type name_or_path
    torch_dtype transformers_version transformers_weights use_safetensors
"""
# What is true of a head, and of no other one on the same backbone.
_HEAD = """
    _num_labels classifier_dropout classifier_dropout_prob fine_tuning_task finetuning_task id2label
    label2id num_labels problem_type sbert_ce_default_activation_fn
    sbert_ce_default_activation_function sentence_transformers seq_classif_dropout
"""
_OF_THE_FOLDER, _OF_THE_HEAD = frozenset(_FOLDER.split()), frozenset(_HEAD.split())
_OF_THE_TOKENIZER = (
    "chat_template",
    "clean_up_tokenization_spaces",
    "model_input_names",
    "model_max_length",
    "padding_side",
    "truncation_side",
)


def of_tokenizer(folder: PresetFolder) -> Carried:
    """What a folder says of its tokenizer."""
    stated = folder.json(TOKENIZER_CONFIG) if folder.has(TOKENIZER_CONFIG) else {}
    template = folder.text(CHAT_TEMPLATE) if folder.has(CHAT_TEMPLATE) else None
    config = {name: stated[name] for name in _OF_THE_TOKENIZER if name in stated}
    return Carried(config, chat_template=template)


def of_backbone(unread: Mapping[str, Any], folder: PresetFolder) -> Carried:
    """What keys that nobody read, and the folder, say of a backbone, whatever head is on it."""
    dropped = _OF_THE_FOLDER | _OF_THE_HEAD
    config = {name: value for name, value in unread.items() if name not in dropped}
    return Carried(config, files=embedder_files(folder))


def of_head(unread: Mapping[str, Any], folder: PresetFolder) -> Carried:
    """What keys that nobody read, and the folder, say of a task's head."""
    config = {name: value for name, value in unread.items() if name in _OF_THE_HEAD}
    return Carried(config, generation_config(folder))


def generation_config(folder: PresetFolder) -> dict[str, Any]:
    """What a folder says of generation; nothing if it does not."""
    return folder.json(GENERATION_CONFIG) if folder.has(GENERATION_CONFIG) else {}


def write_config(model: keras.Model, own: Mapping[str, Any], path: Path) -> list[str]:
    """Write config.json, and generation_config.json if there was one; returns their names."""
    parts = [getattr(model, "backbone", model), model]
    carried = {name: value for part in parts for name, value in part.carried.config.items()}
    write_json(path / CONFIG, {**carried, **own})
    generation = {**model.carried.generation, **_generation_of(model)}
    if not generation:
        return [CONFIG]
    if "eos_token_id" in own:
        generation["eos_token_id"] = own["eos_token_id"]
    write_json(path / GENERATION_CONFIG, generation)
    return [CONFIG, GENERATION_CONFIG]


def _generation_of(model: keras.Model) -> dict[str, Any]:
    """What a task that generates states of itself."""
    stated = getattr(model, "hf_generation_config", None)
    return {} if stated is None else dict(stated())


def write_of_backbone(model: keras.Model, path: Path, names: list[str]) -> list[str]:
    """Write the files that a model's backbone carries, unless it describes itself by such.

    Returns:
        The names of all files.
    """
    files = getattr(model, "backbone", model).carried.files
    if not files.keys().isdisjoint(names):
        return names
    for name, content in files.items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_bytes(content)
    return [*names, *files]


def write_of_tokenizer(tokenizer: FromPreset, path: Path, names: list[str]) -> list[str]:
    """Add what a tokenizer carries to its files; returns the names of all of them."""
    carried = tokenizer.carried
    if carried.config:
        own = read_object(path / TOKENIZER_CONFIG) if TOKENIZER_CONFIG in names else {}
        write_json(path / TOKENIZER_CONFIG, {**carried.config, **own})
        names = list(dict.fromkeys([*names, TOKENIZER_CONFIG]))
    if carried.chat_template is not None:
        (path / CHAT_TEMPLATE).write_text(carried.chat_template, encoding="utf-8", newline="")
        names = [*names, CHAT_TEMPLATE]
    return names
