"""What decoders like Llama share: specs and configurations.

Such a decoder has RMS norms before attention and the feed-forward layer, rotary positions,
grouped-query attention, and a gated feed-forward layer or experts. A family's file says which of
the options here it has, and under which names its constructor takes them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from nlpkit.backbones.activations import ACTIVATIONS, NAMES
from nlpkit.backbones.layer_types import FULL, WINDOW, kinds_by_index
from nlpkit.backbones.rope.config import make_scaling, read_rope, write_rope
from nlpkit.backbones.shared.llama_table import FEED_FORWARD as FEED_FORWARD
from nlpkit.backbones.shared.llama_table import table as table
from nlpkit.backbones.spec import (
    AttentionSpec,
    EmbeddingSpec,
    HeadSpec,
    LayerSpec,
    NormSpec,
    ResidualSpec,
    RopeSpec,
    StackSpec,
)
from nlpkit.presets.layouts.config_reader import ConfigReader, config_of

_SIZES = {
    "vocabulary_size": "vocab_size",
    "num_layers": "num_hidden_layers",
    "num_query_heads": "num_attention_heads",
    "hidden_dim": "hidden_size",
    "intermediate_dim": "intermediate_size",
}
_OPTIONS = {
    "num_key_value_heads": "num_key_value_heads",
    "head_dim": "head_dim",
    "layer_norm_epsilon": "rms_norm_eps",
    "attention_dropout": "attention_dropout",
    "tie_word_embeddings": "tie_word_embeddings",
    "max_sequence_length": "max_position_embeddings",
}


def attention(
    *,
    hidden_dim: int,
    num_query_heads: int,
    num_key_value_heads: int,
    head_dim: int | None,
    rope_max_wavelength: float,
    rope_scaling: Mapping[str, Any] | None,
    bias: bool = False,
    rotary_part: float = 1.0,
    **further: Any,
) -> AttentionSpec:
    """Describe attention with rotary positions, causal unless `further` says otherwise.

    Args:
        hidden_dim: int. Hidden size.
        num_query_heads, num_key_value_heads: int. Number of heads.
        head_dim: int or None. Size of each head; None for `hidden_dim / num_query_heads`.
        rope_max_wavelength, rope_scaling: see `nlpkit.backbones.rope.config`.
        bias: bool. Whether the query, key, value and output projections have biases.
        rotary_part: float. Fraction of each head that is rotated.
        **further: other attributes of `AttentionSpec`.

    Raises:
        ValueError: heads do not divide `hidden_dim`, and there is no `head_dim`.
    """
    if head_dim is None:
        if num_query_heads < 1 or hidden_dim % num_query_heads:
            raise ValueError(
                f"num_query_heads must divide hidden_dim, or head_dim be given; got "
                f"num_query_heads={num_query_heads}, hidden_dim={hidden_dim}."
            )
        head_dim = hidden_dim // num_query_heads
    rotary_dim = int(head_dim * rotary_part)
    rope = RopeSpec(rotary_dim, rope_max_wavelength, scaling=make_scaling(rope_scaling))
    defaults = {
        "scale": head_dim**-0.5,
        "input_bias": bias,
        "output_bias": bias,
        "causal": True,
    }
    return AttentionSpec(
        num_heads=num_query_heads,
        num_key_value_heads=num_key_value_heads,
        head_dim=head_dim,
        rope=rope,
        **{**defaults, **further},
    )


def layer(
    attention: AttentionSpec,
    feed_forward: Any,
    norm: NormSpec,
    dropout: float,
    scale: float | None = None,
) -> LayerSpec:
    """Describe a layer with norms before attention and the feed-forward layer.

    Args:
        attention, feed_forward, norm: specs.
        dropout, scale: of the residual connections.
    """
    residual = ResidualSpec(pre=norm, dropout=dropout, scale=scale)
    return LayerSpec(attention, residual, feed_forward, residual)


def stack(
    vocabulary_size: int,
    hidden_dim: int,
    layers: Sequence[LayerSpec],
    norm: NormSpec,
    tied: bool | None,
    *,
    embedding_scale: float | None = None,
    logits_scale: float | None = None,
) -> StackSpec:
    """Describe a decoder, or an encoder, with a final norm.

    Args:
        vocabulary_size, hidden_dim: int. Sizes of the token embedding.
        layers: `LayerSpec`s.
        norm: `NormSpec`. The final norm.
        tied: bool or None. Whether the language-model head is the token embedding; None for an
            encoder, which has none.
        embedding_scale, logits_scale: float or None. Factors of the token embeddings and logits.
    """
    return StackSpec(
        hidden_dim,
        EmbeddingSpec(vocabulary_size, scale=embedding_scale),
        tuple(layers),
        0.02,
        final_norm=norm,
        head=None if tied is None else HeadSpec(tied=tied, scale=logits_scale),
    )


def read(
    reader: ConfigReader,
    own: Mapping[str, tuple[str, Any]] | None = None,
    rope: Mapping[str, Any] | None = None,
    **defaults: Any,
) -> dict[str, Any]:
    """The constructor's arguments that all these families have, from their configuration.

    Args:
        reader: of the configuration.
        own: arguments that the family alone has, each with its key there and its default.
        rope: arguments for rotary positions, where layers differ in them; None to read them.
        **defaults: what the family uses when the configuration is silent: `max_sequence_length`,
            and if they are not those of Llama `layer_norm_epsilon`, `tie_word_embeddings`,
            `rope_max_wavelength`; and `partial_rotary_factor`, if it has that argument.
    """
    sizes = {own: reader.get(name, kind=int) for own, name in _SIZES.items()}
    # Falcon 3's word for a gated layer with SiLU, beside hidden_act.
    reader.require("activation", ["swiglu"], "swiglu")
    defaults = {
        "num_key_value_heads": sizes["num_query_heads"],
        "layer_norm_epsilon": 1e-6,
        "attention_dropout": 0.0,
        "tie_word_embeddings": False,
        **defaults,
    }
    wavelength = defaults.pop("rope_max_wavelength", 10_000.0)
    fraction = defaults.pop("partial_rotary_factor", None)
    if rope is None:
        rope = read_rope(reader, default_wavelength=wavelength, default_fraction=fraction)
    options = {own: reader.get(_OPTIONS[own], value) for own, value in defaults.items()}
    return {
        **sizes,
        **options,
        **reader.arguments(own or {}),
        "head_dim": reader.get("head_dim", None, kind=int),
        "activation": reader.require("hidden_act", ACTIVATIONS, "silu"),
        **rope,
    }


def write(
    backbone: Any,
    rope_scaling: Mapping[str, Any] | None,
    renamed: Mapping[str, str] | None = None,
    own: Mapping[str, tuple[str, Any]] | None = None,
) -> dict[str, Any]:
    """The inverse of `read`.

    Args:
        backbone: what has the arguments as attributes.
        rope_scaling: dict or None. The scaling that it computes with.
        renamed: dict. Attributes for which the family has other names.
        own: as `read` takes it.
    """
    names = {**_SIZES, **_OPTIONS, "rope_max_wavelength": ""}
    values = {own: getattr(backbone, (renamed or {}).get(own, own)) for own in names}
    wavelength = values.pop("rope_max_wavelength")
    # For a null some of transformers' families do not compute the usual size.
    config = {names[own]: value for own, value in values.items() if value is not None}
    return {
        **config,
        "hidden_act": NAMES[backbone.activation],
        **write_rope(wavelength, rope_scaling),
        **config_of(backbone, own or {}),
    }


def read_windows(reader: ConfigReader, num_layers: int) -> tuple[int | None, list[int] | None]:
    """Qwen's window and the layers that have it, None for all.

    Raises:
        ValueError: layers are of an unknown type, or have a window without a size.
    """
    uses, size = reader.get("use_sliding_window", False), reader.get("sliding_window", 4096)
    types = reader.get("layer_types", None, kind=list)
    first = reader.get("max_window_layers", 28)
    if types is None:
        types = [WINDOW if uses and i >= first else FULL for i in range(num_layers)]
    if set(types) - {WINDOW, FULL} or len(types) != num_layers:
        raise ValueError(f"layer_types must have the attention of each layer; got {types}.")
    layers = [i for i, kind in enumerate(types) if kind != FULL]
    if layers and not uses:
        raise ValueError("layer_types has layers with a window, but use_sliding_window is false.")
    return (size, None if len(layers) == num_layers else layers) if layers else (None, None)


def write_windows(
    window: int | None, layers: Sequence[int] | None, num_layers: int
) -> dict[str, Any]:
    """The inverse of `read_windows`."""
    types = kinds_by_index(num_layers, [] if window is None else layers)
    config: dict[str, Any] = {"use_sliding_window": window is not None, "layer_types": types}
    if window is None:
        return config
    # What transformers knew before layer_types: the layers from one on.
    first = types.index(WINDOW) if WINDOW in types else num_layers
    return {**config, "sliding_window": window, "max_window_layers": first}


def scaling(
    rope_scaling: Mapping[str, Any] | None,
    linear_factor: float = 1.0,
    llama3: Mapping[str, float | None] | None = None,
) -> Mapping[str, Any] | None:
    """The scaling that is given, or the one that KerasHub's arguments describe.

    Args:
        rope_scaling: dict or None. See `nlpkit.backbones.rope.config`.
        linear_factor: float. Factor of linear scaling; 1.0 for none.
        llama3: dict or None. The numbers of Llama 3.1's scaling, with the keys of `rope_scaling`;
            all of them or none.

    Raises:
        ValueError: several are given.
    """
    described: list[Mapping[str, Any]] = [] if rope_scaling is None else [rope_scaling]
    if linear_factor != 1.0:
        described.append({"rope_type": "linear", "factor": linear_factor})
    if llama3 and any(value is not None for value in llama3.values()):
        described.append({"rope_type": "llama3", **llama3})
    if len(described) > 1:
        raise ValueError(
            f"The arguments for rotary positions ask for several scalings: {described}."
        )
    return described[0] if described else None
