"""What the two processes of the sweep share: what is seen of a thing, and what differs.

It imports nothing of nlpkit: the second process is to find the classes by itself.
"""

import pickle
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

TEXTS = ["the movie was great", "terrible movie", "good", "unbelievable", "the movie", "great good"]


@contextmanager
def noting(problems: dict[str, list[str]], name: str) -> Iterator[None]:
    """Whatever goes wrong is a problem of `name`, and the sweep goes on."""
    problems.setdefault(name, [])
    try:
        yield
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        problems[name].append(f"{error!r:.500} at {Path(place.filename).name}:{place.lineno}")


def of_kerashub() -> dict[str, Callable[[Path], Any]]:
    """What writes a folder of KerasHub's, of each family that has one."""
    from presets.layouts.kerashub_folder import write_classifier

    from conformance.cases.decoders import KERASHUB_DECODERS

    theirs = reversed(KERASHUB_DECODERS.values())
    decoders = {f"KerasHub-{decoder.prefix}": decoder.write for decoder in theirs}
    return {"KerasHub-Bert": write_classifier, **decoders}


def state(model: Any) -> list[np.ndarray]:
    """Weights, random states and the optimizer's variables."""
    optimizer = getattr(model, "optimizer", None)
    variables = [*model.variables, *(optimizer.variables if optimizer else [])]
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def weights(model: Any) -> list[np.ndarray]:
    """The weights alone, which is what a preset keeps."""
    return [keras.ops.convert_to_numpy(variable) for variable in model.weights]


def outcome(thing: Any, inputs: Any) -> Any:
    """What a thing makes of inputs, as plain lists and arrays."""
    kind = getattr(thing, "preset_kind", "model")
    if kind == "task":
        if keras.backend.backend() == "tensorflow":
            thing.run_eagerly = True  # It has been trained in a graph, which takes long to trace.
        seen = np.ravel(thing.evaluate(*inputs, batch_size=3, verbose=0)).tolist()
        # Elsewhere what transcribes would be compiled.
        if hasattr(thing, "transcribe") and keras.backend.backend() == "torch":
            texts = [x.text for x in thing.transcribe(inputs[0]["encoder_audio"])]
            seen += [*map(ord, "|".join(texts))]
        return seen
    if kind == "model":
        return keras.tree.flatten(thing.predict_on_batch(inputs))
    return [] if kind == "backbone" else thing(inputs)


def check_same(found: Any, expected: Any, what: str, tolerance: float = 0.0) -> None:
    """Raise an AssertionError unless two structures of arrays are equal."""
    pairs = [keras.tree.flatten(x) for x in (found, expected)]
    assert len(pairs[0]) == len(pairs[1]), f"{what}: {len(pairs[0])} arrays, not {len(pairs[1])}"
    for i, (left, right) in enumerate(zip(*pairs, strict=True)):
        message = f"{what}: array {i} differs"
        np.testing.assert_allclose(left, right, rtol=tolerance, atol=tolerance, err_msg=message)


def write_seen(path: Path, **seen: Any) -> None:
    path.write_bytes(pickle.dumps(seen))


def read_seen(path: Path) -> dict[str, Any]:
    return dict(pickle.loads(path.read_bytes()))
