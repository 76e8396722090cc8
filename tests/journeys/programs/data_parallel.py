"""Trains on two devices, and reports the losses and what became of the weights."""

import json
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tasks.miniature import LABELS, TEXTS, classifier

RATE, EPOCHS = 0.5, 2


def build():
    model = classifier()
    model.compile(
        keras.optimizers.SGD(RATE),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def fit(model):
    arguments = {"batch_size": 2, "epochs": EPOCHS, "shuffle": False, "verbose": 0}
    losses = model.fit(TEXTS, LABELS, **arguments).history["loss"]
    return {"losses": losses, "weights": [weights.tolist() for weights in model.get_weights()]}


def jax():
    devices = keras.distribution.list_devices("cpu")
    assert len(devices) == 2, devices
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
    model = build()
    report = fit(model)
    (value,) = {len(w.value.sharding.device_set) for w in model.trainable_variables}
    assert value == 2
    return report


def tensorflow():
    import tensorflow as tf

    (device,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(device, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    assert strategy.num_replicas_in_sync == 2
    with strategy.scope():
        return fit(build())


def torch_worker(rank, folder):
    import torch

    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2
    )
    model = build()
    parallel = torch.nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.SGD(parallel.parameters(), lr=RATE)
    losses = []
    for _ in range(EPOCHS):
        total = 0.0
        for i in range(rank, len(TEXTS), 2):  # Of each two texts, one goes to each process.
            features = model.preprocessor(TEXTS[i : i + 1])
            features = {name: torch.as_tensor(x) for name, x in features.items()}
            logits = parallel(features, training=True)
            loss = torch.nn.functional.cross_entropy(logits, torch.tensor(LABELS[i : i + 1]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            torch.distributed.all_reduce(loss)
            total += loss.item() / len(TEXTS)
        losses.append(total)
    if rank == 0:
        weights = [weights.tolist() for weights in model.get_weights()]
        Path(folder, "report").write_text(json.dumps({"losses": losses, "weights": weights}))
    torch.distributed.destroy_process_group()


def torch():
    from torch import multiprocessing

    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.spawn(torch_worker, (folder,), nprocs=2)
        return json.loads(Path(folder, "report").read_text())


if __name__ == "__main__":
    report = globals()[keras.backend.backend()]()
    assert np.isfinite(report["losses"]).all()
    Path(sys.argv[1]).write_text(json.dumps(report))
