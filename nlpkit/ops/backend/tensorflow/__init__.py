"""TensorFlow: graphs compiled by XLA, and tensors of strings."""

from nlpkit.ops.backend.tensorflow.experts import apply_experts
from nlpkit.ops.backend.tensorflow.host import on_host
from nlpkit.ops.backend.tensorflow.product import linear
from nlpkit.ops.backend.tensorflow.programs import is_tracing, program, traced_seed
from nlpkit.ops.backend.tensorflow.rematerialization import scan_rematerialized
from nlpkit.ops.backend.tensorflow.rows import take_rows
from nlpkit.ops.backend.tensorflow.trees import register_tree

BUILDS_IN_STEPS = True
FIXES_SHAPES = True
HAS_STRINGS = True

__all__ = [
    "BUILDS_IN_STEPS",
    "FIXES_SHAPES",
    "HAS_STRINGS",
    "apply_experts",
    "is_tracing",
    "linear",
    "on_host",
    "program",
    "register_tree",
    "scan_rematerialized",
    "take_rows",
    "traced_seed",
]
