"""SentencePiece tokenizers, models and training."""
