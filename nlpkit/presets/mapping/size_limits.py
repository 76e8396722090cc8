"""Size limits: a configuration's sizes, compared with the tensors of its preset.

A configuration of a few bytes could otherwise ask for any amount of memory or time.
"""

import math
from collections.abc import Mapping
from typing import Any

import keras

from nlpkit._argument_ranges import LARGEST_COUNT, MOST_LAYERS
from nlpkit.presets.mapping.weight_table import Shape

_LARGEST = LARGEST_COUNT
# Of a model without weights, whose size nothing but its configuration says: 4 GiB in float32.
MOST_PARAMETERS = 1 << 30
# Lengths that rows are padded to, and other lengths of the preprocessing.
_LONGEST_ROW = 1 << 20
_HEADS = ("num_heads", "num_query_heads", "num_key_value_heads", "num_attention_heads")
_AT_LEAST_ONE = ("num_layers", "hidden_dim", "vocabulary_size", "num_classes", *_HEADS)
# One table has this many rows or columns.
_DIMENSIONS = (
    "num_experts",
    "vocabulary_size",
    "hidden_dim",
    "num_classes",
    "head_dim",
    "embedding_dim",
    "num_segments",
    *_HEADS,
)


def check_sizes(
    arguments: Mapping[str, Any], shapes: Mapping[str, Shape] | None, source: str
) -> None:
    """Compare the sizes of a model with the tensors of its checkpoint, before it is built.

    Args:
        arguments: of the backbone or the task.
        shapes: the tensors' shapes by name; None if no weights are loaded: then sizes are bounded
            by fixed ceilings alone.
        source: str. The preset's name, for error messages.

    Raises:
        ValueError: the model would have more layers than there are tensors, a size no tensor has
            room for, or a size that is not positive.
    """
    largest = _LARGEST if shapes is None else _largest(shapes)
    layers = MOST_LAYERS if shapes is None else min(len(shapes), MOST_LAYERS)
    if shapes is not None:
        _check_heads(arguments, shapes, source)
    for name, value in arguments.items():
        if not isinstance(value, int) or isinstance(value, bool):
            continue
        least = 1 if name in _AT_LEAST_ONE else 0
        if not least <= value <= _LARGEST:
            raise ValueError(f"{source} states {name}={value}; it must be in [{least}, 2**31).")
        if name == "num_layers" and value > layers:
            raise ValueError(f"{source} states num_layers={value}, but has {layers} tensors.")
        # A gate's width and that of the projection beside it may count together.
        size = value // 2 if name == "intermediate_dim" else value
        if name in (*_DIMENSIONS, "intermediate_dim") and size > largest:
            raise ValueError(
                f"{source} states {name}={value}, but no tensor of it is larger than {largest}."
            )


def check_lengths(arguments: Mapping[str, Any], source: str) -> None:
    """Check the lengths among the arguments of a tokenizer or preprocessor.

    Raises:
        ValueError: a length is not in [0, 2**20].
    """
    for name, value in arguments.items():
        is_length = name.endswith("length") and isinstance(value, int)
        if is_length and not 0 <= value <= _LONGEST_ROW:
            raise ValueError(f"{source} states {name}={value}; it must be in [0, 2**20].")


def check_parameters(model: keras.Model, most: int, source: str) -> None:
    """Check that a model built without values is not too large to be initialized.

    Args:
        model: it.
        most: int. The parameters it may have.
        source: str. The preset's name, for the error's message.

    Raises:
        ValueError: it has more.
    """
    total = sum(math.prod(variable.shape) for variable in model.variables)
    if total > most:
        raise ValueError(
            f"{source} describes a model of {total} parameters; without weights at most {most} are "
            f"allocated. Pass max_parameters={total} if you mean it."
        )


def _check_heads(arguments: Mapping[str, Any], shapes: Mapping[str, Shape], source: str) -> None:
    """Hold the columns of a projection against the tensors, some of which keep heads apart."""
    largest = max(map(math.prod, shapes.values()), default=0)
    sizes = [arguments.get(name) for name in ("num_query_heads", "num_attention_heads", "head_dim")]
    stated = [size for size in sizes if isinstance(size, int) and not isinstance(size, bool)]
    if len(stated) > 1 and math.prod(stated) > largest:
        raise ValueError(
            f"{source} states {stated[0]} heads with head_dim={stated[1]}, but no tensor of it "
            f"has more than {largest} numbers."
        )


def _largest(shapes: Mapping[str, Shape]) -> int:
    """The largest dimension of a tensor that has elements."""
    dimensions = [max(shape) for shape in shapes.values() if shape and 0 not in shape]
    return max(dimensions, default=0)
