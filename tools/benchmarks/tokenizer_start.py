"""How long a process takes until the first ids."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

SCRIPT = """
import time
start = time.perf_counter()
import keras
middle = time.perf_counter()
import nlpkit.tokenizers
tokenizer = nlpkit.tokenizers.{build}
imported = time.perf_counter()
tokenizer("A first text, to be tokenized.")
end = time.perf_counter()
print(middle - start, imported - middle, end - imported)
"""
BUILDS = {
    "WordPiece (bert)": 'WordPieceTokenizer("{vocab}/bert/bert_base_uncased/vocab.txt")',
    "BPE (gpt2)": 'BytePairTokenizer("{vocab}/gpt2/encoder.json", "{vocab}/gpt2/vocab.bpe")',
    "SentencePiece (t5)": 'SentencePieceTokenizer("{vocab}/t5/spiece.model")',
}


def run(arguments: argparse.Namespace) -> None:
    """Print a row a tokenizer: medians of fresh processes on JAX, in seconds.

    As in an installed package, modules are compiled already.
    """
    print("\n| start, JAX, seconds | import keras | import and build beyond it | first call |")
    print("| --- | ---: | ---: | ---: |")
    vocabularies = (arguments.data / "vocab").resolve()
    with tempfile.TemporaryDirectory() as compiled:
        for name, build in BUILDS.items():
            script = SCRIPT.format(build=build.format(vocab=vocabularies))
            _, *rows = (_seconds(script, compiled) for _ in range(arguments.rounds + 1))
            medians = [f"{statistics.median(column):.3f}" for column in zip(*rows, strict=True)]
            print(f"| {name} | {' | '.join(medians)} |", flush=True)


def _seconds(script: str, compiled: str) -> list[float]:
    own = {"KERAS_BACKEND": "jax", "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": compiled}
    found = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **own},
        check=True,
        capture_output=True,
        text=True,
    )
    return [float(value) for value in found.stdout.split()[-3:]]
