"""Pure-graph tokenizers on the worker of a `tf.data` service: another process, without nlpkit."""

import subprocess
import sys

import pytest

from nlpkit.tokenizers import (
    BytePairTokenizer,
    ByteTokenizer,
    SentencePieceTokenizer,
    UnicodeCodepointTokenizer,
    WordPieceTokenizer,
    compute_byte_pair_vocabulary,
    compute_sentence_piece_proto,
)

tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
pytest.importorskip("tensorflow_text", reason="tensorflow-text is not installed")

TEXTS = ["the quick brown fox", "", "Ünïcode 你好, fox!", "  spaces\tand\nlines "]
WORKER = """
import sys
import tensorflow as tf
import tensorflow_text
config = tf.data.experimental.service.WorkerConfig(dispatcher_address=sys.argv[1])
worker = tf.data.experimental.service.WorkerServer(config)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def service():
    dispatcher = tf.data.experimental.service.DispatchServer()
    address = dispatcher.target.split("://")[1]
    command = [sys.executable, "-c", WORKER, address]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout.readline() == "ready\n"
        yield dispatcher.target
        worker.stdin.close()


def word_piece(**arguments):
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "quick", "fox", "and", "!", ","]
    return WordPieceTokenizer(words, lowercase=True, **arguments)


def byte_pair(**arguments):
    vocabulary, merges = compute_byte_pair_vocabulary(TEXTS * 3, 280)
    return BytePairTokenizer(vocabulary, merges, **arguments)


def sentence_piece(**arguments):
    return SentencePieceTokenizer(compute_sentence_piece_proto(TEXTS, 32), **arguments)


@pytest.mark.parametrize(
    "make", [word_piece, byte_pair, sentence_piece, ByteTokenizer, UnicodeCodepointTokenizer]
)
def test_a_worker_gives_the_ids_of_python(service, make):
    dataset = tf.data.Dataset.from_tensor_slices(TEXTS).batch(2).map(make(pure_graph=True))
    dataset = dataset.apply(
        tf.data.experimental.service.distribute(processing_mode="parallel_epochs", service=service)
    )
    rows = sorted(list(map(int, row)) for batch in dataset for row in batch)
    assert rows == sorted(list(map(int, row)) for row in make()(TEXTS))


def test_a_worker_cannot_run_python(service):
    dataset = tf.data.Dataset.from_tensor_slices(TEXTS).batch(2).map(word_piece())
    dataset = dataset.apply(
        tf.data.experimental.service.distribute(processing_mode="parallel_epochs", service=service)
    )
    with pytest.raises(tf.errors.OpError):
        list(dataset)
