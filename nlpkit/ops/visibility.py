"""Attention masks from positions and sequence ids.

A token may attend to another if both have the same sequence id and, in causal attention, the other
is not later and, with a window, less than a window away. Sequence id 0 is padding, n the n-th
packed example of a row. Padding on either side, packed rows and cached decoding follow one rule;
padding attends to padding, so no row of the mask is empty.

Letters: B batch, T queries, S keys.
"""

from typing import Any

from keras import ops

from nlpkit._types import Tensor


def positions_of(padding_mask: Tensor) -> Any:
    """Number the real tokens of each row, wherever padding is: bool -> int32 `[B, T]`."""
    return ops.maximum(ops.cumsum(ops.cast(padding_mask, "int32"), axis=1) - 1, 0)


def positions_in_sequences(sequence_ids: Tensor) -> Any:
    """Number the tokens of each packed example: int32 `[B, T]` -> int32 `[B, T]`."""
    index = ops.arange(ops.shape(sequence_ids)[1])
    earlier = index[:, None] > index[None, :]  # T T
    same = ops.equal(sequence_ids[:, :, None], sequence_ids[:, None, :])  # B T T
    return ops.sum(ops.cast(ops.logical_and(same, earlier), "int32"), axis=-1)


def visibility(
    sequence_ids: Tensor,
    positions: Tensor,
    key_sequence_ids: Tensor = None,
    key_positions: Tensor = None,
    *,
    causal: bool = False,
    window: int | None = None,
) -> Any:
    """Compute the attention mask.

    Args:
        sequence_ids: int tensor `[B, T]`, of the queries.
        positions: int tensor `[B, T]`, of the queries.
        key_sequence_ids: int tensor `[B, S]`; None for self-attention.
        key_positions: int tensor `[B, S]`; None for self-attention.
        causal: bool. Whether a token may not attend to later ones.
        window: int. A token may attend only to those less than this many positions away.

    Returns:
        bool tensor `[B, T, S]`; True = may attend.
    """
    key_sequence_ids = sequence_ids if key_sequence_ids is None else key_sequence_ids
    key_positions = positions if key_positions is None else key_positions
    mask = ops.equal(sequence_ids[:, :, None], key_sequence_ids[:, None, :])
    distance = positions[:, :, None] - key_positions[:, None, :]
    if causal:
        mask = ops.logical_and(mask, distance >= 0)
    if window is not None:
        mask = ops.logical_and(mask, ops.abs(distance) < window)
    return mask
