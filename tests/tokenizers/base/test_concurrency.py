"""Tokenizers in threads, forks and the workers of a PyTorch DataLoader."""

import multiprocessing
import random
import string
from concurrent.futures import ThreadPoolExecutor

import pytest

from nlpkit.tokenizers import WordPieceTokenizer

VOCABULARY = ["[UNK]", *string.ascii_lowercase, *(f"##{c}" for c in string.ascii_lowercase)]


def random_texts(count: int) -> list[str]:
    generator = random.Random(0)
    words = ["".join(generator.choices(string.ascii_letters, k=5)) for _ in range(count)]
    return [" ".join(generator.choices(words, k=20)) for _ in range(count)]


def make() -> WordPieceTokenizer:
    tokenizer = WordPieceTokenizer(VOCABULARY, lowercase=True)
    tokenizer._algorithm.memo._half = 50  # The memo starts anew all the time.
    return tokenizer


def test_threads_share_a_tokenizer():
    texts = random_texts(200)
    expected = [make()(text) for text in texts]
    shared = make()
    with ThreadPoolExecutor(4) as threads:
        runs = threads.map(lambda _: [shared(text) for text in texts], range(8))
        assert all(run == expected for run in runs)


def _ids_in_a_fork(tokenizer, texts, results):
    results.put(tokenizer(texts))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="cannot fork")
def test_a_forked_tokenizer_keeps_working(capfd):
    tokenizer, texts = make(), random_texts(20)
    expected = tokenizer(texts)
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    process = context.Process(target=_ids_in_a_fork, args=(tokenizer, texts[::-1], results))
    process.start()
    assert results.get(timeout=60) == expected[::-1]
    process.join()
    assert "huggingface/tokenizers" not in capfd.readouterr().err


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_of_a_data_loader(method):
    torch = pytest.importorskip("torch")
    tokenizer = WordPieceTokenizer(VOCABULARY, 12, lowercase=True, truncation="silent")
    texts = random_texts(8)
    loader = torch.utils.data.DataLoader(
        texts, 4, num_workers=2, collate_fn=tokenizer, multiprocessing_context=method
    )
    batches = [batch.tolist() for batch in loader]
    assert batches == [tokenizer(texts[:4]).tolist(), tokenizer(texts[4:]).tolist()]
