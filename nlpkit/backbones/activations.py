"""Hugging Face's names of activation functions, and nlpkit's."""

# The first name of a function is the one that is written.
ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
    "tanh": "tanh",
}
NAMES = {own: name for name, own in reversed(ACTIVATIONS.items())}
