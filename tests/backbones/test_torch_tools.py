"""PyTorch's own tools see a model as any module: they compile and export it with equal outputs."""

import keras
import numpy as np
import pytest

if keras.backend.backend() != "torch":
    pytest.skip("PyTorch's own", allow_module_level=True)

import torch

from nlpkit.models import BertBackbone, BertClassifier

SIZES = {"vocabulary_size": 11, "num_layers": 1, "num_heads": 2, "hidden_dim": 8}
INPUTS = {
    "token_ids": torch.tensor([[3, 1, 2, 4], [5, 6, 0, 0]], dtype=torch.int32),
    "padding_mask": torch.tensor([[True] * 4, [True, True, False, False]]),
    "segment_ids": torch.zeros((2, 4), dtype=torch.int32),
}


@pytest.fixture(scope="module")
def classifier():
    sizes = {**SIZES, "intermediate_dim": 8, "max_sequence_length": 8, "dropout": 0.0}
    return BertClassifier(BertBackbone(**sizes), 2, dropout=0.0)


def test_exported(classifier):
    with torch.no_grad():
        exported = torch.export.export(classifier, (INPUTS,), strict=False)
        same(exported.module()(INPUTS), classifier(INPUTS))
    assert "mkldnn" not in str(exported.graph)


def test_compiled(classifier):
    backbone = classifier.backbone
    with torch.no_grad():
        compiled = torch.compile(backbone, backend="aot_eager")
        same(compiled(INPUTS)["pooled_output"], backbone(INPUTS)["pooled_output"])


def same(found, expected):
    np.testing.assert_allclose(found.numpy(), expected.numpy(), atol=1e-6)
