"""What families that are built alike share: specs, configurations, names of tensors."""
