"""Rotary positions: their scaling, and how Hugging Face's configurations say it."""
