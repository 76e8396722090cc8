"""The rules of timestamps are those of transformers."""

import numpy as np
import pytest
from keras import ops

from nlpkit.samplers.loop.timestamps import obey_timestamps

FIRST, STOP, WORDS, PROMPT = 14, 9, 24, 3
# What was generated: nothing, text, a start, and segments that are open, closed and repeated.
TEXTS = [
    [[]] * 4,
    [[15], [14], [23], [16]],
    [[15, 3], [14, 3], [14, 9], [15, 2]],
    [[15, 3, 17], [14, 3, 4], [14, 3, 23], [15, 3, 16]],
    [[15, 3, 17, 17], [14, 3, 15, 18], [15, 3, 3, 18], [14, 3, 16, 9]],
    [[15, 3, 17, 17, 4], [14, 3, 15, 15, 4], [15, 3, 18, 20, 4], [14, 3, 16, 16, 5]],
]


@pytest.mark.parametrize("generated", TEXTS, ids=lambda x: f"after_{len(x[0])}")
@pytest.mark.parametrize("times", [0.0, 3.0], ids=["by_text", "by_times"])
def test_what_may_come_next_is_what_transformers_allows(generated, times):
    import torch
    from transformers import GenerationConfig
    from transformers.generation.logits_process import WhisperTimeStampLogitsProcessor

    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, (len(generated), WORDS)).astype("float32")
    logits[:, FIRST:] += times
    ids = np.array([[20] * PROMPT + row for row in generated], "int32")
    config = GenerationConfig(
        no_timestamps_token_id=FIRST - 1, eos_token_id=STOP, max_initial_timestamp_index=2
    )
    theirs = WhisperTimeStampLogitsProcessor(config, begin_index=PROMPT)
    expected = theirs(torch.tensor(ids), torch.tensor(logits)).numpy()
    count = np.full(len(ids), len(generated[0]), "int32")
    held = np.pad(ids, ((0, 0), (0, 2)))
    found = obey_timestamps(
        ops.convert_to_tensor(logits),
        ops.convert_to_tensor(np.array([FIRST, STOP, 2], "int32")),
        token_ids=ops.convert_to_tensor(held),
        end=ops.convert_to_tensor(count + PROMPT),
        count=ops.convert_to_tensor(count),
    )
    np.testing.assert_array_equal(ops.convert_to_numpy(found), expected)
