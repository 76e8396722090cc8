"""Generating text: prompts, options, batches, streams and scores around a sampler's loop."""
