"""Text generation: prompts, options, batches, streaming and scoring around a sampler's loop."""
