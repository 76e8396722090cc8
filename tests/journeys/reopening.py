"""Run in a new process: opens every `.keras` file of a folder, compares, and trains on.

Beside `name.keras` stands `name.pickle`: what was seen when it was written. Prints, as one line of
JSON, what is seen here, by name. It imports nlpkit before Keras; the sweep does the reverse.
"""
# ruff: noqa: I001

import nlpkit  # noqa: F401 (all that a person has to import)

import json
import pickle
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
from haste import compile_in_haste


def main(folder: Path) -> None:
    results = {}
    for path in sorted(folder.glob("*.keras")):
        seen = pickle.loads(path.with_suffix(".pickle").read_bytes())
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            model = keras.saving.load_model(path)
        outputs = model.predict(seen["x"], verbose=0)
        results[path.stem] = {
            "class": type(model).__name__,
            "difference": float(np.abs(outputs - seen["outputs"]).max()),
            "trainable": len(model.trainable_variables),
            "losses": losses(model, seen["x"], seen["y"]),
        }
    objects = json.loads((folder / "objects.json").read_text())
    found = [keras.saving.deserialize_keras_object(entry) for entry in objects]
    results["objects"] = [type(thing).__name__ for thing in found]
    print(json.dumps(results))


def losses(model: keras.Model, x: object, y: object) -> list[float]:
    """Train for two epochs; random numbers that are not the model's own are the same each time."""
    seed = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, _: keras.utils.set_random_seed(epoch)
    )
    options = {"batch_size": 2, "epochs": 2, "verbose": 0, "shuffle": False, "callbacks": [seed]}
    return list(model.fit(x, y, **options).history["loss"])


if __name__ == "__main__":
    compile_in_haste()
    main(Path(sys.argv[1]))
