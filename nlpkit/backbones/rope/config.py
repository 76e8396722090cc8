"""Rotary position embeddings in Hugging Face configurations and in constructor arguments.

A backbone takes `rope_max_wavelength`, a float, and `rope_scaling`, None or a dict with the keys of
transformers:

- "rope_type": "linear" with "factor";
- "llama3" with "factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings";
- "yarn" with "factor", "original_max_position_embeddings", and optionally "attention_factor" (or
  "mscale" and "mscale_all_dim"), "beta_fast", "beta_slow", "truncate";
- "longrope" with "short_factor", "long_factor", "original_max_position_embeddings", and "factor" or
  "attention_factor".

"dynamic" is not supported: its angles depend on the longest sequence of a batch, so the answer for
a text would depend on the rest of the batch, and cached keys would be rotated by other angles than
new ones.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, cast

from nlpkit._argument_ranges import check_positive
from nlpkit.backbones.rope.scaling import (
    LinearScaling,
    Llama3Scaling,
    LongRopeScaling,
    RopeScaling,
    YarnScaling,
)
from nlpkit.presets.layouts.config_reader import ConfigReader

_LENGTH = "original_max_position_embeddings"
_FRACTION = "partial_rotary_factor"
_LAYER_TYPES = ("full_attention", "sliding_attention")
# The names of older files.
_RENAMED = {"su": "longrope"}


def make_scaling(scaling: Mapping[str, Any] | None) -> RopeScaling | None:
    """Parse a `rope_scaling` argument; None is no scaling.

    Raises:
        ValueError: its type is unknown, or a key is missing, unknown or of the wrong type, or a
            number is not positive.
    """
    if scaling is None:
        return None
    reader = ConfigReader(scaling, "rope_scaling")
    makers: Mapping[str, Any] = {**_MAKERS, "default": lambda _: None}
    made = reader.require("rope_type", makers)(reader)
    reader.finish()
    if made is not None:
        _check_positive(made)
    return cast(RopeScaling | None, made)


def _check_positive(scaling: RopeScaling) -> None:
    for name, value in vars(scaling).items():
        numbers = value if isinstance(value, tuple) else [value]
        for number in numbers if not isinstance(value, bool) else ():
            check_positive("rope_scaling", {name: number})
    if isinstance(scaling, Llama3Scaling):
        low, high = scaling.low_frequency_factor, scaling.high_frequency_factor
        if not low < high:
            raise ValueError(
                f"rope_scaling.low_freq_factor must be less than high_freq_factor; got {low} and "
                f"{high}."
            )


def read_rope(
    reader: ConfigReader,
    *,
    default_wavelength: float = 10_000.0,
    default_fraction: float | None = None,
    wavelength_key: str = "rope_theta",
    fraction_key: str = "partial_rotary_factor",
) -> dict[str, Any]:
    """Read the rotary settings of a model whose layers all have the same.

    Understands `rope_parameters` of transformers 5 and the older `rope_theta` with `rope_scaling`.

    Args:
        reader: of the configuration.
        default_wavelength: the family's value if the configuration has none.
        default_fraction: likewise for the fraction of a head that is rotated; None if the family
            always rotates whole heads, so that any other fraction is an error.
        wavelength_key, fraction_key: the names of the two in older files of the family.

    Returns:
        `rope_max_wavelength`, `rope_scaling` and, with a `default_fraction`,
        `partial_rotary_factor`. `make_scaling` accepts the `rope_scaling` as it is.

    Raises:
        ValueError: a key is missing or unknown, or two contradict each other.
    """
    parameters = _parameters(reader)
    _require_flat(parameters)
    fraction = _pop(parameters, _FRACTION, reader, fraction_key, default_fraction or 1.0)
    if default_fraction is None and fraction != 1.0:
        raise ValueError(
            f"This family rotates whole heads; got {_FRACTION}={fraction} in the configuration."
        )
    wavelength = _pop(parameters, "rope_theta", reader, wavelength_key, default_wavelength)
    arguments = {
        "rope_max_wavelength": wavelength,
        "rope_scaling": _complete(reader, parameters),
    }
    return arguments if default_fraction is None else {**arguments, _FRACTION: fraction}


def read_rope_by_layer_type(
    reader: ConfigReader, default_wavelengths: Mapping[str, float]
) -> dict[str, dict[str, Any]]:
    """Read the rotary settings of a model with two kinds of layers, such as Gemma 3.

    Understands `rope_parameters` nested by layer type, and the older `rope_theta` with
    `rope_scaling` for full attention and `rope_local_base_freq` for windows.

    Args:
        reader: of the configuration.
        default_wavelengths: the family's values if the configuration has none, for
            "full_attention" and "sliding_attention".

    Returns:
        for each of the two, `rope_max_wavelength` and `rope_scaling`.
    """
    parameters = _parameters(reader)
    if not parameters.keys() & set(_LAYER_TYPES):
        # The older files scale the layers of full attention only.
        parameters = {"full_attention": parameters}
    unknown = parameters.keys() - set(_LAYER_TYPES)
    if unknown:
        raise ValueError(f"rope_parameters has unknown layer types {sorted(unknown)}.")
    keys = {"full_attention": "rope_theta", "sliding_attention": "rope_local_base_freq"}
    read = {}
    for kind, default in default_wavelengths.items():
        own = dict(parameters.get(kind) or {})
        wavelength = _pop(own, "rope_theta", reader, keys[kind], default)
        read[kind] = {
            "rope_max_wavelength": wavelength,
            "rope_scaling": _complete(reader, own),
        }
    return read


def write_rope(max_wavelength: float, scaling: Mapping[str, Any] | None) -> dict[str, Any]:
    """The inverse of `read_rope`, in the older form, which all versions of transformers read."""
    config: dict[str, Any] = {"rope_theta": max_wavelength}
    if scaling is not None:
        config["rope_scaling"] = dict(scaling)
        if _LENGTH in scaling:
            # Phi-3's configuration has its own, which takes precedence.
            config[_LENGTH] = scaling[_LENGTH]
    return config


def write_rope_by_layer_type(
    rope: Mapping[str, tuple[float, Mapping[str, Any] | None]],
) -> dict[str, Any]:
    """The inverse of `read_rope_by_layer_type`: in the older form, unless windows are scaled too.

    Args:
        rope: the base of the frequencies and the scaling, for each of the two kinds of layers.
    """
    local_wavelength, local_scaling = rope["sliding_attention"]
    if local_scaling is None:
        config = write_rope(*rope["full_attention"])
        return {**config, "rope_local_base_freq": local_wavelength}
    return write_nested_rope(rope)


def write_nested_rope(
    rope: Mapping[str, tuple[float, Mapping[str, Any] | None]],
) -> dict[str, Any]:
    """Write `rope_parameters` nested by layer type; see `write_rope_by_layer_type`."""
    parameters = {
        kind: {"rope_theta": wavelength, **(scaling or {"rope_type": "default"})}
        for kind, (wavelength, scaling) in rope.items()
    }
    return {"rope_parameters": parameters}


def _parameters(reader: ConfigReader) -> dict[str, Any]:
    new, old = (reader.get(key, None, kind=dict) for key in ("rope_parameters", "rope_scaling"))
    if new and old and new != old:
        raise ValueError(
            f"rope_parameters and rope_scaling differ; keep one of them. Got {new} and {old}."
        )
    return dict(new or old or {})


def _require_flat(parameters: dict[str, Any]) -> None:
    nested = sorted(name for name, value in parameters.items() if isinstance(value, Mapping))
    if nested:
        raise ValueError(
            f"This family has the same rotary positions in all layers; rope_parameters are given "
            f"for {nested}."
        )


def _pop(
    parameters: dict[str, Any], name: str, reader: ConfigReader, key: str, default: float
) -> float:
    """A number that transformers 5 keeps among the parameters, older versions beside them."""
    beside = reader.get(key, default, kind=float)
    value = parameters.pop(name, None)
    return float(beside if value is None else value)


def _complete(reader: ConfigReader, parameters: dict[str, Any]) -> dict[str, Any] | None:
    """The parameters with what transformers takes from elsewhere in the configuration."""
    scaling = {name: value for name, value in parameters.items() if value is not None}
    old_name = scaling.pop("type", "default")
    kind = scaling.setdefault("rope_type", old_name)
    scaling["rope_type"] = kind = _RENAMED.get(kind, kind)
    if kind in ("llama3", "yarn", "longrope"):
        if reader.has(_LENGTH) or _LENGTH not in scaling:
            key = _LENGTH if reader.has(_LENGTH) else "max_position_embeddings"
            scaling[_LENGTH] = reader.get(key, kind=int)
        if "factor" not in scaling and kind != "llama3":
            context = reader.get("max_position_embeddings", kind=int)
            check_positive("rope_scaling", {_LENGTH: scaling[_LENGTH]})
            scaling["factor"] = context / scaling[_LENGTH]
    reader.ignore(_LENGTH)
    return None if make_scaling(scaling) is None else scaling


def _linear(reader: ConfigReader) -> LinearScaling:
    return LinearScaling(reader.get("factor", kind=float))


def _llama3(reader: ConfigReader) -> Llama3Scaling:
    return Llama3Scaling(
        factor=reader.get("factor", kind=float),
        low_frequency_factor=reader.get("low_freq_factor", kind=float),
        high_frequency_factor=reader.get("high_freq_factor", kind=float),
        original_length=reader.get(_LENGTH, kind=int),
    )


def _yarn(reader: ConfigReader) -> YarnScaling:
    factor = reader.get("factor", kind=float)
    scales = [reader.get(key, 0.0, kind=float) for key in ("mscale", "mscale_all_dim")]
    numerator, denominator = scales if all(scales) else (1.0, 0.0)
    growth = 0.1 * math.log(max(factor, 1.0))
    default = (numerator * growth + 1) / (denominator * growth + 1)
    return YarnScaling(
        factor=factor,
        original_length=reader.get(_LENGTH, kind=int),
        attention_factor=reader.get("attention_factor", default, kind=float),
        # transformers treats zero as absent.
        beta_fast=reader.get("beta_fast", 32.0, kind=float) or 32.0,
        beta_slow=reader.get("beta_slow", 1.0, kind=float) or 1.0,
        truncate=reader.get("truncate", True),
    )


def _longrope(reader: ConfigReader) -> LongRopeScaling:
    length = reader.get(_LENGTH, kind=int)
    factor = reader.get("factor", None, kind=float)
    attention_factor = reader.get("attention_factor", None, kind=float)
    if attention_factor is None:
        if factor is None:
            raise ValueError('rope_scaling "longrope" needs a factor or an attention_factor.')
        growth = math.log(max(factor, 1.0)) / math.log(max(length, 2))
        attention_factor = math.sqrt(1 + growth)
    return LongRopeScaling(
        short_factor=_numbers(reader, "short_factor"),
        long_factor=_numbers(reader, "long_factor"),
        original_length=length,
        attention_factor=attention_factor,
    )


def _numbers(reader: ConfigReader, key: str) -> tuple[float, ...]:
    values = reader.get(key, kind=list)
    if not all(isinstance(value, int | float) for value in values):
        raise ValueError(f"{key} must be a list of numbers; got {values}.")
    return tuple(map(float, values))


_MAKERS: dict[str, Callable[[ConfigReader], RopeScaling]] = {
    "linear": _linear,
    "llama3": _llama3,
    "yarn": _yarn,
    "longrope": _longrope,
}
