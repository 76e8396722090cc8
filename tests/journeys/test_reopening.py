"""Models that are saved, and opened in a process that has imported nothing but nlpkit."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from journeys.fresh_process import with_tests
from journeys.reopening import losses
from tasks.miniature import LABELS, TEXTS, WORDS, backbone, classifier, preprocessor

import nlpkit
from nlpkit.layers import TokenAndPositionEmbedding, TransformerEncoder

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
TASKS = ["frozen_backbone", "first_layer_frozen"]
GRAPHS = ["strings_in_the_graph", "ids_in_the_graph"] if ON_TENSORFLOW else []
NAMES = [*TASKS, "layers", "functional", *GRAPHS]
# What is looked up by its registered name alone, some of it not public.
OBJECTS = [
    lambda: nlpkit.metrics.Perplexity(),
    lambda: nlpkit.samplers.TopPSampler(0.5),
    lambda: nlpkit.layers.RotaryEmbedding(),
    lambda: nlpkit.tokenizers.ByteTokenizer(),
    lambda: preprocessor(),
    lambda: nlpkit.models.GPT2Tokenizer(),
    lambda: backbone(),
]


def frozen_backbone():
    task = classifier(dropout=0.3)
    task.backbone.trainable = False
    return task, TEXTS


def first_layer_frozen():
    body = backbone(num_layers=2, attention_dropout=0.2)
    body.token_embedding.trainable = False
    body.get_layer("transformer_layer_0").trainable = False
    return nlpkit.models.BertClassifier(body, 2, preprocessor()), TEXTS


def layers():
    encoder = TransformerEncoder(8, 2, dropout=0.2)
    model = keras.Sequential(
        [TokenAndPositionEmbedding(11, 8, 8), encoder, keras.layers.GlobalAveragePooling1D()]
    )
    model.add(keras.layers.Dense(2))
    model.build((None, 8))
    encoder.trainable = False
    return model, features()["token_ids"]


def functional():
    """A head on a frozen backbone, which holds a tokenizer beside its graph."""
    body = backbone(attention_dropout=0.2)
    body.trainable = False
    pooled = nlpkit.layers.RMSNormalization(trainable=False)(body(body.input)["pooled_output"])
    model = keras.Model(body.input, keras.layers.Dense(2, name="head")(pooled))
    model.tokenizer = nlpkit.models.BertTokenizer(WORDS)
    return model, features()


def strings_in_the_graph():
    strings = keras.Input((), dtype="string")
    return keras.Model(
        strings, keras.layers.Dense(2)(backbone()(preprocessor()(strings))["pooled_output"])
    ), strings_tensor()


def ids_in_the_graph():
    strings = keras.Input((), dtype="string")
    ids = nlpkit.models.BertTokenizer(WORDS, sequence_length=8)(strings)
    embedded = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(11, 4)(ids))
    return keras.Model(strings, keras.layers.Dense(2)(embedded)), strings_tensor()


def features():
    return {name: np.asarray(x) for name, x in preprocessor()(TEXTS).items()}


def strings_tensor():
    import tensorflow as tf

    return tf.constant(TEXTS)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """What was seen in this process, and in a new one, by name."""
    folder = tmp_path_factory.mktemp("saved")
    here = {name: write(folder, name) for name in NAMES}
    serialized = [keras.saving.serialize_keras_object(make()) for make in OBJECTS]
    (folder / "objects.json").write_text(json.dumps(serialized))
    script = Path(__file__).with_name("reopening.py")
    run = subprocess.run(
        [sys.executable, script, folder], capture_output=True, text=True, env=with_tests()
    )
    assert run.returncode == 0, run.stderr
    return here, json.loads(run.stdout.splitlines()[-1])


def write(folder, name):
    model, x = globals()[name]()
    model.compile(keras.optimizers.Adam(0.01), LOGITS)
    losses(model, x, LABELS)
    model.save(folder / f"{name}.keras")
    outputs = model.predict(x, verbose=0)
    seen = {"x": x, "y": LABELS, "outputs": outputs}
    (folder / f"{name}.pickle").write_bytes(pickle.dumps(seen))
    return {
        "class": type(model).__name__,
        "trainable": len(model.trainable_variables),
        "losses": losses(model, x, LABELS),
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_model_is_the_same_in_a_new_process(written, name):
    here, there = (seen[name] for seen in written)
    assert there["class"] == here["class"]
    assert there["difference"] == 0


@pytest.mark.parametrize(
    ("name", "weights"), [("frozen_backbone", 2), ("first_layer_frozen", 24), ("layers", 4)]
)
def test_what_was_frozen_stays_frozen(written, name, weights):
    here, there = (seen[name] for seen in written)
    assert here["trainable"] == there["trainable"] == weights


@pytest.mark.parametrize("name", NAMES)
def test_training_goes_on_as_if_it_had_not_been_interrupted(written, name):
    here, there = (seen[name] for seen in written)
    assert there["losses"] == here["losses"]


def test_objects_are_found_by_their_registered_names(written):
    assert written[1]["objects"] == [type(make()).__name__ for make in OBJECTS]
