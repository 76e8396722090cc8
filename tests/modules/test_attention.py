"""The parts that all transformers here are built of: attention, feed-forward, dense, residual."""

import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.modules.dense import Dense, fresh
from nlpkit.modules.feed_forward import FeedForward, get_activation
from nlpkit.modules.mixing.attention import Attention
from nlpkit.modules.transformer_block import Residual

HIDDEN = np.random.default_rng(1).normal(size=(2, 5, 8)).astype("float32")
PLAIN = {"scale": 0.5, "input_bias": True, "output_bias": True, "dropout": 0.0}


def built(layer, *shapes):
    layer.build(*shapes or (HIDDEN.shape,))
    return layer


def array(x):
    return ops.convert_to_numpy(x)


def test_groups_share_keys_and_values():
    grouped = built(Attention(4, 2, 3, **PLAIN, kernel_initializer="random_normal"))
    assert grouped.key.kernel.shape == grouped.value.kernel.shape == (8, 6)
    every = built(Attention(4, 4, 3, **PLAIN))
    for name in ("query", "output_dense"):
        getattr(every, name).set_weights(getattr(grouped, name).get_weights())
    for name in ("key", "value"):
        kernel, bias = getattr(grouped, name).get_weights()
        kernel = np.repeat(kernel.reshape(8, 2, 3), 2, axis=1).reshape(8, 12)
        bias = np.repeat(bias.reshape(2, 3), 2, axis=0).reshape(12)
        getattr(every, name).set_weights([kernel, bias])
    x = ops.convert_to_tensor(HIDDEN)
    np.testing.assert_allclose(array(grouped(x)), array(every(x)), atol=1e-5)


def test_key_value_heads_must_divide_the_heads():
    with pytest.raises(ValueError, match="num_key_value_heads=3, num_heads=4"):
        Attention(4, 3, 2, **PLAIN)


def test_biases_are_left_out_where_the_family_has_none():
    layer = built(Attention(2, 2, 4, **PLAIN | {"input_bias": False, "output_bias": False}))
    assert [w.name for w in layer.weights] == ["kernel"] * 4
    only_input = built(Attention(2, 2, 4, **PLAIN | {"output_bias": False}))
    assert only_input.output_dense.bias is None
    assert only_input.key.bias is not None


def test_a_context_of_another_width():
    layer = built(Attention(2, 2, 4, **PLAIN), HIDDEN.shape, (2, 3, 6))
    assert layer.query.kernel.shape == (8, 8)
    assert layer.value.kernel.shape == (6, 8)
    outputs = layer(ops.convert_to_tensor(HIDDEN), ops.ones((2, 3, 6)))
    assert tuple(outputs.shape) == HIDDEN.shape


@pytest.mark.parametrize("use_bias", [True, False])
def test_dense_is_keras_dense(use_bias):
    ours = built(Dense(3, activation="relu", use_bias=use_bias, bias_initializer="ones"))
    theirs = built(keras.layers.Dense(3, activation="relu", use_bias=use_bias))
    theirs.set_weights(ours.get_weights())
    x = ops.convert_to_tensor(HIDDEN)
    np.testing.assert_allclose(array(ours(x)), array(theirs(x)), atol=1e-6)


def test_dense_takes_a_low_rank_adapter():
    layer = built(Dense(3))
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(np.ones((2, 3)))
    kernel = array(layer._kernel) + array(layer.lora_kernel_a) @ np.ones((2, 3))
    outputs = array(layer(ops.convert_to_tensor(HIDDEN)))
    np.testing.assert_allclose(outputs, HIDDEN @ kernel, rtol=1e-4, atol=1e-5)


def test_gated_feed_forward():
    layer = built(FeedForward(6, activation="silu", gated=True, use_bias=False))
    gate, inner, output = (
        array(part.kernel) for part in (layer.gate, layer.intermediate, layer.output_dense)
    )
    gated = HIDDEN @ gate
    expected = (gated / (1 + np.exp(-gated)) * (HIDDEN @ inner)) @ output
    outputs = array(layer(ops.convert_to_tensor(HIDDEN)))
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "value"), [("gelu", 0.8413447), ("gelu_tanh", 0.8411920), (None, 1.0), ("relu", 1.0)]
)
def test_activation_by_name(name, value):
    assert abs(float(get_activation(name)(ops.ones(1))[0]) - value) < 1e-6


def test_initializers_with_a_seed_are_copied_too():
    initializer = keras.initializers.RandomNormal(seed=1)
    assert fresh(initializer) is not initializer
    assert fresh("zeros").__class__ is keras.initializers.Zeros


def test_residual_normalizes_where_it_is_told():
    parts = {
        name: built(keras.layers.Rescaling(scale))
        for name, scale in (("pre_norm", 2.0), ("post_norm", 3.0), ("output_norm", 5.0))
    }
    residual = built(Residual(**parts))
    hidden = ops.ones((1, 1))
    assert float(residual.enter(hidden)[0, 0]) == 2.0
    assert float(residual.leave(hidden, hidden, training=False)[0, 0]) == 5.0 * (1 + 3)
