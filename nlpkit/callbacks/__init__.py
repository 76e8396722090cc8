"""Callbacks of training."""

from typing import TYPE_CHECKING

from nlpkit._namespace import namespace

if TYPE_CHECKING:
    from nlpkit.callbacks.generation_metrics import GenerationMetrics as GenerationMetrics

__all__, __getattr__, __dir__ = namespace(__name__, {"generation_metrics": "GenerationMetrics"})
