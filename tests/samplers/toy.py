"""A decoder small enough to be computed by hand: a token is seen with half the weight of the next.

`logits = tanh(sum over seen tokens of embedding[token] / 2 ** distance) @ head`
"""

import keras
import numpy as np
from keras import ops

from nlpkit.modules.caching.cache import cache_of_prompt
from nlpkit.modules.caching.layer_cache import EmptyKeyValues
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.ops.visibility import positions_of, visibility

WORDS, DIM = 11, 6


class ToyDecoder:
    def __init__(self, seed=0, sharpness=2.0, words=WORDS):
        generator = np.random.default_rng(seed)
        self.embedding = generator.normal(size=(words, DIM)).astype("float32")
        self.head = (generator.normal(size=(DIM, words)) * sharpness).astype("float32")

    def prefill(self, prompt):
        sequence_ids = ops.cast(prompt.padding_mask, "int32")
        positions = positions_of(prompt.padding_mask)
        table = ops.convert_to_tensor(self.embedding)
        values = ops.take(table, prompt.token_ids, axis=0)[:, :, None]
        _, _, layer = EmptyKeyValues(prompt.slots).update(values, values, 0)
        cache = cache_of_prompt(prompt, sequence_ids, positions, [(None, layer)])
        hidden = self._hidden(cache, positions, sequence_ids)
        logits = ops.matmul(hidden[:, -1], self.head)
        return logits, hidden if prompt.all_hidden else hidden[:, -1], cache

    def step(self, token_ids, cache):
        tokens = token_ids.shape[1]
        values = ops.take(ops.convert_to_tensor(self.embedding), token_ids, axis=0)[:, :, None]
        positions = cache.length[:, None] + ops.arange(tokens, dtype="int32")
        index = cache.index
        cache = cache.append(tokens)
        _, _, layer = cache.layers[0].update(values, values, index)
        cache = cache.replace_layers([layer])
        hidden = self._hidden(cache, positions, ops.ones_like(positions))
        return ops.matmul(hidden, self.head), hidden, cache

    def _hidden(self, cache, positions, sequence_ids):
        (slots,) = cache.slots
        key_positions = slots.positions
        seen = visibility(sequence_ids, positions, slots.sequence_ids, key_positions, causal=True)
        distance = ops.cast(positions[:, :, None] - key_positions[:, None, :], "float32")
        weights = ops.where(seen, 0.5 ** ops.maximum(distance, 0.0), 0.0)
        return ops.tanh(ops.einsum("bts,bsd->btd", weights, cache.layers[0].values))

    def log_probs(self, tokens):
        """The log-probabilities of the token after these, in NumPy."""
        logits = self.hidden(tokens) @ self.head.astype("float64")
        logits -= logits.max()
        return logits - np.log(np.exp(logits).sum())

    def hidden(self, tokens):
        weights = 0.5 ** np.arange(len(tokens) - 1, -1, -1)
        return np.tanh(weights @ self.embedding[list(tokens)].astype("float64"))


def left_padded(prompts, width=None):
    """The prompts, in a cache that has no room for more."""
    width = width or max(map(len, prompts))
    rows = [[0] * (width - len(prompt)) + list(prompt) for prompt in prompts]
    mask = [[False] * (width - len(prompt)) + [True] * len(prompt) for prompt in prompts]
    lengths = np.array([len(prompt) for prompt in prompts], "int32")
    ids, mask, reach = (
        ops.convert_to_tensor(x) for x in (np.array(rows, "int32"), np.array(mask), lengths)
    )
    return Prompt(ids, mask, reach, slots=width)


def jitted(function):
    """The function compiled where the backend compiles."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=True)
    return function
