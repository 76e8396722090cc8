"""BERT's published ids, where the shared data are at hand."""

import gzip
import json
from pathlib import Path

import pytest

from nlpkit.models import BertTokenizer

DATA = Path(__file__).parents[3] / "shared" / "data"
FOLDERS = {
    "bert-base-uncased": "bert_base_uncased",
    "bert-base-cased": "bert_base_cased",
    "bert-base-multilingual-cased": "bert_base_multilingual_cased",
}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the shared data are not there: {DATA}")


def lines(name: str) -> list[dict]:
    with gzip.open(DATA / "tokenization" / name, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def make(name: str) -> BertTokenizer:
    path = DATA / "vocab" / "bert" / FOLDERS[name] / "vocab.txt"
    return BertTokenizer(path, lowercase=name.endswith("uncased"))


@pytest.fixture(scope="module")
def questions() -> list[dict]:
    return lines("bert_uncased_questions.jsonl.gz")


def test_questions_one_by_one_and_in_a_batch(questions):
    tokenizer = make("bert-base-uncased")
    expected = [question["ids"] for question in questions]
    assert [tokenizer(question["text"]) for question in questions] == expected
    assert tokenizer([question["text"] for question in questions]) == expected


def test_questions_in_tf_data(questions):
    tf = pytest.importorskip("tensorflow", reason="tf.data needs TensorFlow, not installed")
    texts = tf.data.Dataset.from_tensor_slices([question["text"] for question in questions])
    batches = texts.batch(64).map(make("bert-base-uncased"), num_parallel_calls=2)
    ids = [row for batch in batches for row in batch.to_list()]
    assert ids == [question["ids"] for question in questions]


@pytest.mark.parametrize("name", FOLDERS)
def test_published_cases(name):
    tokenizer = make(name)
    cases = [case for case in lines("cases.jsonl.gz") if case["tokenizer"] == name]
    assert cases
    for case in cases:
        ids = tokenizer(case["text"])
        if case["special"]:
            ids = [tokenizer.cls_token_id, *ids, tokenizer.sep_token_id]
        if case.get("text_pair"):
            ids += [*tokenizer(case["text_pair"]), tokenizer.sep_token_id]
        assert ids == case["ids"], case["text"]
