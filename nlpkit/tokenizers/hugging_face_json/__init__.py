"""Hugging Face's `tokenizer.json` and related files."""
