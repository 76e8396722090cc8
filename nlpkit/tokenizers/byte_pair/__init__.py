"""Byte-level byte-pair encoding (BPE), as in GPT-2."""
