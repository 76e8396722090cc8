"""Hugging Face's `tokenizer.json` and the files beside it."""
