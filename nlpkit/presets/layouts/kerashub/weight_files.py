"""KerasHub's weight files, single or sharded, with the paths of all versions unified.

Keras names a weight by where it stands in the tree of layers: `layers/dense/vars/0` is the first of
the first dense layer. The same weight has been written as

- `layers/…/query_dense/vars/0` since Keras 3.4,
- `layers/…/_query_dense/vars/0` by KerasNLP 0.7 to 0.12 with Keras 3.0 to 3.3, when attention had
  no public names for its projections, and
- `_layer_checkpoint_dependencies/…` instead of `layers/…` with Keras 2.13 to 2.15.

Here all are `layers/…/query_dense/0`, below `backbone/` or, of a task, `head/`.
"""

import re
from pathlib import Path

from nlpkit.presets.folders.file_names import plain_name
from nlpkit.presets.folders.store import PresetFolder
from nlpkit.presets.formats.h5_tensors import H5Tensors

BACKBONE = "backbone/"
HEAD = "head/"
MODEL_WEIGHTS = "model.weights.h5"
TASK_WEIGHTS = "task.weights.h5"
SHARDS = "model.weights.json"
_RENAMED = (
    (re.compile(r"(^|/)_layer_checkpoint_dependencies/"), r"\1layers/"),
    (re.compile(r"(^|/)vars/"), r"\1"),
    (re.compile(r"(^|/)_+"), r"\1"),
    (re.compile(r"layernorm/"), "layer_norm/"),
    (re.compile(r"(masked_lm_head/)(?=(dense|layer_norm)/)"), r"\1intermediate_"),
)
_NESTED_BACKBONE = re.compile(r"^(layers/\w+_backbone|backbone)/")


def open_tensors(folder: PresetFolder, whole_task: bool) -> H5Tensors:
    """Open the weights of a folder.

    Args:
        folder: `PresetFolder`.
        whole_task: bool. Whether one file holds a task with its backbone, as before KerasNLP 0.12.

    Raises:
        ValueError: a file is missing or damaged, or points out of itself.
    """
    files = dict.fromkeys(_model_files(folder), "" if whole_task else BACKBONE)
    if folder.has(TASK_WEIGHTS):
        files[folder.file(TASK_WEIGHTS)] = HEAD
    return H5Tensors(files, _spell_task if whole_task else spell)


def has_weights(folder: PresetFolder) -> bool:
    """Whether the folder holds the weights of a backbone."""
    return folder.has(MODEL_WEIGHTS) or folder.has(SHARDS)


def spell(path: str) -> str:
    """The one spelling of a weight's path in a file."""
    for pattern, replacement in _RENAMED:
        path = pattern.sub(replacement, path)
    return path


def _spell_task(path: str) -> str:
    path = spell(path)
    is_backbone = _NESTED_BACKBONE.match(path)
    return BACKBONE + path[is_backbone.end() :] if is_backbone else HEAD + path


def _model_files(folder: PresetFolder) -> list[Path]:
    if not folder.has(SHARDS) or folder.has(MODEL_WEIGHTS):
        return [folder.file(MODEL_WEIGHTS)]
    source = folder.path / SHARDS
    weight_map = folder.json(SHARDS).get("weight_map")
    if not isinstance(weight_map, dict):
        raise ValueError(f"{source} has no weight_map.")
    # A layer whose weights are in several files has a list of them.
    named = [
        n for names in weight_map.values() for n in (names if isinstance(names, list) else [names])
    ]
    return [folder.file(name) for name in sorted({plain_name(name, source) for name in named})]
