"""Pegasus' positions, which files may leave out."""

import numpy as np
import pytest
import torch
from keras import ops
from transformers.models.pegasus.modeling_pegasus import PegasusSinusoidalPositionalEmbedding

from nlpkit.models import PegasusBackbone


@pytest.mark.by_turns
@pytest.mark.parametrize("width", [8, 9])
def test_positions_are_those_of_transformers(width):
    backbone = PegasusBackbone(5, 1, 1, width, 4, max_sequence_length=7)
    table = backbone.get_layer("encoder_position_embedding")
    with torch.no_grad():
        expected = PegasusSinusoidalPositionalEmbedding(7, width).create_weight().numpy()
    np.testing.assert_allclose(ops.convert_to_numpy(table.embeddings), expected, atol=1e-6)
    assert table.trainable_weights == []
