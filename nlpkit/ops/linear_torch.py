"""The affine map by PyTorch's fused kernel."""

from typing import Any

from nlpkit._compat import require

torch: Any = require("torch", "The torch backend")


def linear(inputs: Any, kernel: Any, bias: Any) -> Any:
    """Compute `inputs kernel + bias`: `[..., in]`, `[in, out]`, `[out]` -> `[..., out]`."""
    return torch.nn.functional.linear(inputs, kernel.t(), bias)
