"""Calling layers: without bookkeeping, in mini batches, with a state of random numbers."""
