"""Presets changed at random are refused with an error to read, or work.

A sample is tried. `NLPKIT_MUTATIONS=2400 pytest -s` on this file tries more, and also tells how
many ended how; `NLPKIT_MUTATIONS_FROM` is the first seed.
"""

import faulthandler
import os
import shutil
import warnings
from collections import Counter

import numpy as np
import pytest
from presets.hostile.mutations import mutate
from presets.hostile.watching import watching
from presets.small_presets import PRESETS, TEXTS

COUNT = int(os.environ.get("NLPKIT_MUTATIONS", 60))
FIRST = int(os.environ.get("NLPKIT_MUTATIONS_FROM", 0))
# Of a case; generous, as they are for what a machine does beside.
SECONDS, MEBIBYTES = 5, 300
ERRORS = (ValueError, TypeError, OSError)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The folder with the presets that are changed; each works as it is."""
    folder = tmp_path_factory.mktemp("good")
    for name, (cls, write, is_foreign) in PRESETS.items():
        write(folder / name)
        if is_foreign:
            (folder / name / "nlpkit.json").unlink()
        check_works(cls, folder / name)
    return folder


def check_works(cls, folder):
    task = cls.from_preset(folder)
    assert task.preprocessor is None or np.isfinite(task.predict(TEXTS, verbose=0)).all()


def outcome(cls, folder):
    """How a load and a prediction end."""
    faulthandler.dump_traceback_later(60, exit=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check_works(cls, folder)
        return "works"
    except ERRORS as error:
        return type(error).__name__ if len(str(error)) < 2000 else "long message"
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.mark.by_turns(0)
def test_changed_presets_are_refused_or_work(good, tmp_path):
    names = list(PRESETS)
    counts, wrong = Counter(), []
    for seed in range(FIRST, FIRST + COUNT):
        name = names[seed % len(names)]
        folder = tmp_path / "changed"
        shutil.copytree(good / name, folder)
        told = f"{name}, {mutate(folder, seed)}"
        try:
            with watching() as seen:
                counts[name, outcome(PRESETS[name][0], folder)] += 1
            if seen.seconds > SECONDS or seen.mebibytes > MEBIBYTES:
                wrong.append(f"{told}: {seen.seconds:.1f} s, {seen.mebibytes:.0f} MiB")
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            wrong.append(f"{told}: {type(error).__name__}: {error!s:.300}")
        shutil.rmtree(folder)
    print({" ".join(key): count for key, count in sorted(counts.items())})
    assert not wrong, "\n".join([f"{len(wrong)} of {COUNT}:", *wrong[:40]])
    assert not [key for key in counts if "long message" in key]
    assert sum(counts.values()) == COUNT
    assert {how for _, how in counts} >= {"works", "ValueError"}
