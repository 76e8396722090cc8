"""What decoding keeps of earlier tokens."""
