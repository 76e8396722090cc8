"""What one process saves, another opens with `import nlpkit` alone."""

import json
import pickle

import keras
import numpy as np
import pytest
from journeys.fresh_process import run
from tasks.miniature import LABELS, TEXTS, backbone, classifier, preprocessor

SAVED = ["a_task.keras", "frozen.keras", "classifier.pickle", "preprocessor.pickle", "preset"]


def on_a_frozen_backbone():
    encoder = backbone()
    encoder.trainable = False
    pooled = encoder(encoder.input)["pooled_output"]
    return keras.Model(encoder.input, keras.layers.Dense(2)(pooled))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What was saved, by file, and what another process makes of it."""
    folder = tmp_path_factory.mktemp("saved")
    task, frozen, packer = classifier(), on_a_frozen_backbone(), preprocessor()
    for model, data in ((task, TEXTS), (frozen, packer(TEXTS))):
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(data, LABELS, batch_size=3, verbose=0)
    task.save(folder / "a_task.keras")
    frozen.save(folder / "frozen.keras")
    (folder / "classifier.pickle").write_bytes(pickle.dumps(task))
    (folder / "preprocessor.pickle").write_bytes(pickle.dumps(packer))
    task.save_to_preset(folder / "preset")
    (folder / "texts.json").write_text(json.dumps(TEXTS), "utf-8")
    models = dict(zip(SAVED, [task, frozen, task, packer, task], strict=True))
    return models, run("reopen.py", tmp_path_factory.mktemp("reopened"), folder)


@pytest.mark.parametrize("name", SAVED)
def test_another_process_has_it_back(made, name):
    models, report = made
    model, again = models[name], report[name]
    assert isinstance(again, dict), again
    if name == "preprocessor.pickle":
        assert again["token_ids"] == model(TEXTS)["token_ids"].tolist()
        return
    inputs = preprocessor()(TEXTS) if name == "frozen.keras" else TEXTS
    np.testing.assert_allclose(again["predictions"], model.predict(inputs, verbose=0), atol=1e-5)
    assert again["trained"] == len(model.trainable_weights)
    # A preset is what a model knows, not how far its training has come.
    if name != "preset":
        assert again["iterations"] == 2
