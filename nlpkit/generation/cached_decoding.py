"""Decoding with a key/value cache: the interface of `CausalLM` to samplers."""

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

from nlpkit._types import Cache, Tensor
from nlpkit.modules.caching.cache import KeyValueCache, array_of_cache, cache_of_array
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.ops.tree import replaced


class CachedDecoding:
    """The part of `CausalLM` that runs on some tokens and caches their keys and values."""

    backbone: Any
    generate: Any
    generate_function: Callable[..., Any] | None = None

    def call_with_cache(
        self, token_ids: Tensor, cache: Cache, cache_update_index: Tensor
    ) -> tuple[Any, Any, Any]:
        """Run on tokens that attend to those in a cache.

        `generate` calls this method for every token, so a subclass can override it, e.g. to change
        the logits. The cache is then one made by `generate`, and the logits after a prompt are
        those of its last token.

        Args:
            token_ids: int `[batch, t]`.
            cache: float `[batch, layers, 2, slots, key_value_heads, head_dim]`, of keys and values,
                zeros at first; or the cache made by `generate`, for which its `Prompt` stands at
                first.
            cache_update_index: int or int32 scalar. The number of tokens in the cache, which is the
                position of the first of `token_ids`, in all rows.

        Returns:
            A tuple of logits, float32 `[batch, t, vocabulary_size]`, hidden states
            `[batch, t, hidden_dim]` and the new cache.
        """
        if isinstance(cache, Prompt):
            hidden, filled = self.backbone.prefill(replaced(cache, token_ids=token_ids))
            return self._next_logits(hidden[:, -1:]), hidden, filled
        if isinstance(cache, KeyValueCache):
            hidden, filled = self.backbone.step(token_ids, cache)
            return self._next_logits(hidden), hidden, filled
        cache = ops.convert_to_tensor(cache)
        token_ids = ops.convert_to_tensor(token_ids, dtype="int32")
        hidden, filled = self.backbone.step(token_ids, cache_of_array(cache, cache_update_index))
        return self._next_logits(hidden), hidden, array_of_cache(filled, cache.shape[4])

    def prefill(self, prompt: Prompt) -> tuple[Any, Any, KeyValueCache]:
        """Run on prompts; see `nlpkit.samplers.loop.decoder.Decoder`."""
        logits, hidden, cache = self.call_with_cache(prompt.token_ids, prompt, 0)
        return logits[:, -1], hidden if prompt.all_hidden else hidden[:, -1], cache

    def step(self, token_ids: Tensor, cache: KeyValueCache) -> tuple[Any, Any, KeyValueCache]:
        """Run on the next tokens, `[batch, t]`; see `nlpkit.samplers.loop.decoder.Decoder`."""
        return self.call_with_cache(token_ids, cache, cache.index)

    def generate_step(
        self, inputs: dict[str, Any], stop_token_ids: Sequence[int] | None = None
    ) -> dict[str, Any]:
        """Continue one batch of ids up to the width of the array, as `generate` does.

        Args:
            inputs: dict of `token_ids` int and `padding_mask` bool, `[batch, seq]`.
            stop_token_ids: ints. Tokens that end a text; None for none.

        Returns:
            dict of the same shapes; stop tokens are not part of a text.
        """
        ended: dict[str, Any] = self.generate(inputs, stop_token_ids=stop_token_ids)
        return ended

    def make_generate_function(self) -> Callable[..., Any]:
        """Make the function that continues a batch, also stored as `generate_function`.

        Loops are compiled at the first call with each batch shape, and again after `compile`,
        which resets `generate_function` to None.
        """
        if self.generate_function is None:
            self.generate_function = self.generate_step
        return self.generate_function

    def _next_logits(self, hidden: Tensor) -> Any:
        """The logits as float32, -inf for ids that the tokenizer does not have."""
        raise NotImplementedError
