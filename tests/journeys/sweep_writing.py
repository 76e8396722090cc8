"""The first process of the sweep: every public class is opened, trained and saved.

The first argument is the folder; others, if there are any, are the only classes.
"""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from haste import compile_in_haste
from journeys.sweeping import (
    TEXTS,
    check_same,
    noting,
    of_kerashub,
    outcome,
    state,
    weights,
    write_seen,
)

import nlpkit
from conformance.cases.case import Case, fill
from conformance.cases.every_class import CASES
from conformance.cases.families import combines
from nlpkit.layers.preprocessing.preprocessing_layer import PreprocessingLayer

# To trace a graph there takes longer than a few steps without one.
ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
JIT = False if ON_TENSORFLOW else "auto"


def main(folder: Path, only: list[str]) -> None:
    problems: dict[str, list[str]] = {}
    cases = {case.cls.__name__: case for case in CASES}
    for name, case in cases.items():
        if only and name not in only:
            continue
        with noting(problems, name):
            (folder / name).mkdir()
            write(case, folder / name)
    for name, write_theirs in of_kerashub().items():
        if only and name not in only:
            continue
        with noting(problems, name):
            (folder / name).mkdir()
            write_kerashub_s(write_theirs, folder / name)
    (folder / "problems.json").write_text(json.dumps(problems))


def write(case: Case, folder: Path) -> None:
    kind = getattr(case.cls, "preset_kind", None)
    if kind == "task":
        write_task(case, folder)
    elif kind == "backbone":
        write_backbone(fill(case.build()), folder)
    elif hasattr(case.cls, "from_preset"):
        write_text_layer(text_layer(case), folder, *(case.examples or (TEXTS,)))
    elif issubclass(case.cls, keras.Layer) and not issubclass(case.cls, PreprocessingLayer):
        write_layer(case, folder)
    else:
        serialized = keras.saving.serialize_keras_object(case.build())
        (folder / "object.json").write_text(json.dumps(serialized))


def write_task(case: Case, folder: Path) -> None:
    """Saved and opened as nlpkit's own folder and as Hugging Face's, which is trained."""
    made = fill(case.build())
    made.preprocessor.sequence_length = min(made.preprocessor.sequence_length, 12)
    made.save_to_preset(folder / "preset")
    shutil.copytree(folder / "preset", folder / "hugging_face")
    (folder / "hugging_face" / "nlpkit.json").unlink()
    own = case.cls.from_preset(folder / "preset", compile=False)
    check_same(weights(own), weights(made), "nlpkit's folder")
    task = case.cls.from_preset(folder / "hugging_face", preprocessor=own.preprocessor)
    check_same(weights(task), weights(made), "Hugging Face's folder")
    labels = getattr(case.family, "labels", None)
    inputs = case.examples or ((TEXTS,) if labels is None else (TEXTS, labels))
    eagerly = ON_TENSORFLOW and combines(case)
    task.compile(optimizer(), run_eagerly=eagerly, jit_compile=JIT)
    options = {"batch_size": len(TEXTS), "epochs": 2, "shuffle": False, "verbose": 0}
    losses = task.fit(*inputs, **options).history["loss"]
    assert np.isfinite(losses).all()
    if isinstance(task, nlpkit.models.CausalLM):  # Others learn in `conformance`.
        assert (np.diff(losses) < 0).all(), losses
    save(task, folder, inputs)


def write_backbone(backbone: Any, folder: Path) -> None:
    save(type(backbone).from_preset(saved(backbone, folder)), folder, None)


def text_layer(case: Case) -> Any:
    """A tokenizer whose arguments are common: not all that there are can be saved."""
    if case.cls.preset_kind == "preprocessor":
        return case.build()
    return case.cls(**next(iter(case.others.values()))())


def write_text_layer(layer: Any, folder: Path, texts: Any) -> None:
    opened, base = layer, nlpkit.models.Tokenizer
    if type(getattr(layer, "tokenizer", layer)).save_files is not base.save_files:
        opened = type(layer).from_preset(saved(layer, folder))
    seen = outcome(layer, texts)  # Of each once: the next call masks other tokens.
    np.testing.assert_equal(outcome(opened, texts), seen)
    write_seen(folder / "seen.pickle", object=opened, inputs=texts, outcome=seen)


def write_layer(case: Case, folder: Path) -> None:
    model = case.functional(fill(case.build()))
    targets = [np.zeros_like(x) for x in outcome(model, case.arrays)]
    model.compile(optimizer(), ["mse"] * len(targets), run_eagerly=ON_TENSORFLOW)
    if model.trainable_variables:
        for _ in range(2):
            model.train_on_batch(case.arrays, targets)
    save(model, folder, case.arrays)


def write_kerashub_s(write_theirs: Callable[[Path], Any], folder: Path) -> None:
    write_theirs(folder / "kerashub")
    task = nlpkit.models.Task.from_preset(folder / "kerashub")
    # The programs are those of the other layouts.
    task.compile(optimizer(), run_eagerly=ON_TENSORFLOW)
    has_classes = hasattr(task, "num_classes")
    inputs = (["a fine film", "dull"], np.array([1, 0])) if has_classes else (["ab abb", "a"],)
    inputs = tuple(np.tile(x, 2) for x in inputs)
    losses = task.fit(*inputs, batch_size=2, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    save(task, folder, inputs)


def optimizer() -> keras.Optimizer:
    """One with a state; Adam's steps would take as long to compile as the model's."""
    return keras.optimizers.SGD(0.1, momentum=0.9)


def saved(thing: Any, folder: Path) -> Path:
    thing.save_to_preset(folder / "preset")
    return folder / "preset"


def save(model: Any, folder: Path, inputs: Any) -> None:
    if hasattr(model, "save_to_preset"):
        saved(model, folder)
    model.save(folder / "model.keras")
    write_seen(
        folder / "seen.pickle",
        inputs=inputs,
        outcome=outcome(model, inputs),
        state=state(model),
        weights=weights(model),
    )


if __name__ == "__main__":
    compile_in_haste()
    main(Path(sys.argv[1]), sys.argv[2:])
