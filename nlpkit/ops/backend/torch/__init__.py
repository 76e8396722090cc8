"""PyTorch: fused kernels, and generation that runs eagerly."""

from nlpkit.ops.backend.torch.attention import fused_attention, fuses_attention
from nlpkit.ops.backend.torch.experts import apply_experts
from nlpkit.ops.backend.torch.heads import heads_as_rows, merge_heads, rows_as_heads, split_heads
from nlpkit.ops.backend.torch.normalization import layer_normalization, rms_normalization
from nlpkit.ops.backend.torch.parameters import adopt_array, keeps_arrays
from nlpkit.ops.backend.torch.product import linear
from nlpkit.ops.backend.torch.programs import (
    is_tracing,
    program,
    run_loop,
    traced_seed,
    without_gradients,
)
from nlpkit.ops.backend.torch.random import seeded_step
from nlpkit.ops.backend.torch.rematerialization import scan_rematerialized
from nlpkit.ops.backend.torch.threshold import count_threshold, mass_threshold

EAGER = True
ADDS_MASKS = True

__all__ = [
    "ADDS_MASKS",
    "EAGER",
    "adopt_array",
    "apply_experts",
    "count_threshold",
    "fused_attention",
    "fuses_attention",
    "heads_as_rows",
    "is_tracing",
    "keeps_arrays",
    "layer_normalization",
    "linear",
    "mass_threshold",
    "merge_heads",
    "program",
    "rms_normalization",
    "rows_as_heads",
    "run_loop",
    "scan_rematerialized",
    "seeded_step",
    "split_heads",
    "traced_seed",
    "without_gradients",
]
