"""Log-probabilities of given texts."""

from typing import Any

import numpy as np
from keras import ops

from nlpkit._progress import ProgressBar
from nlpkit.tasks.prompts import padded, read_prompts


def score(model: Any, inputs: Any, batch_size: int, verbose: int | str) -> list[np.ndarray]:
    """Compute `CausalLM.score`.

    The logits go through a stable log-softmax in float32; of each text those of its own tokens are
    returned.
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
