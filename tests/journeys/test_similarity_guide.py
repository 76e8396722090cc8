"""KerasHub's guide to semantic similarity: a classifier of pairs of sentences."""

import keras
import numpy as np
import pytest

import nlpkit as keras_hub

tf = pytest.importorskip("tensorflow")

PRESET = "bert_nano_en_uncased_sst2"
PREMISES = ["A man eats soup.", "A dog runs in the snow.", "Two girls sing.", "A boat is red."]
HYPOTHESES = [
    "Someone eats.",
    "The animal sleeps.",
    "They are on a stage.",
    "The boat has a color.",
]
SAMPLES = {"hypothesis": HYPOTHESES * 2, "premise": PREMISES * 2, "label": [0, 2, 1, -1] * 2}


def split_labels(sample):
    return (sample["hypothesis"], sample["premise"]), sample["label"]


@pytest.fixture(scope="module")
def train_ds():
    return (
        tf.data.Dataset.from_tensor_slices(SAMPLES)
        .filter(lambda sample: sample["label"] >= 0)
        .map(split_labels, num_parallel_calls=tf.data.AUTOTUNE)
        .batch(3)
    )


class TriangularSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises, then falls to zero."""

    def __init__(self, rate, warmup, total):
        self.rate = rate
        self.warmup = warmup
        self.total = total

    def get_config(self):
        return {"rate": self.rate, "warmup": self.warmup, "total": self.total}

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        rising = self.rate * step / self.warmup
        falling = self.rate * (self.total - step) / (self.total - self.warmup)
        return keras.ops.maximum(keras.ops.minimum(rising, falling), 0.0)


def test_pairs_are_learned_saved_and_reopened(train_ds, tmp_path):
    bert_classifier = keras_hub.models.BertClassifier.from_preset(
        PRESET, num_classes=3, sequence_length=32, load_head=False
    )
    epochs = 3
    total_steps = sum(1 for _ in train_ds.as_numpy_iterator()) * epochs
    bert_classifier.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=keras.optimizers.AdamW(TriangularSchedule(1e-3, 1, total_steps)),
        metrics=["accuracy"],
    )
    history = bert_classifier.fit(train_ds, validation_data=train_ds, epochs=epochs).history
    assert np.isfinite(history["loss"] + history["val_loss"]).all()
    assert history["val_loss"][-1] < history["val_loss"][0]

    bert_classifier.save(tmp_path / "bert_classifier.keras")
    restored_model = keras.models.load_model(
        tmp_path / "bert_classifier.keras",
        custom_objects={"TriangularSchedule": TriangularSchedule},
    )
    np.testing.assert_allclose(
        restored_model.evaluate(train_ds), bert_classifier.evaluate(train_ds), rtol=1e-5
    )
    sample = tf.data.Dataset.from_tensor_slices(SAMPLES).batch(4).take(1).get_single_element()
    predictions = bert_classifier.predict((sample["hypothesis"], sample["premise"]))
    assert predictions.shape == (4, 3)
    # In this order: the other way round they are another pair.
    swapped = bert_classifier.predict((sample["premise"], sample["hypothesis"]))
    assert not np.allclose(predictions, swapped)
    np.testing.assert_allclose(
        restored_model.predict((HYPOTHESES, PREMISES)), predictions, atol=1e-4
    )
