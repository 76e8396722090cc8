"""WordPiece tokenization, as in BERT."""
