"""The assembly of specs that BERT does not use: causal, windows, gates, norms, no pooler."""

import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.backbones.spec import (
    AttentionSpec,
    EmbeddingSpec,
    FeedForwardSpec,
    LayerSpec,
    NormSpec,
    ResidualSpec,
    StackSpec,
)
from nlpkit.backbones.transformer import Transformer

IDS = np.array([[3, 1, 4, 1, 5], [2, 6, 5, 3, 5]], "int32")


def attention(**changes):
    sizes = {"num_heads": 4, "num_key_value_heads": 2, "head_dim": 4, "scale": 0.5}
    return AttentionSpec(**{**sizes, "input_bias": False, "output_bias": False, **changes})


def stack(*attentions, norm=None, **changes):
    norm = norm or NormSpec("rms", 1e-6)
    residual = ResidualSpec(pre=norm)
    layers = tuple(
        LayerSpec(
            attention=each,
            attention_residual=residual,
            feed_forward=FeedForwardSpec(12, "silu", gated=True, use_bias=False),
            feed_forward_residual=residual,
        )
        for each in attentions
    )
    arguments = {"embedding": EmbeddingSpec(7), "initializer_range": 0.5, "final_norm": norm}
    return StackSpec(hidden_dim=8, layers=layers, **{**arguments, **changes})


def run(transformer, **inputs):
    symbolic = {n: keras.Input(x.shape[1:], dtype="int32", name=n) for n, x in inputs.items()}
    return keras.Model(symbolic, transformer(symbolic)).predict_on_batch(inputs)


def influence(transformer):
    """Which token changes which feature: bool `[T, T]`, features by tokens."""
    rows = np.repeat(IDS[:1], 6, axis=0)
    rows[1:] -= np.eye(5, dtype="int32")
    before, *after = run(transformer, token_ids=rows)
    return (np.abs(np.stack(after) - before).max(-1) > 1e-5).T


def test_a_causal_stack_sees_earlier_tokens_only():
    transformer = Transformer(stack(attention(causal=True)), "float32")
    np.testing.assert_array_equal(influence(transformer), np.tri(5, dtype=bool))


def test_each_layer_has_its_own_window():
    narrow, wide = attention(causal=True, window=1), attention(causal=True, window=2)
    transformer = Transformer(stack(narrow, wide, wide), "float32")
    distance = np.subtract.outer(np.arange(5), np.arange(5))
    np.testing.assert_array_equal(influence(transformer), (distance >= 0) & (distance <= 2))


def test_packed_examples_are_those_alone():
    embedding = EmbeddingSpec(7, max_positions=5)
    transformer = Transformer(stack(attention(causal=True), embedding=embedding), "float32")
    alone = run(transformer, token_ids=IDS)
    packed = run(
        transformer,
        token_ids=IDS.reshape(1, 10),
        sequence_ids=np.repeat([1, 2], 5)[None].astype("int32"),
    )
    np.testing.assert_allclose(packed, alone.reshape(1, 10, 8), atol=1e-5)


def test_without_a_pooler_the_output_is_one_tensor():
    transformer = Transformer(stack(attention(causal=True)), "bfloat16")
    output = transformer.output_spec((None, 3))
    assert output.shape == (None, 3, 8)
    assert output.dtype == "bfloat16"


def test_what_is_absent_makes_no_weights():
    transformer = Transformer(stack(attention(causal=True)), "float32")
    run(transformer, token_ids=IDS)
    assert transformer.input_names() == ["token_ids", "padding_mask"]
    assert transformer.position_embedding is transformer.segment_embedding is None
    assert transformer.embeddings_norm is transformer.pooler is None
    shapes = sorted(tuple(w.shape) for w in transformer.layers[0].weights)
    queries_and_output = [(8, 16), (16, 8)]
    keys_and_values, norms = [(8, 8)] * 2, [(8,)] * 2
    gate_inner_output = [(8, 12), (8, 12), (12, 8)]
    assert shapes == sorted(queries_and_output + keys_and_values + norms + gate_inner_output)


@pytest.mark.parametrize(("kind", "mean"), [("layer", 0.0), ("rms", None)])
def test_the_final_norm_is_of_its_kind(kind, mean):
    transformer = Transformer(stack(attention(causal=False), norm=NormSpec(kind, 1e-6)), "float32")
    hidden = run(transformer, token_ids=IDS)
    np.testing.assert_allclose((hidden**2).mean(-1), 1.0, rtol=1e-3)
    assert (np.abs(hidden.mean(-1)).max() < 1e-4) == (mean == 0.0)


def test_fresh_weights_have_the_range_asked_for():
    transformer = Transformer(stack(attention(causal=False), initializer_range=0.02), "float32")
    run(transformer, token_ids=IDS)
    query = ops.convert_to_numpy(transformer.layers[0].attention.query.kernel)
    assert 0.01 < query.std() < 0.03
    assert isinstance(transformer.layers[0].attention.kernel_initializer, keras.Initializer)
