"""The loop that a sampler runs in, token by token, compiled where the backend compiles."""
