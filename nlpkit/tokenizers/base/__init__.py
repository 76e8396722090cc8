"""What all tokenizers share: vocabularies, special tokens, encodings, the forms of input."""
