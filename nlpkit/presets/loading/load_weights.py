"""Loading a preset's weights into a backbone or a task, with warnings for missing ones."""

import os
from collections.abc import Mapping
from typing import TypeGuard

import keras
import numpy as np

from nlpkit._types import DType
from nlpkit._warning import warn
from nlpkit.ops import backend
from nlpkit.presets.formats.safetensors_file import TensorFiles
from nlpkit.presets.formats.tensor_reader import TensorReader
from nlpkit.presets.layouts.description import required_arguments
from nlpkit.presets.layouts.layout import Layout
from nlpkit.presets.mapping.assignment import BACKBONE, assign, model_variables, shapes
from nlpkit.presets.mapping.key_matching import Cover, Mismatch, describe_mismatches, match
from nlpkit.presets.mapping.weight_table import Line


def read_ahead(layout: Layout, dtype: DType) -> None:
    """Begin to read weights for a model of this dtype, if that can be done while it is built."""
    if isinstance(layout.tensors, TensorFiles):
        layout.tensors.read_ahead(keras.dtype_policies.get(dtype).variable_dtype)


def load_backbone_weights(backbone: keras.Model, layout: Layout) -> None:
    """Read a backbone's weights, ignoring those of heads."""
    _load(backbone, layout.backbone_table(backbone), layout)


def load_task_weights(task: keras.Model, layout: Layout) -> None:
    """Read the weights of a task's backbone and head."""
    _load(task, layout.task_table(task), layout)


def warn_of_fresh_head(task: keras.Model, layout: Layout) -> None:
    """Warn of variables of a newly initialized head, unless the caller described the head."""
    if not required_arguments(type(task)):
        head = [line for line in task.table_of_head() if not line.tied and not line.ignored]
        _warn([line.variable for line in head], task, layout)


def _load(model: keras.Model, table: list[Line], layout: Layout) -> None:
    variables = model_variables(model)
    cover = match(
        table + layout.other_heads(model),
        shapes(variables),
        layout.tensors.shapes,
        model=type(model).__name__,
        source=str(layout),
    )
    _refuse_mismatches(cover, model, layout)
    _warn(cover.fresh, model, layout)
    if _is_mapped(layout.tensors):
        _assign_mapped(cover, variables, layout.tensors)
    else:
        assign(cover, variables, layout.tensors.read)
    layout.folder.check_unchanged()


def _assign_mapped(
    cover: Cover, variables: Mapping[str, keras.Variable], tensors: TensorFiles
) -> None:
    dtypes = {variable.dtype for variable in variables.values()}

    def read(name: str) -> np.ndarray:
        return tensors.view(name, keep=any(tensors.has_dtype(name, dtype) for dtype in dtypes))

    assign(cover, variables, read)
    tensors.finish_reading()


def _is_mapped(tensors: TensorReader) -> TypeGuard[TensorFiles]:
    """Whether variables have the files of the weights as their memory; Windows would lock these."""
    may_be = isinstance(tensors, TensorFiles) and tensors.mapped
    return may_be and os.name == "posix" and backend.keeps_arrays()


def _refuse_mismatches(cover: Cover, model: keras.Model, layout: Layout) -> None:
    if not cover.mismatches:
        return
    hint = ""
    if hasattr(model, "backbone") and all(_is_of_head(wrong) for wrong in cover.mismatches):
        stored, asked = layout.head_arguments(type(model)) or {}, vars(model)
        differing = [
            f"{name}={asked[name]!r} was asked for, the preset's head has {name}={value!r}"
            for name, value in stored.items()
            if name in asked and asked[name] != value
        ]
        hint = "".join(f"\n{text}." for text in differing)
        hint += "\nPass load_head=False for a fresh head."
    raise ValueError(
        f"{layout} does not fit {type(model).__name__}; shapes differ:\n  "
        f"{describe_mismatches(cover.mismatches)}{hint}"
    )


def _is_of_head(wrong: Mismatch) -> bool:
    return not wrong.variable.startswith(BACKBONE)


def _warn(fresh: list[str], model: keras.Model, layout: Layout) -> None:
    if fresh:
        warn(
            f"{layout} has no tensor for {', '.join(fresh)} of {type(model).__name__}: they keep "
            "their random initial values.",
        )
