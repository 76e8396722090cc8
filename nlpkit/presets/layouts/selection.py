"""Selection of the preset files that a load needs."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from nlpkit.presets.folders.file_names import preset_name
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.folders.manifest import MANIFEST, MOST_FILES
from nlpkit.presets.folders.store import CONFIG, shard_names
from nlpkit.presets.formats.safe_json import LARGE, read_object
from nlpkit.presets.formats.safetensors_file import INDEX, WEIGHTS
from nlpkit.presets.layouts.sentence_transformers import (
    MODULES,
    SETTINGS,
    TRANSFORMER,
    module_places,
)
from nlpkit.presets.sources.source import FileFacts, SourceError

PICKLE = "pytorch_model.bin"
PICKLE_INDEX = "pytorch_model.bin.index.json"
_DESCRIPTIONS = (
    CONFIG,
    "generation_config.json",
    "chat_template.jinja",
    MODULES,
    SETTINGS,
    TRANSFORMER,
    "tokenizer_config.json",
    "tokenizer.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spiece.model",
    "tokenizer.model",
    "sentencepiece.bpe.model",
    "preprocessor_config.json",
    "processor_config.json",
    "metadata.json",
    "audio_converter.json",
    "preprocessor.json",
    "task.json",
    "assets/tokenizer/vocabulary.txt",
    "assets/tokenizer/vocabulary.json",
    "assets/tokenizer/vocabulary.spm",
    "assets/tokenizer/merges.txt",
)
_KERAS_WEIGHTS = ("model.weights.h5", "task.weights.h5")
_KERAS_SHARDS = re.compile(r"(model|task)(_\d{5})?\.weights\.(h5|json)", re.ASCII)
_MODULE_FILES = re.compile(r"[0-9]{1,2}_[A-Za-z]+/(config\.json|model\.safetensors)", re.ASCII)
_KERAS_ASSETS = re.compile(r"assets/([\w-][\w.-]*/)?[\w-][\w.-]*", re.ASCII)

# What a source is asked for that cannot say what it holds.
CANDIDATES = (*_DESCRIPTIONS, WEIGHTS, INDEX, *_KERAS_WEIGHTS, PICKLE, PICKLE_INDEX)


@dataclass(frozen=True)
class Need:
    """What a load needs.

    Attributes:
        weights: bool. Whether weights, too; tokenizers need none.
        allow_pickle: bool. Whether weights may be a pickle, if there are no others.
    """

    weights: bool = True
    allow_pickle: bool = False


def first_files(names: Collection[str], need: Need) -> list[str]:
    """The files that name others, which are needed first.

    Raises:
        SourceError: there is no preset among the names.
    """
    if MANIFEST in names:
        return [MANIFEST]
    if CONFIG not in names:
        raise SourceError(f"it holds neither {MANIFEST} nor {CONFIG}, so it is not a preset")
    return [name for name in _weight_files(names, need) if name in (INDEX, PICKLE_INDEX)]


def needed_files(names: Collection[str], folder: Path, need: Need) -> list[str]:
    """All files of the snapshot in `folder`, where the first ones are, that a load needs.

    Raises:
        SourceError: the weights are in no format that may be read.
        ValueError: a file names another one that is not in its folder.
    """
    if MANIFEST in names:
        stated = stated_files(folder)
        return [MANIFEST, *(name for name in stated if need.weights or not is_weights(name))]
    weights = _weight_files(names, need) if need.weights else []
    shards = [
        shard
        for index in (INDEX, PICKLE_INDEX)
        if index in weights
        for shard in shard_names(read_object(folder / index, LARGE), folder / index)
    ]
    described = [name for name in names if name in _DESCRIPTIONS or _KERAS_ASSETS.fullmatch(name)]
    modules = [name for name in names if MODULES in names and _MODULE_FILES.fullmatch(name)]
    modules = [name for name in modules if need.weights or not is_weights(name)]
    return [*described, *modules, *weights, *shards]


def stated_files(folder: Path) -> dict[str, FileFacts]:
    """What the manifest in a folder states about the other files."""
    source = folder / MANIFEST
    files = read_object(source).get("files")
    if not isinstance(files, dict):
        raise SourceError(f"{source} must have 'files' of type dict.")
    if len(files) > MOST_FILES:
        raise SourceError(f"{source} lists more than {MOST_FILES} files.")
    return {preset_name(name, source): _facts(stated, source) for name, stated in files.items()}


def module_candidates(folder: Path) -> list[str]:
    """The files that the modules may have which the folder's modules.json lists.

    Raises:
        ValueError: it lists a module in a folder that may not be read.
    """
    places = [place for _, place in module_places(FolderFiles(folder)) if place]
    return [f"{place}/{name}" for place in places for name in (CONFIG, WEIGHTS)]


def _weight_files(names: Collection[str], need: Need) -> list[str]:
    if not need.weights:
        return []
    keras = [name for name in names if _KERAS_SHARDS.fullmatch(name)]
    choices = ([WEIGHTS], [INDEX], keras)
    chosen = next((files for files in choices if files and {*files} <= {*names}), [])
    if chosen or not {PICKLE, PICKLE_INDEX} & {*names}:
        return chosen
    if not need.allow_pickle:
        raise SourceError(
            f"its weights are in {PICKLE} alone, a pickle, which can run code when it is opened; "
            "pass allow_pickle=True to have PyTorch read it without running any"
        )
    return [PICKLE] if PICKLE in names else [PICKLE_INDEX]


def is_weights(name: str) -> bool:
    """Whether a file holds weights."""
    return name.endswith((".safetensors", ".h5", ".bin"))


def size_limit(name: str, facts: FileFacts) -> int | None:
    """The most bytes a file may have: those that are stated; without weights, 64 MiB at the most.

    None for weights of which nothing is stated.
    """
    limits = [facts.size] if isinstance(facts.size, int) else []
    if not is_weights(name):
        limits.append(LARGE)
    return min(limits, default=None)


def _facts(stated: object, source: Path) -> FileFacts:
    if not isinstance(stated, dict):
        raise SourceError(f"{source} must state sha256 and size of its files; got {stated!r:.100}.")
    return FileFacts(stated.get("size"), stated.get("sha256"))
