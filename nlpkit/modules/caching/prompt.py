"""The prompts of a batch, and the cache that a decoder is to make of them."""

from collections.abc import Mapping

from nlpkit._types import Tensor
from nlpkit.ops.tree import static, tree


@tree
class Prompt:
    """What a decoder runs on before the first new token, and the cache that it then returns.

    Letters: R rows, T tokens.

    Attributes:
        token_ids: int32 `[R, T]`, padded on the left.
        padding_mask: bool `[R, T]`, True = real token.
        reach: int32 `[R]`. The maximum length of each row, what is generated included.
        slots: int, static. The number of tokens per row that the cache has room for, at least T.
        length: int32 scalar. How many of the T columns belong to the prompt, the others being room
            for what is generated; None for all.
        ring: bool, static. Whether layers with a sliding window cache only that window; False for
            a cache that is rolled back or takes several tokens at once.
        all_hidden: bool, static. Whether the hidden states of all tokens are asked for.
        source: a dict of the encoder's inputs, by its own names: of what the decoder attends to
            beside its prompts; None for a model without encoder.
    """

    token_ids: Tensor
    padding_mask: Tensor
    reach: Tensor
    slots: int = static()
    length: Tensor = None
    ring: bool = static(default=True)
    all_hidden: bool = static(default=False)
    source: Mapping[str, Tensor] | None = None

    def ring_of(self, window: int | None) -> int | None:
        """The slots of the ring that a layer with this window has; None: it has all slots."""
        return window if self.ring and window is not None and window < self.slots else None
