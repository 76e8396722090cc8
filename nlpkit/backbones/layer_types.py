"""Which layers of a decoder have a window, as Hugging Face's configurations list it."""

from collections.abc import Sequence
from dataclasses import replace

from nlpkit.backbones.spec import AttentionSpec, RopeSpec

WINDOW, FULL = "sliding_attention", "full_attention"


def kinds_of_layers(
    num_layers: int, has_windows: bool, layer_types: Sequence[str] | None, period: int
) -> list[str]:
    """The kind of attention of each layer, `WINDOW` or `FULL`.

    Args:
        num_layers: int. Number of layers.
        has_windows: bool. Whether any has a window.
        layer_types: what the kinds are, or None: all have a window but every `period`-th.
        period: int. See there.

    Raises:
        ValueError: `layer_types` has another length, or another kind.
    """
    kinds = layer_types
    if kinds is None:
        kinds = [FULL if (i + 1) % period == 0 else WINDOW for i in range(num_layers)]
    if len(kinds) != num_layers or set(kinds) - {WINDOW, FULL}:
        raise ValueError(
            f"layer_types must have {WINDOW!r} or {FULL!r} for each of the {num_layers} layers; "
            f"got {list(kinds)}."
        )
    return list(kinds) if has_windows else [FULL] * num_layers


def kinds_by_index(num_layers: int, window_layers: Sequence[int] | None) -> list[str]:
    """The kind of attention of each layer, where those with a window are listed.

    Args:
        num_layers: int. Number of layers.
        window_layers: ints or None. Indices of the layers with the window; None for all.

    Raises:
        ValueError: there is no such layer.
    """
    chosen = range(num_layers) if window_layers is None else window_layers
    if not all(0 <= i < num_layers for i in chosen):
        raise ValueError(f"window_layers must lie in [0, {num_layers}); got {list(chosen)}.")
    return [WINDOW if i in chosen else FULL for i in range(num_layers)]


def attentions_of_layers(
    full: AttentionSpec, kinds: Sequence[str], window: int | None, rope: RopeSpec | None = None
) -> list[AttentionSpec]:
    """Describe the attention of each layer.

    Args:
        full: that of layers without a window.
        kinds: see `kinds_of_layers`.
        window: int. Number of tokens that a token attends to in the others; None for no limit.
        rope: the rotary positions of the others; None for the same.
    """
    sliding = replace(full, window=window, rope=rope or full.rope)
    return [sliding if kind == WINDOW else full for kind in kinds]
