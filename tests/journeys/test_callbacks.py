"""Keras' callbacks on a task: checkpoints, early stopping, backup, TensorBoard."""

import keras
import numpy as np
import pytest
from tasks.miniature import LABELS, TEXTS, backbone, preprocessor

from nlpkit.models import BertClassifier

EVERY = {"batch_size": 2, "shuffle": False, "verbose": 0, "validation_data": (TEXTS, LABELS)}


# On PyTorch Keras draws masks from the process's one generator, which no file restores.
DROPOUT = 0.0 if keras.backend.backend() == "torch" else 0.3


def compiled_classifier(**options):
    keras.utils.set_random_seed(1)
    model = BertClassifier(
        backbone(dropout=DROPOUT), num_classes=2, preprocessor=preprocessor(), dropout=DROPOUT
    )
    model.compile(
        keras.optimizers.Adam(0.02),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        **options,
    )
    return model


class Interruption(keras.callbacks.Callback):
    """What a power cut does, in the second epoch."""

    def on_train_batch_end(self, batch, logs=None):
        if self.params["epochs"] == 3 and self.model.optimizer.iterations == 4:
            raise KeyboardInterrupt


def test_checkpoints_stopping_and_tensorboard(tmp_path):
    model = compiled_classifier()
    best, weights = tmp_path / "best.keras", tmp_path / "{epoch}.weights.h5"
    callbacks = [
        keras.callbacks.ModelCheckpoint(best, monitor="val_loss", save_best_only=True),
        keras.callbacks.ModelCheckpoint(weights, save_weights_only=True),
        keras.callbacks.EarlyStopping("val_loss", min_delta=100, patience=2),
        keras.callbacks.TensorBoard(tmp_path / "logs", histogram_freq=1),
    ]
    history = model.fit(TEXTS, LABELS, epochs=9, callbacks=callbacks, **EVERY).history
    losses = history["val_loss"]
    assert len(losses) == 3  # The first is never undercut by 100.
    reopened = keras.saving.load_model(best)
    loss = reopened.evaluate(TEXTS, LABELS, batch_size=2, verbose=0)[0]
    np.testing.assert_allclose(loss, min(losses), rtol=1e-5)
    model.load_weights(str(weights).format(epoch=1))
    loss = model.evaluate(TEXTS, LABELS, batch_size=2, verbose=0)[0]
    np.testing.assert_allclose(loss, losses[0], rtol=1e-5)
    for part in ("train", "validation"):
        (events,) = (tmp_path / "logs" / part).iterdir()
        assert b"epoch_loss" in events.read_bytes()


def test_training_resumes_where_it_was_interrupted(tmp_path):
    whole = compiled_classifier()
    whole.fit(TEXTS, LABELS, epochs=3, **EVERY)
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(KeyboardInterrupt):
        compiled_classifier().fit(
            TEXTS, LABELS, epochs=3, callbacks=[backup, Interruption()], **EVERY
        )
    resumed = compiled_classifier()
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    history = resumed.fit(TEXTS, LABELS, epochs=3, callbacks=[backup], **EVERY)
    assert history.epoch == [1, 2]
    assert int(resumed.optimizer.iterations) == int(whole.optimizer.iterations) == 9
    for left, right in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-5)
