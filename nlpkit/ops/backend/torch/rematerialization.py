"""Steps that are computed again for their gradients, on PyTorch."""

from typing import Any

import torch

from nlpkit.ops.backend.default import rematerialization
from nlpkit.ops.backend.default.rematerialization import Step


def scan_rematerialized(
    step: Step, parameters: list[Any], states: list[Any], batches: Any
) -> tuple[Any, list[Any]]:
    """Run a step over batches; each is computed again to its end.

    PyTorch would end it by an error, whose frames keep activations until garbage is collected.
    """
    with torch.utils.checkpoint.set_checkpoint_early_stop(False):
        return rematerialization.scan_rematerialized(step, parameters, states, batches)
