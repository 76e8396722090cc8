"""GPT-OSS's checkpoints as OpenAI publishes them, with their experts packed as MXFP4."""

import json
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from conformance.cases.case import assert_close
from conformance.cases.decoder import reference, rows_of_ids
from conformance.decoder_programs import run
from nlpkit.models import CausalLM, GptOssCausalLM
from nlpkit.presets.formats.mxfp4 import UnpackedTensors

BIT_PATTERNS = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6]
QUANTIZATION = {
    "quant_method": "mxfp4",
    "modules_to_not_convert": ["model.layers.*.self_attn", "model.embed_tokens", "lm_head"],
}
GATE_UP = "model.layers.1.mlp.experts.gate_up_proj"


def draw(shape, seed):
    """Random numbers that MXFP4 has, `[E, in, out]`, and how it packs them."""
    generator = np.random.default_rng(seed)
    num_experts, width, units = shape
    bits = generator.integers(0, 16, (num_experts, units, width // 32, 32))
    exponents = generator.integers(-8, -2, bits.shape[:3])
    numbers = np.take(BIT_PATTERNS, bits) * 2.0 ** exponents[..., None]
    dense = numbers.reshape(num_experts, units, width).swapaxes(1, 2).astype("float32")
    blocks = (bits[..., 0::2] | bits[..., 1::2] << 4).astype("uint8")
    return dense, {"blocks": blocks, "scales": (exponents + 127).astype("uint8")}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A random model of transformers, dense, and its folder in OpenAI's form."""
    import torch

    sizes = {"hidden_size": 64, "intermediate_size": 96, "head_dim": 8, "num_key_value_heads": 2}
    experts = {"num_local_experts": 3, "num_experts_per_tok": 2}
    model = reference("GptOssForCausalLM", **sizes, **experts, sliding_window=4)()
    folder = tmp_path_factory.mktemp("published")
    packed = {}
    for seed, (name, parameter) in enumerate(model.named_parameters()):
        if name.endswith(("gate_up_proj", "down_proj")):
            dense, parts = draw(parameter.shape, seed)
            parameter.data = torch.tensor(dense)
            packed |= {f"{name}_{part}": array for part, array in parts.items()}
    model.save_pretrained(folder)
    tensors = load_file(folder / "model.safetensors")
    kept = {name: x for name, x in tensors.items() if not name.endswith(("up_proj", "down_proj"))}
    save_file({**kept, **packed}, folder / "model.safetensors")
    configure(folder, quantization_config=QUANTIZATION)
    return SimpleNamespace(model=model, folder=folder)


@pytest.fixture
def folder(published, tmp_path):
    """A copy to spoil."""
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((published.folder / name).read_bytes())
    return tmp_path


def configure(folder, **changes):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))


def change_tensors(folder, **changes):
    tensors = load_file(folder / "model.safetensors")
    changed = {**tensors, **{GATE_UP + name: x for name, x in changes.items()}}
    kept = {name: np.ascontiguousarray(x) for name, x in changed.items() if x is not None}
    save_file(kept, folder / "model.safetensors")


def load(folder):
    return CausalLM.from_preset(folder, preprocessor=None)


def test_logits_are_those_of_the_dense_model(published):
    import torch

    ids, mask = rows_of_ids(published.model.config.vocab_size)
    with torch.no_grad():
        logits = published.model(torch.tensor(ids), attention_mask=torch.tensor(mask)).logits
    loaded = load(published.folder)
    assert type(loaded) is GptOssCausalLM
    assert_close(run(loaded, token_ids=ids, padding_mask=mask)[mask], logits.numpy()[mask])


def test_what_is_saved_is_dense(published, tmp_path):
    load(published.folder).save_to_preset(tmp_path)
    assert "quantization_config" not in json.loads((tmp_path / "config.json").read_text())
    expected = published.model.state_dict()
    saved = load_file(tmp_path / "model.safetensors")
    assert saved.keys() == expected.keys()
    np.testing.assert_array_equal(saved[GATE_UP], expected[GATE_UP].numpy())


class Tensors:
    def __init__(self, **arrays):
        self.arrays = arrays
        self.shapes = {name: array.shape for name, array in arrays.items()}

    def read(self, name):
        return self.arrays[name]


def unpack(parts):
    return UnpackedTensors(Tensors(x_blocks=parts["blocks"], x_scales=parts["scales"])).read("x")


def test_every_byte_and_scale_is_what_transformers_takes_it_for():
    torch = pytest.importorskip("torch")
    from transformers.integrations.mxfp4 import convert_moe_packed_tensors

    scales = np.arange(1, 253, dtype="uint8").reshape(2, 14, 9)  # None that overflows.
    blocks = np.resize(np.arange(256, dtype="uint8"), (*scales.shape, 16))
    parts = {"blocks": blocks, "scales": scales}
    dense = convert_moe_packed_tensors(*(torch.tensor(part) for part in parts.values()))
    found = unpack(parts)
    assert found.dtype == ml_dtypes.bfloat16
    np.testing.assert_array_equal(found.astype("float32"), dense.float().numpy())


def test_the_smallest_scale_and_the_one_that_is_no_number():
    blocks = np.full((1, 1, 2, 16), 0x21, "uint8")
    found = unpack({"blocks": blocks, "scales": np.array([[[0, 255]]], "uint8")})
    np.testing.assert_array_equal(found[0, :2, 0].astype("float64"), [2.0**-128, 2.0**-127])
    assert np.isnan(found[0, 32:].astype("float32")).all()


def test_unpacking_takes_little_more_memory_than_what_it_gives():
    import tracemalloc

    dense, parts = draw((16, 256, 512), seed=0)
    tracemalloc.start()
    unpack(parts)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.3 * dense.size * 2


BLOCKS, SCALES = np.zeros((3, 192, 2, 16), "uint8"), np.zeros((3, 192, 2), "uint8")
HOSTILE = {
    "no scales": ({"_scales": None}, "gate_up_proj_scales is missing"),
    "no blocks": ({"_blocks": None}, "without a tensor.*gate_up_proj"),
    "blocks of 8": ({"_blocks": BLOCKS[..., :8]}, r"must have a shape .* got \(3, 192, 2, 8\)"),
    "flat blocks": ({"_blocks": BLOCKS[0]}, r"must have a shape .* got \(192, 2, 16\)"),
    "scales of another shape": ({"_scales": SCALES[:, :5]}, r"must have .* and \(3, 5, 2\)"),
    "too many units": (
        {"_blocks": np.repeat(BLOCKS, 2, 1), "_scales": np.repeat(SCALES, 2, 1)},
        r"needs a tensor \(3, 64, 192\).*gate_up_proj has \(3, 64, 384\)",
    ),
    "dense, too": ({"": np.zeros((3, 64, 192), "float32")}, "occurs twice, packed as MXFP4"),
    "blocks of floats": ({"_blocks": BLOCKS.astype("float32")}, r"must be of bytes \(U8\)"),
    "scales of integers": ({"_scales": SCALES.astype("int32")}, r"must be of bytes \(U8\)"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_tensors_that_do_not_fit_are_refused(folder, case):
    changes, message = HOSTILE[case]
    change_tensors(folder, **changes)
    with pytest.raises(ValueError, match=message):
        load(folder)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"quant_method": "gptq"}, "quant_method='gptq' is not supported; supported: 'mxfp4'"),
        ({**QUANTIZATION, "block": 16}, "quantization_config has keys .* block=16"),
        ({}, "quantization_config lacks the key 'quant_method'"),
        ("mxfp4", "'quantization_config' must be of type dict"),
        (None, "no variable takes.*gate_up_proj_blocks"),
    ],
)
def test_other_quantizations_are_refused_by_name(folder, stated, message):
    configure(folder, quantization_config=stated)
    with pytest.raises(ValueError, match=message):
        load(folder)
