"""The second process of the sweep: everything that was saved is opened and compared."""

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
from haste import compile_in_haste
from journeys.sweeping import check_same, noting, outcome, read_seen, state, weights

import nlpkit


def main(folder: Path) -> None:
    problems: dict[str, list[str]] = {}
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            with noting(problems, path.name):
                read(path)
    (folder / "problems_again.json").write_text(json.dumps(problems))


def read(folder: Path) -> None:
    if (folder / "object.json").exists():
        serialized = json.loads((folder / "object.json").read_text())
        again = keras.saving.deserialize_keras_object(serialized)
        assert keras.saving.serialize_keras_object(again)["config"] == serialized["config"]
        return
    seen = read_seen(folder / "seen.pickle")
    if (folder / "model.keras").exists():
        read_model(folder, seen)
    else:
        np.testing.assert_equal(outcome(seen["object"], seen["inputs"]), seen["outcome"])
        if (folder / "preset").exists():
            opened = type(seen["object"]).from_preset(folder / "preset")
            np.testing.assert_equal(outcome(opened, seen["inputs"]), seen["outcome"])


def read_model(folder: Path, seen: dict[str, Any]) -> None:
    model = keras.saving.load_model(folder / "model.keras")
    check_same(state(model), seen["state"], "the .keras file")
    check_same(outcome(model, seen["inputs"]), seen["outcome"], "its outcome", tolerance=1e-6)
    if (folder / "preset").exists():
        generic = nlpkit.models.Backbone if model.preset_kind == "backbone" else nlpkit.models.Task
        opened = generic.from_preset(folder / "preset")
        assert type(opened) is type(model)
        check_same(weights(opened), seen["weights"], "the preset")


if __name__ == "__main__":
    compile_in_haste()
    main(Path(sys.argv[1]))
