"""SentencePiece tokenizers in the files of Hugging Face's folders."""
