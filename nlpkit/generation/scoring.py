"""Scoring: log-probabilities, logits and losses of given texts."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from nlpkit._progress import ProgressBar
from nlpkit._types import Tensor
from nlpkit.generation.prompts import padded, read_prompts


class Scoring:
    """The part of `CausalLM` that scores texts."""

    backbone: Any
    _logits: Any

    def score(
        self,
        inputs: Tensor = None,
        batch_size: int = 32,
        verbose: int | str = "auto",
        *,
        token_ids: Tensor = None,
        padding_mask: Tensor = None,
        scoring_mode: str = "logits",
        layer_intercept_fn: Callable[[Any, int], Any] | None = None,
        target_ids: Tensor = None,
    ) -> Any:
        """Compute the log-probability of each token, given those before it.

        With `token_ids` in place of `inputs`, compute logits or losses of preprocessed texts, with
        KerasHub's arguments.

        Args:
            inputs: str, list of str, or a list of lists of ids.
            batch_size: int. The number of texts per batch.
            verbose: int or str. Whether to show a progress bar, as in `generate`.
            token_ids: int `[batch, seq]`.
            padding_mask: bool `[batch, seq]`, True = real token; None for all.
            scoring_mode: str. "logits" of each next token, or "loss", the cross-entropy of
                `target_ids`.
            layer_intercept_fn: function of hidden states `[batch, seq, hidden_dim]` and a layer's
                number (-1 for the embeddings) that returns their replacement.
            target_ids: int `[batch, seq]`. The next tokens, for "loss".

        Returns:
            list of float32 arrays, for each text the log-probabilities of its tokens from the
            second on, including special tokens. For `token_ids`, a float32 tensor of logits
            `[batch, seq, vocabulary_size]` or losses `[batch, seq]`.

        Raises:
            ValueError: `inputs` and `token_ids` are both given or both missing, `scoring_mode` is
                unknown, or `target_ids` is missing for a loss.
        """
        if (inputs is None) == (token_ids is None):
            raise ValueError("Either inputs or token_ids must be given; got both or neither.")
        if inputs is not None:
            return _log_probabilities(self, inputs, batch_size, verbose)
        if scoring_mode not in ("logits", "loss"):
            raise ValueError(f'scoring_mode must be "logits" or "loss"; got {scoring_mode!r}.')
        if scoring_mode == "loss" and target_ids is None:
            raise ValueError('scoring_mode="loss" needs target_ids, the next tokens; got None.')
        features = {"token_ids": token_ids, "padding_mask": padding_mask}
        hidden = self.backbone(features, layer_intercept_fn=layer_intercept_fn)
        logits = ops.cast(self._logits(hidden), "float32")
        if scoring_mode == "logits":
            return logits
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")
        return loss(target_ids, logits)


def _log_probabilities(
    model: keras.Model, inputs: Tensor, batch_size: int, verbose: int | str
) -> list[np.ndarray]:
    """Compute the log-probabilities of each text's own tokens, in batches.

    The logits go through a numerically stable log-softmax in float32.
    """
    limit = model.backbone.max_positions or 2**31 - 1
    rows = read_prompts(inputs, model, longest=limit, truncation="error").rows
    bar = ProgressBar(len(rows), "text", verbose)
    scores: list[np.ndarray] = []
    for first in range(0, len(rows), batch_size):
        batch = rows[first : first + batch_size]
        features = padded(batch)
        with model.between_steps():
            logits = ops.cast(ops.convert_to_tensor(model(features)), "float32")[:, :-1]
        following = ops.convert_to_tensor(features["token_ids"][:, 1:, None])
        picked = ops.take_along_axis(ops.log_softmax(logits, axis=-1), following, axis=-1)
        found = ops.convert_to_numpy(picked)[:, :, 0]
        scores += [row[: len(ids) - 1] for row, ids in zip(found, batch, strict=True)]
        bar.update(len(scores))
    bar.finish(len(scores))
    return scores
