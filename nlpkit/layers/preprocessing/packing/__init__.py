"""Packing: token ids to rows of one length, with their special tokens."""
