"""Pure functions on tensors and on ragged lists; nothing here holds state."""
