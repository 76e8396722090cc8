"""Facts about a backend on which code depends."""

# Generation runs eagerly: no shape costs a compilation, a cache is written in place, and the index
# of its next slot is an int. Elsewhere loops are compiled.
EAGER = False

# Compiled functions have no side effects: a training step consumes the buffers of the variables and
# returns their new values.
STATELESS = False

# The trainer builds metrics and losses in its first step, while that is compiled.
BUILDS_IN_STEPS = False

# Tensors, also symbolic ones, may hold strings.
HAS_STRINGS = False

# The attention kernel is slower with a boolean mask than with one to add.
ADDS_MASKS = False

# Keras takes the shape of the first two batches of a `PyDataset` for that of all.
FIXES_SHAPES = False
