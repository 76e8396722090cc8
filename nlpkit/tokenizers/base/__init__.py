"""The base of all tokenizers: vocabularies, special tokens, encodings, forms of input."""
