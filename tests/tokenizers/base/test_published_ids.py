"""The ids published for real vocabularies, where the shared data are at hand."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nlpkit import models, tokenizers

DATA = Path(__file__).parents[4] / "shared" / "data"
VOCABULARIES = DATA / "vocab"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the shared data are not there: {DATA}")


@dataclass(frozen=True)
class Published:
    """How a published tokenizer is built, and what the family puts around it.

    Attributes:
        kind: the class in `nlpkit.tokenizers` or `nlpkit.models`, or the constructor of one.
        files: by argument, files of the folder of vocabularies.
        arguments: the others.
        around: the ids before and after a text, where a case asks for special tokens.
    """

    kind: str
    files: dict[str, str]
    arguments: dict[str, Any] = field(default_factory=dict)
    around: tuple[list[int], list[int]] = ([], [])

    def build(self) -> tokenizers.Tokenizer:
        name, _, method = self.kind.partition(".")
        make = getattr(tokenizers, name, None) or getattr(models, name)
        paths = {argument: VOCABULARIES / file for argument, file in self.files.items()}
        return (getattr(make, method) if method else make)(**paths, **self.arguments)

    def ids(self, row: list[int], case: dict[str, Any]) -> list[int]:
        """What the case expects of these ids."""
        before, after = self.around if case["special"] else ([], [])
        return [*before, *row, *after]


def bert(folder: str, uncased: bool) -> Published:
    return Published(
        "WordPieceTokenizer",
        {"vocabulary": f"bert/{folder}/vocab.txt"},
        {"lowercase": uncased, "strip_accents": uncased},
        ([101], [102]),
    )


def byte_pair(
    vocabulary: str,
    merges: str | None = None,
    around: tuple[list[int], list[int]] = ([], []),
    **arguments: Any,
) -> Published:
    files = {"vocabulary": vocabulary} | ({"merges": merges} if merges else {})
    return Published("BytePairTokenizer", files, arguments, around)


def sentence_piece(proto: str, before: list[int], after: list[int], **arguments: Any) -> Published:
    return Published("SentencePieceTokenizer", {"proto": proto}, arguments, (before, after))


TOKENIZERS = {
    "bert-base-uncased": bert("bert_base_uncased", True),
    "bert-base-cased": bert("bert_base_cased", False),
    "bert-base-multilingual-cased": bert("bert_base_multilingual_cased", False),
    "gpt2": byte_pair("gpt2/encoder.json", "gpt2/vocab.bpe"),
    "roberta-base": Published(
        "RobertaTokenizer",
        {"vocabulary": "roberta_base/vocab.json", "merges": "roberta_base/merges.txt"},
        around=([0], [2]),
    ),
    "qwen2": byte_pair(
        "qwen/derived_vocab.json",
        "qwen/derived_merges.txt",
        split_pattern="qwen2",
        normalization="NFC",
    ),
    "llama3": byte_pair("llama3/tokenizer.model", None, ([128000], []), split_pattern="llama3"),
    "r50k_base": byte_pair("tiktoken/r50k_base.tiktoken"),
    "p50k_base": byte_pair("tiktoken/p50k_base.tiktoken"),
    "cl100k_base": byte_pair("tiktoken/cl100k_base.tiktoken", split_pattern="cl100k"),
    "o200k_base": byte_pair("tiktoken/o200k_base.tiktoken", split_pattern="o200k"),
    "tiiuae/falcon-7b": Published(
        "Tokenizer.from_tokenizer_json", {"path": "falcon/tokenizer.json"}
    ),
    "t5-small": sentence_piece(
        "t5/spiece.model", [], [1], special_tokens=["</s>"], special_tokens_in_strings=True
    ),
    "albert-base-v2": Published(
        "AlbertTokenizer", {"proto": "albert/spiece.model"}, around=([2], [3])
    ),
    "deberta-v3": Published(
        "DebertaV3Tokenizer", {"proto": "deberta_v3/spm.model"}, around=([1], [2])
    ),
    "xlm-roberta-base": Published(
        "XLMRobertaTokenizer",
        {"proto": "xlm_roberta/sentencepiece.bpe.REBUILT.model"},
        around=([0], [2]),
    ),
    "llama2": sentence_piece("llama2/tokenizer.model", [1], []),
}


def lines(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / "tokenization" / name, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@cache
def cases(name: str) -> list[dict[str, Any]]:
    return [case for case in lines("cases.jsonl.gz") if case["tokenizer"] == name]


@cache
def built(name: str) -> tokenizers.Tokenizer:
    return TOKENIZERS[name].build()


def check(name: str, tokenize: Callable[[list[str]], list[list[int]]]) -> None:
    """Compare a way of tokenizing texts with every published case that is one text."""
    published = TOKENIZERS[name]
    alone = [case for case in cases(name) if "text_pair" not in case]
    rows = tokenize([case["text"] for case in alone])
    for case, row in zip(alone, rows, strict=True):
        assert published.ids(row, case) == case["ids"], case["text"]


def in_tf_data(tokenizer: tokenizers.Tokenizer, texts: list[str]) -> list[list[int]]:
    tf = pytest.importorskip("tensorflow", reason="tf.data needs TensorFlow, not installed")
    batches = tf.data.Dataset.from_tensor_slices(texts).batch(16)
    return [row for ids in batches.map(tokenizer, num_parallel_calls=2) for row in ids.to_list()]


def test_every_case_has_its_tokenizer():
    assert sum(len(cases(name)) for name in TOKENIZERS) == len(lines("cases.jsonl.gz")) == 655


@pytest.mark.parametrize("name", TOKENIZERS)
def test_one_by_one(name):
    tokenizer = built(name)
    check(name, lambda texts: [tokenizer(text) for text in texts])


@pytest.mark.parametrize("name", TOKENIZERS)
def test_in_a_batch(name):
    check(name, built(name))


@pytest.mark.parametrize("name", TOKENIZERS)
def test_in_tf_data(name):
    check(name, lambda texts: in_tf_data(built(name), texts))


def test_a_pair():
    [case] = [case for case in cases("bert-base-uncased") if "text_pair" in case]
    first, second = built("bert-base-uncased")([case["text"], case["text_pair"]])
    assert [101, *first, 102, *second, 102] == case["ids"]


def test_xlnet_s_row():
    tokenizer = models.XLNetTokenizer(VOCABULARIES / "xlnet" / "spiece.model")
    prepare = models.XLNetPreprocessor(tokenizer, sequence_length=16, padding_side="left")
    features = prepare("The quick brown fox jumps over the lazy dog.")
    ids = [5, 5, 32, 2049, 3442, 17, 13894, 3380, 23, 95, 18, 17634, 2288, 9, 4, 3]
    assert features["token_ids"].tolist() == ids
    assert features["segment_ids"].tolist() == [3, 3, *[0] * 13, 2]


@pytest.mark.parametrize("way", ["one by one", "in a batch", "in tf.data"])
def test_questions(way):
    questions = lines("bert_uncased_questions.jsonl.gz")
    texts = [question["text"] for question in questions]
    tokenizer = built("bert-base-uncased")
    if way == "one by one":
        rows = [tokenizer(text) for text in texts]
    else:
        rows = tokenizer(texts) if way == "in a batch" else in_tf_data(tokenizer, texts)
    assert len(rows) == 1000
    assert rows == [question["ids"] for question in questions]
