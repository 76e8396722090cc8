"""Runs scripts with --quick, one after the other, and reports what came of each."""

import contextlib
import io
import json
import runpy
import sys
import time
import traceback
import warnings
from pathlib import Path

import keras
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from haste import compile_in_haste

report_path, *scripts = sys.argv[1:]
losses = []


class Recorder(keras.callbacks.History):
    """Keras' own record of `fit`, which every script's training goes through."""

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        losses.extend(float(value) for name, value in logs.items() if "loss" in name)


def reopened_equal(folder, values):
    """Whether a saved preset, opened again, has the weights of the script's object."""
    name = json.loads((folder / "nlpkit.json").read_text())["class"]
    saved = next(value for value in values if type(value).__name__ == name)
    again = type(saved).from_preset(str(folder))
    pairs = zip(saved.get_weights(), again.get_weights(), strict=True)
    return all(np.array_equal(left, right) for left, right in pairs)


def run(script):
    losses.clear()
    before, output, error, start = {*Path.cwd().iterdir()}, io.StringIO(), None, time.monotonic()
    sys.argv, sys.path[0] = [script, "--quick"], str(Path(script).parent)
    saved = {}
    try:
        with contextlib.redirect_stdout(output), warnings.catch_warnings():
            values = runpy.run_path(script, run_name="__main__").values()
        new = {*Path.cwd().iterdir()} - before
        saved = {path.name: reopened_equal(path, values) for path in new if path.is_dir()}
    except BaseException:
        error = traceback.format_exc()
    return {
        "error": error,
        "output": output.getvalue(),
        "losses": [*losses],
        "saved": saved,
        "seconds": time.monotonic() - start,
    }


compile_in_haste()
keras.callbacks.History = Recorder
sys.modules["keras.src.callbacks.callback_list"].History = Recorder
Path(report_path).write_text(json.dumps({script: run(script) for script in scripts}))
