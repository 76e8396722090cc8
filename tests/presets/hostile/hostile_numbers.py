"""Hostile numbers: weights that are none, or that repeat without end."""

import json

import numpy as np
from presets.hostile.hostile_case import GPT2, HUGGING_FACE, KERASHUB, LLAMA, Case
from presets.hostile.hostile_weights import BIAS, instead, raw


def _stored(code, dtype):
    """Store all tensors in another type, of zeros."""

    def spoil(folder, outside):
        path = folder / "model.safetensors"
        raw = path.read_bytes()
        length = int.from_bytes(raw[:8], "little")
        header, at = json.loads(raw[8 : 8 + length]), 0
        for name, entry in header.items():
            if name != "__metadata__":
                size = int(np.prod(entry["shape"])) * np.dtype(dtype).itemsize
                entry |= {"dtype": code, "data_offsets": [at, at + size]}
                at += size
        text = json.dumps(header).encode()
        path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(at))

    return spoil


def _numbers(number, dtype="<f4"):
    """End the data in another number."""
    return raw(lambda x: x[: -np.dtype(dtype).itemsize] + np.array(number, dtype).tobytes())


def _pickled(change):
    """Weights as PyTorch pickles them, with one tensor changed."""

    def spoil(folder, outside):
        import torch
        from safetensors.torch import load_file

        tensors = load_file(folder / "model.safetensors")
        (folder / "model.safetensors").unlink()
        tensors[BIAS] = change(torch, tensors[BIAS])
        torch.save(tensors, folder / "pytorch_model.bin")

    return spoil


NO_WEIGHTS, PICKLED = "not finite", ("allow_pickle",)
NUMBERS = [
    Case("no number", HUGGING_FACE, _numbers(np.nan), NO_WEIGHTS),
    Case("infinite number", HUGGING_FACE, _numbers(-np.inf), NO_WEIGHTS),
    Case("weight that overflows", HUGGING_FACE, _numbers(3e38), NO_WEIGHTS),
    Case("no number, GPT-2's", GPT2, _numbers(np.nan), NO_WEIGHTS),
    Case("no number, Llama's", LLAMA, _numbers(np.nan), NO_WEIGHTS),
    Case("integers", HUGGING_FACE, _stored("I32", "i4"), "of the type int32; weights are"),
    Case("bytes", HUGGING_FACE, _stored("U8", "u1"), "of the type uint8; weights are"),
    Case("truths", HUGGING_FACE, _stored("BOOL", "?"), "of the type bool; weights are"),
    Case("integers, GPT-2's", GPT2, _stored("I64", "i8"), "of the type int64; weights are"),
    Case("complex numbers", HUGGING_FACE, _stored("C64", "c8"), "has dtype C64"),
    Case(
        "complex numbers, pickled", HUGGING_FACE,
        _pickled(lambda torch, x: x.to(torch.complex64)), "plain tensors", PICKLED,
    ),
    Case(
        "strides of a number without end", HUGGING_FACE,
        _pickled(lambda torch, x: torch.zeros(1).expand(10**6, 10**6)), "has the shape", PICKLED,
    ),
    Case(
        "overlapping strides", HUGGING_FACE,
        _pickled(lambda torch, x: torch.zeros(2000).as_strided((1000, 1000), (1, 1))),
        "has the shape", PICKLED,
    ),
    Case("sparse tensor", HUGGING_FACE, _pickled(lambda torch, x: x.to_sparse()), "plain", PICKLED),
    Case(
        "compressed rows", HUGGING_FACE,
        _pickled(lambda torch, x: torch.eye(3).to_sparse_csr()), "plain tensors|without running",
        PICKLED,
    ),
    Case(
        "tensor without memory", HUGGING_FACE,
        _pickled(lambda torch, x: torch.empty(10**6, 10**6, device="meta")),
        "plain tensors|without running", PICKLED,
    ),
    Case(
        "quantized tensor", HUGGING_FACE,
        _pickled(lambda torch, x: torch.quantize_per_tensor(x, 0.1, 0, torch.qint8)),
        "plain tensors|without running", PICKLED,
    ),
    Case(
        "no number, pickled", HUGGING_FACE, _pickled(lambda torch, x: x * np.nan), NO_WEIGHTS,
        PICKLED,
    ),
]  # fmt: skip
KERAS = [
    Case(
        "integers, KerasHub's", KERASHUB,
        instead(lambda f, p, o: f.create_dataset(p, data=np.zeros(8, "i4"))), "of the type int32",
    ),
    Case(
        "no number, KerasHub's", KERASHUB,
        instead(lambda f, p, o: f.create_dataset(p, data=np.full(8, np.nan, "f4"))), NO_WEIGHTS,
    ),
    Case(
        "complex numbers, KerasHub's", KERASHUB,
        instead(lambda f, p, o: f.create_dataset(p, data=np.zeros(8, "c8"))), "holds no numbers",
    ),
]  # fmt: skip
CASES = NUMBERS + KERAS
