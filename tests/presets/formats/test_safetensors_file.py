"""Safetensors files."""

import json

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from nlpkit.presets.formats.safetensors_file import TensorFiles, write_tensors


@pytest.mark.parametrize("dtype", ["float32", "float16", ml_dtypes.bfloat16, "int32"])
def test_tensors_come_back_as_they_were(tmp_path, dtype):
    tensors = {"a": np.arange(6).reshape(2, 3).astype(dtype), "t": np.ones((2, 3), dtype).T}
    write_tensors(tmp_path / "x", tensors)
    files = TensorFiles([tmp_path / "x"])
    assert files.shapes == {"a": (2, 3), "t": (3, 2)}
    for name, expected in tensors.items():
        assert files.read(name).dtype == expected.dtype
        np.testing.assert_array_equal(files.read(name), expected)


def test_transposed_views_are_written_in_their_own_order(tmp_path):
    matrix = np.arange(6, dtype="float32").reshape(2, 3)
    write_tensors(tmp_path / "x", {"t": matrix.T})
    np.testing.assert_array_equal(load_file(tmp_path / "x")["t"], matrix.T)


def test_storage_dtype_is_for_floats_only(tmp_path):
    write_tensors(tmp_path / "x", {"a": np.ones(2, "float32"), "i": np.ones(2, "int32")}, "float16")
    files = TensorFiles([tmp_path / "x"])
    assert [files.read(name).dtype for name in "ai"] == ["float16", "int32"]


def test_value_too_large_for_the_storage_dtype_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"a has values of up to 1e\+05, too large for dtype="):
        write_tensors(tmp_path / "x", {"a": np.array([1e5], "float32")}, "float16")


def test_file_says_that_it_is_for_pytorch(tmp_path):
    write_tensors(tmp_path / "x", {"a": np.ones(2)})
    raw = (tmp_path / "x").read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    assert header["__metadata__"] == {"format": "pt"}


def _damages(raw):
    return {
        "truncated": raw[:-4],
        "longer": raw + b"1234",
        "empty": b"",
        "no header": raw[:5],
        "other": b"not a tensor file at all",
    }


@pytest.mark.parametrize("damage", _damages(b""))
def test_damaged_file_is_named_with_the_cause(tmp_path, damage):
    write_tensors(tmp_path / "x", {"a": np.ones(8)})
    (tmp_path / "x").write_bytes(_damages((tmp_path / "x").read_bytes())[damage])
    with pytest.raises(ValueError, match=r"/x is not an intact safetensors file: .*header"):
        TensorFiles([tmp_path / "x"])


def test_unsupported_dtype_is_named(tmp_path):
    save_file({"a": np.ones(2, ml_dtypes.float8_e4m3fn)}, tmp_path / "x")
    with pytest.raises(ValueError, match="a has dtype F8_E4M3, supported are F64"):
        TensorFiles([tmp_path / "x"])


def test_tensor_in_two_files_is_refused(tmp_path):
    for name in "xy":
        write_tensors(tmp_path / name, {"a": np.ones(2)})
    with pytest.raises(ValueError, match="both hold the tensor a"):
        TensorFiles([tmp_path / "x", tmp_path / "y"])


def test_others_may_read_the_file(tmp_path):
    write_tensors(tmp_path / "model.safetensors", {"x": np.ones(2, "float32")})
    assert (tmp_path / "model.safetensors").stat().st_mode & 0o444 == 0o444
