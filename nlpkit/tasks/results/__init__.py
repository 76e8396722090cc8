"""What tasks make of outputs: entities, answers, rows of embeddings and their similarity."""
