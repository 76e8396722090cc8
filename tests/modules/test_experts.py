"""Experts against a plain loop over tokens, and against transformers' layers."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from nlpkit.modules.experts import Experts

MAPS = Path("/proc/self/maps")
SIZES = {"num_experts": 5, "experts_per_token": 2, "intermediate_dim": 6}
KINDS = {
    "mixtral": {"activation": "silu", "normalized": True},
    "not normalized": {"activation": "gelu", "normalized": False},
    "gpt-oss": {
        "activation": "silu",
        "normalized": True,
        "use_bias": True,
        "swiglu_limit": 0.3,
        "swiglu_alpha": 1.3,
    },
}


def make(kind, **sizes):
    wide = {"kernel_initializer": keras.initializers.RandomNormal(stddev=1.0)}
    layer = Experts(**{**SIZES, **sizes}, **KINDS[kind], **wide, bias_initializer="random_normal")
    layer.build((None, None, 4))
    return layer


def silu(x, slope=1.0):
    return x / (1 + np.exp(-slope * x))


def expected(layer, x):
    """The definition, token by token."""
    w = {variable.path: ops.convert_to_numpy(variable) for variable in layer.variables}
    w = {"/".join(path.split("/")[-2:]): value.astype("float64") for path, value in w.items()}

    def dense(name, x, e):
        return x @ w[f"{name}/kernel"][e] + w.get(f"{name}/bias", np.zeros(99))[e]

    output = np.zeros_like(x)
    for token, row in zip(x.reshape(-1, 4), output.reshape(-1, 4), strict=True):
        logits = token @ w["router/kernel"] + w.get("router/bias", 0)
        weights = np.exp(logits) / np.exp(logits).sum()
        chosen = np.argsort(-weights)[: layer.experts_per_token]
        for e in chosen:
            gate, inner = dense("gate", token, e), dense("intermediate", token, e)
            if layer.swiglu_limit is None:
                inner = ops.convert_to_numpy(layer._activation(ops.array(gate))) * inner
            else:
                gate = np.minimum(gate, layer.swiglu_limit)
                inner = np.clip(inner, -layer.swiglu_limit, layer.swiglu_limit) + 1
                inner = silu(gate, layer.swiglu_alpha) * inner
            share = weights[e] / (weights[chosen].sum() if layer.normalized else 1)
            row += share * dense("output", inner, e)
    return output


# From one token, whose experts are all of the blocks, to far more tokens than rows of a block.
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (2, 150)])
def test_a_token_gets_the_weighted_sum_of_its_experts(kind, shape, rng):
    layer = make(kind)
    x = rng.normal(size=(*shape, 4)).astype("float32")
    result = ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(result, expected(layer, x.astype("float64")), rtol=1e-4, atol=1e-5)


def test_all_tokens_may_choose_the_same_experts(rng):
    layer = make("mixtral")
    x = np.repeat(rng.normal(size=(1, 1, 4)), 300, axis=1).astype("float32")
    result = ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(result, np.repeat(result[:, :1], 300, axis=1), rtol=1e-5)
    np.testing.assert_allclose(result[0, :1], expected(layer, x[:, :1].astype("float64"))[0], 1e-4)


def test_every_expert_may_be_chosen(rng):
    layer = make("not normalized", experts_per_token=5)
    x = rng.normal(size=(1, 3, 4)).astype("float32")
    result = ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(result, expected(layer, x.astype("float64")), rtol=1e-4, atol=1e-5)


def test_an_expert_that_overflows_is_not_felt_by_tokens_that_did_not_choose_it(rng):
    layer = make("mixtral", num_experts=3, experts_per_token=1)
    layer.router.kernel.assign(np.eye(4, 3) * 9)
    broken = ops.convert_to_numpy(layer.output_dense.kernel).copy()
    broken[0] = np.inf
    layer.output_dense.kernel.assign(broken)
    result = ops.convert_to_numpy(layer(np.eye(3, 4, dtype="float32")[None]))
    assert list(np.isfinite(result).all(axis=-1)[0]) == [False, True, True]


def test_compiled_and_of_unknown_length(rng):
    inputs = keras.Input((None, 4))
    layer = make("gpt-oss")
    model = keras.Model(inputs, layer(inputs))
    for shape in [(2, 3, 4), (1, 70, 4)]:
        x = rng.normal(size=shape).astype("float32")
        np.testing.assert_allclose(
            model.predict(x, verbose=0), ops.convert_to_numpy(layer(x)), rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize("kind", KINDS)
def test_training_changes_every_weight_and_lowers_the_loss(kind, rng):
    layer = make(kind)
    model = keras.Sequential([keras.Input((7, 4)), layer])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    before = [ops.convert_to_numpy(v).copy() for v in model.trainable_variables]
    x = rng.normal(size=(16, 7, 4)).astype("float32")
    losses = model.fit(x, np.tanh(x), epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    for variable, old in zip(model.trainable_variables, before, strict=True):
        assert np.any(ops.convert_to_numpy(variable) != old), variable.path


def test_gradients_equal_finite_differences_of_the_output(rng):
    layer = make("mixtral")
    x = rng.normal(size=(1, 9, 4)).astype("float32")
    model = keras.Sequential([keras.Input((9, 4)), layer])
    model.compile(keras.optimizers.SGD(1.0), lambda y, p: ops.sum(p, axis=(1, 2)))
    kernel = layer.gate.kernel
    old = ops.convert_to_numpy(kernel).copy()

    def total():
        return float(ops.convert_to_numpy(layer(x)).sum())

    step = np.zeros_like(old)
    step[:, 1, 2] = 0.01
    kernel.assign(old + step)
    above = total()
    kernel.assign(old - step)
    slope = (above - total()) / 0.02
    kernel.assign(old)
    model.train_on_batch(x, x)
    gradient = (old - ops.convert_to_numpy(kernel))[:, 1, 2].sum()
    assert gradient == pytest.approx(slope, rel=2e-2, abs=1e-3)


def test_half_precision(rng):
    layer = Experts(**SIZES, **KINDS["mixtral"], dtype="mixed_bfloat16")
    result = layer(rng.normal(size=(2, 3, 4)).astype("float32"))
    assert keras.backend.standardize_dtype(result.dtype) == "bfloat16"
    assert layer.gate.kernel.dtype == "float32"


def test_the_loss_is_least_for_equal_shares_and_ignores_padding():
    layer = Experts(3, 1, 2, activation="silu", normalized=True, balance_coefficient=2.0)
    layer.build((None, None, 3))
    layer.router.kernel.assign(50 * np.eye(3))

    def loss(x, mask):
        layer(np.array([x], "float32"), padding_mask=np.array([mask]), training=True)
        (value,) = layer.losses
        return float(value)

    rows = np.eye(3)
    assert loss(rows, [True] * 3) == pytest.approx(2.0)
    assert loss(rows[[0, 0, 0]], [True] * 3) == pytest.approx(6.0)
    assert loss(rows[[0, 1, 0]], [True, True, False]) == pytest.approx(3.0)
    layer(np.array([rows], "float32"))
    assert not layer.losses


def test_jitter_is_of_training_alone(rng):
    layer = Experts(**SIZES, **KINDS["mixtral"], jitter=0.3)
    x = rng.normal(size=(1, 4, 8)).astype("float32")
    once, again, training = (layer(x, training=t) for t in (False, False, True))
    np.testing.assert_array_equal(ops.convert_to_numpy(once), ops.convert_to_numpy(again))
    assert np.any(ops.convert_to_numpy(once) != ops.convert_to_numpy(training))


def test_an_impossible_number_of_experts_is_an_error():
    with pytest.raises(ValueError, match="experts_per_token=3, num_experts=2"):
        Experts(2, 3, 4, activation="silu", normalized=True)


@pytest.mark.parametrize("family", ["mixtral", "qwen3_moe", "gpt_oss"])
def test_transformers_layers_give_the_same(family, rng):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    sizes = {"hidden_size": 4, "num_experts_per_tok": 2, "num_local_experts": 5}
    sizes |= {"num_experts": 5, "intermediate_size": 6, "moe_intermediate_size": 6}
    torch.manual_seed(0)
    name = {"mixtral": "Mixtral", "qwen3_moe": "Qwen3Moe", "gpt_oss": "GptOss"}[family]
    config = getattr(transformers, f"{name}Config")(**sizes, num_attention_heads=2)
    module = __import__(f"transformers.models.{family}.modeling_{family}", fromlist=["x"])
    block = getattr(module, f"{name}MLP" if family == "gpt_oss" else f"{name}SparseMoeBlock")
    block = block(config)
    weights = {}
    for key, parameter in block.named_parameters():
        torch.nn.init.normal_(parameter)
        weights[key.rsplit(".", 1)[-1]] = parameter.detach().numpy()
    layer = make("gpt-oss" if family == "gpt_oss" else "mixtral")
    layer.normalized = getattr(config, "norm_topk_prob", True)
    layer.swiglu_limit, layer.swiglu_alpha = (7.0, 1.702) if family == "gpt_oss" else (None, 0)
    layer.router.kernel.assign(weights["weight"].T)
    fused = weights["gate_up_proj"]
    if family == "gpt_oss":
        gate, up, down = fused[..., ::2], fused[..., 1::2], weights["down_proj"]
        layer.router.bias.assign(weights["bias"])
        layer.gate.bias.assign(weights["gate_up_proj_bias"][:, ::2])
        layer.intermediate.bias.assign(weights["gate_up_proj_bias"][:, 1::2])
        layer.output_dense.bias.assign(weights["down_proj_bias"])
    else:
        gate, up = np.split(fused.swapaxes(1, 2), 2, axis=-1)
        down = weights["down_proj"].swapaxes(1, 2)
    layer.gate.kernel.assign(gate)
    layer.intermediate.kernel.assign(up)
    layer.output_dense.kernel.assign(down)
    x = rng.normal(size=(2, 20, 4)).astype("float32")
    with torch.no_grad():
        result = block(torch.tensor(x))
    result = (result[0] if isinstance(result, tuple) else result).numpy()
    np.testing.assert_allclose(ops.convert_to_numpy(layer(x)), result, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="others compile by shape alone")
@pytest.mark.skipif(not MAPS.exists(), reason="Linux alone tells what is loaded")
def test_other_tokens_compile_nothing(rng):
    import tensorflow as tf

    program = tf.function(make("mixtral"), jit_compile=True)
    loaded = []
    for _ in range(3):
        program(tf.constant(rng.normal(size=(1, 9, 4)), "float32"))
        loaded.append(len(MAPS.read_text().splitlines()))
    # A program is loaded into dozens of parts of the memory.
    assert loaded[2] < loaded[1] + 10
