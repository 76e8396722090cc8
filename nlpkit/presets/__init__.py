"""Presets: pretrained weights, vocabularies and configurations, by name or in folders."""

from nlpkit.presets.registry import list_presets

__all__ = ["list_presets"]
