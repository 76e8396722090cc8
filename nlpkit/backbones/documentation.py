"""The docstrings of backbones: what a family says itself, and what is true of all of them.

A family's docstring describes its own arguments. Those that mean the same in every family, the
inputs, the outputs and the errors are described here, and joined to it when the class is created,
so that `help` shows everything in the order of the signature.
"""

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

_ARGUMENTS = {
    "vocabulary_size": "int. Number of tokens in the vocabulary.",
    "num_layers": "int. Number of transformer layers.",
    "num_heads": "int. Number of attention heads; must divide `hidden_dim`.",
    "num_query_heads": "int. Number of query heads.",
    "num_key_value_heads": "int. Number of key and value heads; must divide that of query heads.",
    "head_dim": "int or None. Size of each head; None for `hidden_dim / num_query_heads`.",
    "hidden_dim": "int. Hidden size.",
    "intermediate_dim": "int. Intermediate size of the feed-forward layers.",
    "num_experts": "int. Number of experts in a layer.",
    "top_k": "int. Number of experts that each token is routed to.",
    "sliding_window": (
        "int or None. Number of tokens that a token attends to, itself included; None for no limit."
    ),
    "sliding_window_size": (
        "int or None. Number of tokens that a token attends to in layers with a window, itself "
        "included; None for no limit."
    ),
    "rope_max_wavelength": "float. Base of the rotary frequencies (`rope_theta`).",
    "rope_scaling_factor": "float. Factor of linear scaling: rotary angles are divided by it.",
    "rope_scaling": (
        "dict or None. Scaling of the rotary frequencies, with the keys that transformers has; see "
        "`nlpkit.backbones.rope.config`."
    ),
    "partial_rotary_factor": "float. Fraction of each head that is rotated.",
    "layer_norm_epsilon": "float. Epsilon of the normalization layers.",
    "dropout": "float in [0, 1). Dropout rate of the output of each sub-layer.",
    "attention_dropout": "float in [0, 1). Dropout rate of the attention weights.",
    "attention_bias": "bool. Whether the query, key, value and output projections have biases.",
    "activation": (
        'str. Activation of the feed-forward layers: "gelu" (exact), "gelu_tanh" (its '
        'approximation), "silu" or "relu".'
    ),
    "tie_word_embeddings": "bool. Whether the language-model head is the token embedding.",
    "max_sequence_length": (
        "int. Length of the longest sequences that the model was trained on; sets no limit."
    ),
    "dtype": "str or `keras.DTypePolicy`. Of all layers.",
    "kwargs": "`name` and `trainable` (or `dtype`), as for `keras.Model`.",
}
OF_ONE_STACK = {
    "Call arguments": """\
    inputs: dict of `token_ids` (int), `padding_mask` (bool, True = real token), and optionally
        `positions` and `sequence_ids` (int), all `[batch, seq]`; or `token_ids` alone.
    training: bool. Whether to apply dropout.""",
    "Returns": """\
    float `[batch, seq, hidden_dim]`, the features of each token.""",
    "Raises": """\
    ValueError: arguments contradict each other; `token_ids` is missing; an input has the wrong
        shape; an id is not in the vocabulary.""",
}
OF_TWO_STACKS = {
    "Call arguments": """\
    inputs: dict of `encoder_token_ids` and `decoder_token_ids` (int), `encoder_padding_mask` and
        `decoder_padding_mask` (bool, True = real token), and optionally `encoder_positions`,
        `encoder_sequence_ids`, `decoder_positions` and `decoder_sequence_ids` (int), all
        `[batch, seq]`.
    training: bool. Whether to apply dropout.""",
    "Returns": """\
    dict of float `encoder_sequence_output` and `decoder_sequence_output`, `[batch, seq,
    hidden_dim]`, the features of each token.""",
    "Raises": OF_ONE_STACK["Raises"].replace("`token_ids` is missing", "token ids are missing"),
}
_SECTION = re.compile(r"\n\n(?=[A-Z][\w ]*:\n)")
_ENTRY = re.compile(r"^    \S.*(?:\n {5,}.*)*", re.MULTILINE)


def complete(
    docstring: str,
    constructor: Callable[..., Any],
    shared: Mapping[str, str] = OF_ONE_STACK,
    inherited: str = "",
) -> str:
    """Join a family's docstring with what is true of all backbones.

    Args:
        docstring: str. The family's: what it describes replaces the shared description.
        constructor: function. The `__init__` whose arguments are described.
        shared: what is true of all such backbones, by section.
        inherited: str. The docstring of the class that the constructor is inherited from, if any.
    """
    summary, own = _sections(docstring)
    described = "\n".join(x.pop("Args", "") for x in (_sections(inherited)[1], own))
    arguments = "\n".join(dict.fromkeys(_arguments(described, constructor)))
    shown = {"Args": arguments, **shared, **own}
    return "\n\n".join([summary, *(f"{title}:\n{body}" for title, body in shown.items())])


def _sections(docstring: str) -> tuple[str, dict[str, str]]:
    summary, *sections = _SECTION.split(inspect.cleandoc(docstring))
    return summary, dict(section.split(":\n", 1) for section in sections)


def _arguments(own: str, constructor: Callable[..., Any]) -> Iterator[str]:
    """The description of each argument; several may have one in common."""
    entries = {
        name: entry
        for entry in _ENTRY.findall(own)
        for name in re.findall(r"\w+", entry.partition(":")[0])
    }
    for name, parameter in inspect.signature(constructor).parameters.items():
        if name in entries:
            yield entries[name]
        elif name in _ARGUMENTS:
            yield _shared(name, "**" if parameter.kind is parameter.VAR_KEYWORD else "")


@cache
def _shared(name: str, stars: str) -> str:
    text = f"{stars}{name}: {_ARGUMENTS[name]}"
    lines = textwrap.wrap(text, 92, break_long_words=False, break_on_hyphens=False)
    return textwrap.indent("\n    ".join(lines), " " * 4)
