"""How a backend runs, where code must differ by it."""

# Generation runs eagerly: no shape costs a compilation, a cache is written in place, and the index
# of its next slot is an int. Elsewhere loops are compiled.
EAGER = False

# What is compiled has no side effects: a training step takes the memory of the variables and
# returns their new values.
STATELESS = False

# The trainer builds metrics and losses in its first step, while that is compiled.
BUILDS_IN_STEPS = False

# Tensors may hold strings, symbolic ones too.
HAS_STRINGS = False

# The kernel of attention takes longer for a boolean mask than for one to add.
ADDS_MASKS = False
