"""A decoder small enough to be computed by hand: a token is seen with half the weight of the next.

`logits = tanh(sum over seen tokens of embedding[token] / 2 ** distance) @ head`
"""

import keras
import numpy as np
from keras import ops

from nlpkit.modules import cache as caches
from nlpkit.ops.visibility import positions_of, visibility

WORDS, DIM = 11, 6


class ToyDecoder:
    def __init__(self, seed=0, sharpness=2.0, words=WORDS):
        generator = np.random.default_rng(seed)
        self.embedding = generator.normal(size=(words, DIM)).astype("float32")
        self.head = (generator.normal(size=(DIM, words)) * sharpness).astype("float32")

    def prefill(self, token_ids, padding_mask, slots, *, reach=None, all_hidden=False, ring=True):
        sequence_ids = ops.cast(padding_mask, "int32")
        positions = positions_of(padding_mask)
        values = ops.take(ops.convert_to_tensor(self.embedding), token_ids, axis=0)[:, :, None]
        pairs = [(caches.ALL, (values, values))]
        reach = ops.sum(sequence_ids, axis=1) if reach is None else reach
        cache = caches.make(pairs, sequence_ids, positions, reach, slots)
        hidden = self._hidden(cache, positions, sequence_ids)
        logits = ops.matmul(hidden[:, -1], self.head)
        return logits, hidden if all_hidden else hidden[:, -1], cache

    def step(self, token_ids, cache):
        tokens = token_ids.shape[1]
        values = ops.take(ops.convert_to_tensor(self.embedding), token_ids, axis=0)[:, :, None]
        positions = cache["length"][:, None] + ops.arange(tokens, dtype="int32")
        index = cache["index"]
        cache = caches.append(cache, tokens)
        pair = caches.write(cache["layers"][0], values, values, index)
        cache = caches.replace_layers(cache, [pair])
        hidden = self._hidden(cache, positions, ops.ones_like(positions))
        return ops.matmul(hidden, self.head), hidden, cache

    def _hidden(self, cache, positions, sequence_ids):
        key_positions = cache["positions"][caches.ALL]
        seen = visibility(
            sequence_ids, positions, cache["sequence_ids"][caches.ALL], key_positions, causal=True
        )
        distance = ops.cast(positions[:, :, None] - key_positions[:, None, :], "float32")
        weights = ops.where(seen, 0.5 ** ops.maximum(distance, 0.0), 0.0)
        return ops.tanh(ops.einsum("bts,bsd->btd", weights, cache["layers"][0][1]))

    def log_probs(self, tokens):
        """The log-probabilities of the token after these, in NumPy."""
        logits = self.hidden(tokens) @ self.head.astype("float64")
        logits -= logits.max()
        return logits - np.log(np.exp(logits).sum())

    def hidden(self, tokens):
        weights = 0.5 ** np.arange(len(tokens) - 1, -1, -1)
        return np.tanh(weights @ self.embedding[list(tokens)].astype("float64"))


def left_padded(prompts, width=None):
    """int32 tokens and bool mask `[R, T]`."""
    width = width or max(map(len, prompts))
    rows = [[0] * (width - len(prompt)) + list(prompt) for prompt in prompts]
    mask = [[False] * (width - len(prompt)) + [True] * len(prompt) for prompt in prompts]
    return {
        "token_ids": ops.convert_to_tensor(np.array(rows, "int32")),
        "padding_mask": ops.convert_to_tensor(np.array(mask)),
    }


def jitted(function):
    """The function compiled where the backend compiles."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=True)
    return function
