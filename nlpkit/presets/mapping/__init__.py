"""From the tensors of a checkpoint to the variables of a model, and back, by tables."""
