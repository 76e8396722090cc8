"""Opens what another process saved, with nothing imported beforehand, and predicts with it."""

import json
import pickle
import sys
from pathlib import Path

import keras

import nlpkit

report_path, folder = sys.argv[1], Path(sys.argv[2])
texts = json.loads((folder / "texts.json").read_text("utf-8"))


def features():
    """The texts, preprocessed, for a model that takes no strings."""
    return nlpkit.models.Task.from_preset(str(folder / "preset")).preprocessor(texts)


def answer(path):
    """What comes of the texts, and how much of the model is trained."""
    if path.suffix == ".pickle":
        opened = pickle.loads(path.read_bytes())
    elif path.suffix == ".keras":
        opened = keras.saving.load_model(path)
    else:
        opened = nlpkit.models.Task.from_preset(str(path))
    if not isinstance(opened, keras.Model):
        return {"token_ids": opened(texts)["token_ids"].tolist()}
    inputs = texts if isinstance(opened, nlpkit.models.Task) else features()
    optimizer = opened.optimizer
    return {
        "predictions": opened.predict(inputs, verbose=0).tolist(),
        "trained": len(opened.trainable_weights),
        "iterations": int(optimizer.iterations) if optimizer.built else None,
    }


report = {}
# Keras' files first: `import nlpkit` alone must make its classes known.
paths = sorted(folder.glob("*.keras")) + sorted(folder.glob("*.pickle")) + [folder / "preset"]
for path in paths:
    try:
        report[path.name] = answer(path)
    except Exception as error:
        report[path.name] = f"{type(error).__name__}: {error}"
Path(report_path).write_text(json.dumps(report))
