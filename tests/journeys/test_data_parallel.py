"""Two devices, each with half of every batch, learn what one learns."""

import keras
import numpy as np
from journeys.fresh_process import run
from tasks.miniature import LABELS, TEXTS, classifier


def test_two_devices_come_to_what_one_comes_to(tmp_path):
    # Without the haste of the other tests: what XLA optimizes comes to the same.
    flags = "--xla_force_host_platform_device_count=2"
    report = run("data_parallel.py", tmp_path, XLA_FLAGS=flags)
    model = classifier()
    model.compile(
        keras.optimizers.SGD(0.5),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    history = model.fit(TEXTS, LABELS, batch_size=2, epochs=2, shuffle=False, verbose=0).history
    np.testing.assert_allclose(report["losses"], history["loss"], rtol=1e-4)
    for left, right in zip(report["weights"], model.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-5)
