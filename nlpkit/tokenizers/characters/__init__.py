"""Tokenizers whose tokens are bytes or characters."""
