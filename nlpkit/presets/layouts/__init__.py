"""What is in a preset's folder: nlpkit's own layout, Hugging Face's and KerasHub's."""
