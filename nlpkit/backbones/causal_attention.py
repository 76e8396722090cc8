"""The attention of decoders whose heads divide the hidden size."""

from typing import Any

from nlpkit.backbones.spec import AttentionSpec


def causal_attention(
    hidden_dim: int,
    num_heads: int,
    num_key_value_heads: int | None = None,
    *,
    use_bias: bool,
    dropout: float,
    heads: str = "num_heads",
    **further: Any,
) -> AttentionSpec:
    """Describe causal attention with heads of size `hidden_dim / num_heads`.

    Args:
        hidden_dim: int. Hidden size.
        num_heads: int. Number of query heads.
        num_key_value_heads: int or None. Number of key and value heads; None for as many.
        use_bias: bool. Whether all projections have biases.
        dropout: float. Dropout rate of the attention weights.
        heads: str. What the family calls `num_heads`, for the error message.
        **further: other attributes of `AttentionSpec`.

    Raises:
        ValueError: `num_heads` does not divide `hidden_dim`.
    """
    if num_heads < 1 or hidden_dim % num_heads:
        raise ValueError(
            f"{heads} must divide hidden_dim; got {heads}={num_heads}, hidden_dim={hidden_dim}."
        )
    head_dim = hidden_dim // num_heads
    return AttentionSpec(
        num_heads=num_heads,
        num_key_value_heads=num_heads if num_key_value_heads is None else num_key_value_heads,
        head_dim=head_dim,
        scale=head_dim**-0.5,
        input_bias=use_bias,
        output_bias=use_bias,
        causal=True,
        dropout=dropout,
        **further,
    )
