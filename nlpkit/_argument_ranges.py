"""Valid ranges of numeric constructor arguments, by name.

One table serves all classes, so an invalid argument raises the same error, before anything is
computed from it, whether a user or an untrusted file passes it.
"""

import inspect
import types
from collections.abc import Mapping
from functools import cache
from numbers import Integral, Real
from typing import Any, NamedTuple, Union, get_args, get_origin

import numpy as np


class Range(NamedTuple):
    """A range of valid numbers.

    Attributes:
        kind: the type of number.
        least: the minimum.
        most: the maximum; exclusive if `below`.
        below: whether `most` is exclusive.
    """

    kind: type
    least: float
    most: float
    below: bool = False

    def __str__(self) -> str:
        if self == _POSITIVE:
            return f"a positive number, at most {self.most:g}"
        what = "an integer" if self.kind is Integral else "a number"
        most = self.most if isinstance(self.most, int) else f"{self.most:g}"
        return f"{what} from {self.least:g} to {'below ' * self.below}{most}"

    def holds(self, value: Any) -> bool:
        """Whether a number is in the range; NaN is not."""
        return bool(
            self.least <= value and (value < self.most if self.below else value <= self.most)
        )


# Numbers that become neither zero nor infinity in float32, in which they are used.
_SMALLEST, _LARGEST = 1e-37, 1e37
LARGEST_COUNT = 2**31 - 1
MOST_LAYERS = 1000
_LONGEST_WORD = 1000
_FARTHEST = 2**20
_MOST_SENTINELS = 2**16
_COUNT = Range(Integral, 1, LARGEST_COUNT)
_LAYERS = Range(Integral, 1, MOST_LAYERS)
_RATE = Range(Real, 0, 1, below=True)
_POSITIVE = Range(Real, _SMALLEST, _LARGEST)
_PART = Range(Real, 0, 1)
_AMOUNT = Range(Real, 0, _LARGEST)
_COUNTS = """
    bucket_size decoder_intermediate_dim decoder_sparse_step embedding_dim expert_dim
    experts_per_token head_dim hidden_dim input_dim intermediate_dim key_dim key_value_dim
    local_attention max_audio_length max_decoder_sequence_length max_encoder_sequence_length
    max_frames max_position_embeddings max_sequence_length moe_intermediate_dim
    num_attention_heads num_classes num_decoder_heads num_experts num_fft_bins num_heads
    num_key_value_heads num_mels num_query_heads output_dim pretraining_sequence_length
    rope_pretraining_sequence_length sampling_rate sliding_window sliding_window_size top_k
    units vocabulary_size
"""
_POSITIVES = """
    attention_logit_soft_cap attention_multiplier embedding_multiplier epsilon final_logit_soft_cap
    global_rope_scaling_factor head_layer_norm_epsilon kernel_initializer_range layer_norm_epsilon
    local_rope_max_wavelength local_rope_scaling_factor logit_soft_cap logits_scaling max_wavelength
    query_pre_attn_scalar residual_multiplier rope_frequency_adjustment_factor rope_high_freq_factor
    rope_low_freq_factor rope_max_wavelength rope_position_scaling_factor rope_scaling_factor
    rope_theta rotary_max_wavelength scaling_factor soft_cap swiglu_limit
"""
_RATES = """
    activation_dropout attention_dropout attention_dropout_rate dropout embedding_dropout
    feedforward_dropout_rate intermediate_dropout
"""
_AMOUNTS = """
    balance_coefficient jitter router_aux_loss_coef router_aux_loss_coefficient router_jitter_noise
    swiglu_alpha
"""
_NUMBERS = "conv_kernel_size end_segment num_segments pad_segment"
_DEPTHS = "num_decoder_layers num_groups num_inner_repetitions num_layers"
RANGES: Mapping[str, Range] = {
    **dict.fromkeys(_COUNTS.split(), _COUNT),
    **dict.fromkeys(_POSITIVES.split(), _POSITIVE),
    **dict.fromkeys(_AMOUNTS.split(), _AMOUNT),
    **dict.fromkeys(_RATES.split(), _RATE),
    **dict.fromkeys(("partial_rotary_factor", "rotary_percentage"), _PART),
    "num_buckets": Range(Integral, 4, LARGEST_COUNT),
    "max_distance": Range(Integral, 2, _FARTHEST),
    "extra_ids": Range(Integral, 0, _MOST_SENTINELS),
    "max_characters_per_word": Range(Integral, 1, _LONGEST_WORD),
    **dict.fromkeys(_DEPTHS.split(), _LAYERS),
    **dict.fromkeys(_NUMBERS.split(), Range(Integral, 0, LARGEST_COUNT)),
}


def check_arguments(cls: type, given: tuple[Any, ...], named: Mapping[str, Any]) -> None:
    """Check constructor arguments against the ranges for their names.

    Args:
        cls: type. The class being constructed.
        given: tuple. Its positional arguments.
        named: dict. Its keyword arguments.

    Raises:
        TypeError: an argument is not a number, or not a bool where one is required.
        ValueError: an argument is out of range.
    """
    positional, flags = _parameters(cls)
    own: Mapping[str, Range] = getattr(cls, "argument_ranges", {})
    for name, value in (*zip(positional, given, strict=False), *named.items()):
        if allowed := own.get(name) or RANGES.get(name):
            check_range(name, value, allowed)
        elif name in flags and value is not None and not isinstance(value, bool | np.bool_):
            raise TypeError(f"{name} must be True or False; got {value!r:.100}.")


def check_range(name: str, value: object, allowed: Range) -> None:
    """Check that an argument is in its range or, where it means absent, None.

    Raises:
        TypeError: the argument is not a number of the right type.
        ValueError: it is out of range.
    """
    if value is None:
        return
    if isinstance(value, bool | np.bool_) or not isinstance(value, allowed.kind):
        raise TypeError(f"{name} must be {allowed}; got {value!r:.100}.")
    if not allowed.holds(value):
        raise ValueError(f"{name} must be {allowed}; got {name}={value!r:.100}.")


def check_positive(where: str, numbers: Mapping[str, Any]) -> None:
    """Check that numbers are None, or positive and finite, in float32 too.

    Args:
        where: str. The object they belong to, for the error message.
        numbers: dict of numbers by name.

    Raises:
        TypeError: a value is not a number.
        ValueError: a number is not positive; the message names it.
    """
    for name, value in numbers.items():
        check_range(f"{where}.{name}", value, _POSITIVE)


@cache
def _parameters(cls: type) -> tuple[tuple[str, ...], frozenset[str]]:
    """The names of a constructor's positional arguments, and of those annotated as bool."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]  # type: ignore[misc]
    named = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    positional = tuple(p.name for p in parameters if p.kind in named)
    flags: set[str] = set()
    for ancestor in cls.__mro__:
        constructor = vars(ancestor).get("__init__")
        for parameter in inspect.signature(constructor).parameters.values() if constructor else ():
            if _is_flag(parameter.annotation):
                flags.add(parameter.name)
    return positional, frozenset(flags)


def _is_flag(annotation: object) -> bool:
    if get_origin(annotation) in (Union, types.UnionType):
        return set(get_args(annotation)) == {bool, type(None)}
    return annotation is bool
