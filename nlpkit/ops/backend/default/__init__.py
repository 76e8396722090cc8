"""Every name of `nlpkit.ops.backend` in Keras' operations, unless a backend has its own.

The docstrings here hold for all backends.
"""

from nlpkit.ops.backend.default.attention import (
    float32_matmul,
    fused_attention,
    fuses_attention,
)
from nlpkit.ops.backend.default.experts import apply_experts
from nlpkit.ops.backend.default.facts import (
    ADDS_MASKS,
    BUILDS_IN_STEPS,
    EAGER,
    FIXES_SHAPES,
    HAS_STRINGS,
    STATELESS,
)
from nlpkit.ops.backend.default.heads import heads_as_rows, merge_heads, rows_as_heads, split_heads
from nlpkit.ops.backend.default.host import on_host
from nlpkit.ops.backend.default.normalization import layer_normalization, rms_normalization
from nlpkit.ops.backend.default.parameters import adopt_array, keeps_arrays
from nlpkit.ops.backend.default.product import linear
from nlpkit.ops.backend.default.programs import (
    is_tracing,
    program,
    run_loop,
    traced_seed,
    without_gradients,
)
from nlpkit.ops.backend.default.random import dropout, seeded_step
from nlpkit.ops.backend.default.rematerialization import scan_rematerialized
from nlpkit.ops.backend.default.rows import take_rows
from nlpkit.ops.backend.default.threshold import count_threshold, mass_threshold
from nlpkit.ops.backend.default.trees import register_tree

__all__ = [
    "ADDS_MASKS",
    "BUILDS_IN_STEPS",
    "EAGER",
    "FIXES_SHAPES",
    "HAS_STRINGS",
    "STATELESS",
    "adopt_array",
    "apply_experts",
    "count_threshold",
    "dropout",
    "float32_matmul",
    "fused_attention",
    "fuses_attention",
    "heads_as_rows",
    "is_tracing",
    "keeps_arrays",
    "layer_normalization",
    "linear",
    "mass_threshold",
    "merge_heads",
    "on_host",
    "program",
    "register_tree",
    "rms_normalization",
    "rows_as_heads",
    "run_loop",
    "scan_rematerialized",
    "seeded_step",
    "split_heads",
    "take_rows",
    "traced_seed",
    "without_gradients",
]
