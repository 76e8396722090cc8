"""The interface of models to samplers."""

from typing import Any, Protocol

from nlpkit._types import Cache, Tensor
from nlpkit.modules.caching.prompt import Prompt


class Decoder(Protocol):
    """A model that samplers generate with; both methods are pure functions of tensors.

    Letters: R rows, T tokens of the prompts, t new tokens, V vocabulary.

    The cache is a `nlpkit.ops.tree.tree` with a method `take_rows`, which takes int32 `[R']`, the
    number of the row that each row of another cache is.
    """

    def prefill(self, prompt: Prompt) -> tuple[Any, Any, Cache]:
        """Logits `[R, V]` after the prompts, hidden states `[R, dim]`, and a cache.

        The hidden states are those of all tokens, `[R, T, dim]`, if the prompt asks for these.
        """

    def step(self, token_ids: Tensor, cache: Cache) -> tuple[Any, Any, Cache]:
        """Logits `[R, t, V]` and hidden states after t more tokens per row, and the new cache."""
