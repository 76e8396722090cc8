"""Training a WordPiece vocabulary of 20,000 pieces on IMDB's 25,000 reviews."""

import argparse
import statistics
import time
from collections.abc import Callable

from benchmarks.tokenizer_texts import english

SIZE = 20_000
SPECIAL = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
LEARNER = "tensorflow-text"


def run(arguments: argparse.Namespace) -> None:
    """Print how long each trainer takes; the learner of tensorflow-text runs once."""
    texts = list(english(arguments.data))
    contestants: dict[str, Callable[[list[str]], int]] = {
        "tokenizers": _tokenizers,
        "nlpkit": _nlpkit,
    }
    if arguments.with_tensorflow_text:
        contestants[LEARNER] = _tensorflow_text
    times: dict[str, list[float]] = {name: [] for name in contestants}
    sizes: dict[str, int] = {}
    for i in range(arguments.rounds):
        for name, train in contestants.items():
            if i and name == LEARNER:
                continue
            start = time.perf_counter()
            sizes[name] = train(texts)
            times[name].append(time.perf_counter() - start)
    _print(times, sizes)


def _print(times: dict[str, list[float]], sizes: dict[str, int]) -> None:
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    print(f"\n| {SIZE} WordPiece pieces on IMDB | seconds | pieces | / nlpkit |")
    print("| --- | ---: | ---: | ---: |")
    for name, seconds in medians.items():
        ratio = seconds / medians["nlpkit"]
        print(f"| {name} | {seconds:.1f} | {sizes[name]} | {ratio:.2f} |", flush=True)


def _nlpkit(texts: list[str]) -> int:
    from nlpkit.tokenizers import compute_word_piece_vocabulary

    return len(compute_word_piece_vocabulary(texts, SIZE, lowercase=True, strip_accents=True))


def _tokenizers(texts: list[str]) -> int:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    engine = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    engine.normalizer = normalizers.BertNormalizer(lowercase=True)
    engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=SIZE, special_tokens=SPECIAL, show_progress=False
    )
    engine.train_from_iterator(texts, trainer)
    return int(engine.get_vocab_size())


def _tensorflow_text(texts: list[str]) -> int:
    import tensorflow as tf
    from tensorflow_text.tools.wordpiece_vocab import bert_vocab_from_dataset

    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(1000).prefetch(2)
    vocabulary = bert_vocab_from_dataset.bert_vocab_from_dataset(
        dataset, SIZE, SPECIAL, bert_tokenizer_params={"lower_case": True}
    )
    return len(vocabulary)
