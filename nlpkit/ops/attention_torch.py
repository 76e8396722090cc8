"""Attention by PyTorch's fused kernel, in training too."""

from typing import Any

from nlpkit._compat import require

torch: Any = require("torch", "The torch backend")


def attend_torch(
    query: Any,
    key: Any,
    value: Any,
    *,
    scale: float,
    mask: Any = None,
    bias: Any = None,
    dropout: float = 0.0,
) -> Any:
    """Compute `nlpkit.ops.attention.attend` with `scaled_dot_product_attention`.

    The mask is one that `nlpkit.ops.attention.prepare_mask` made.
    """
    query, key, value = (x.transpose(1, 2) for x in (query, key, value))  # B H T D
    grouped = key.shape[1] != query.shape[1]
    output = torch.nn.functional.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=_additive(mask, bias, query.dtype),
        dropout_p=dropout,
        scale=scale,
        enable_gqa=grouped,
    )
    return output.transpose(1, 2)  # B T H D


def _additive(mask: Any, bias: Any, dtype: Any) -> Any:
    parts = [] if mask is None else [mask[:, None]]
    parts += [] if bias is None else [bias.to(dtype)]
    return sum(parts[1:], parts[0]) if parts else None
