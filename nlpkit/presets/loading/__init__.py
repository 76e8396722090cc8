"""Presets to objects, and objects to presets."""
