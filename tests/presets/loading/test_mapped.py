"""Weights that stay in their file, mapped into memory, where variables can have it as theirs."""

import mmap
from pathlib import Path

import keras
import numpy as np
import pytest
from presets.miniature import TinyBackbone, TinyClassifier, assert_same_outputs, outputs, randomized
from safetensors.numpy import load_file

from nlpkit.presets.formats.safetensors_file import TensorFiles, write_tensors

ON_TORCH = keras.backend.backend() == "torch"
only_on_torch = pytest.mark.skipif(not ON_TORCH, reason="other backends copy what they are given")


@pytest.fixture
def files(tmp_path):
    tensors = {
        "a": np.arange(6, dtype="float32").reshape(2, 3),
        "i": np.ones(3, "int64"),
        "none": np.ones((0, 2), "float32"),
        "scalar": np.array(7.0, "float32"),
    }
    write_tensors(tmp_path / "x", tensors)
    return TensorFiles([tmp_path / "x"]), tensors


def test_views_are_what_is_read(files):
    for name, expected in files[1].items():
        assert files[0].view(name).dtype == expected.dtype
        np.testing.assert_array_equal(files[0].view(name), expected)
        np.testing.assert_array_equal(files[0].read(name), expected)


def test_views_share_the_file_s_memory(files):
    assert np.shares_memory(files[0].view("a"), files[0].view("a"))
    assert not np.shares_memory(files[0].read("a"), files[0].read("a"))


def test_what_is_written_to_a_view_stays_out_of_the_file(files, tmp_path):
    files[0].view("a")[:] = 9
    np.testing.assert_array_equal(load_file(tmp_path / "x")["a"], files[1]["a"])


@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="The system has no such advice")
def test_what_is_not_kept_leaves_memory_without_its_neighbours(tmp_path):
    write_tensors(tmp_path / "x", {name: np.zeros(10_000, "float32") for name in "abc"})
    files = TensorFiles([tmp_path / "x"])
    kept, passing, last = (files.view(name, keep=name != "b") for name in "abc")
    for view in (kept, last):
        view[:] = 1
    files.view("b", keep=False)[:] = 1
    files.finish_reading()
    assert (passing == 0).sum() > 7000  # All pages but those it shares with the others.
    assert kept.all()
    assert last.all()


def test_tensor_at_an_odd_place_is_read(tmp_path):
    header = (
        b'{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},'
        b'"f":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}'
    )
    content = len(header).to_bytes(8, "little") + header + b"\1" + np.float32(2).tobytes()
    (tmp_path / "x").write_bytes(content)
    view = TensorFiles([tmp_path / "x"]).view("f")
    assert view.flags.aligned
    np.testing.assert_array_equal(view, [2.0])


def test_file_that_is_cut_short_later_is_named(files, tmp_path):
    content = (tmp_path / "x").read_bytes()
    (tmp_path / "x").write_bytes(content[:-40])
    with pytest.raises(ValueError, match="x was cut short while it was read"):
        [files[0].read(name) for name in files[1]]


@only_on_torch
def test_variables_are_the_file(backbone, tmp_path, monkeypatch):
    backbone.save_to_preset(tmp_path / "saved")
    monkeypatch.setattr(TensorFiles, "read", lambda *_: pytest.fail("it was copied"))
    np.testing.assert_allclose(
        outputs(TinyBackbone.from_preset(tmp_path / "saved", mmap=True)),
        outputs(backbone),
        rtol=1e-5,
    )


def _maps(path):
    """Whether this process has a file mapped, as Linux says."""
    maps = Path("/proc/self/maps")
    return maps.exists() and str(path.resolve()) in maps.read_text()


def test_a_model_has_memory_of_its_own(backbone, tmp_path):
    backbone.save_to_preset(tmp_path / "saved")
    path = tmp_path / "saved" / "model.safetensors"
    loaded = TinyBackbone.from_preset(tmp_path / "saved")
    before = outputs(loaded)
    assert not _maps(path)  # Or shortening it would kill this process.
    path.write_bytes(bytes(path.stat().st_size))
    np.testing.assert_array_equal(outputs(loaded), before)
    path.write_bytes(b"")
    np.testing.assert_array_equal(outputs(loaded), before)


@only_on_torch
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="The system does not tell")
@pytest.mark.parametrize("is_linked", [True, False])
def test_only_blobs_of_the_hub_s_cache_are_mapped_unasked(backbone, tmp_path, is_linked):
    folder, blobs = (
        tmp_path / "repository" / "snapshots" / "revision",
        tmp_path / "repository" / "blobs",
    )
    backbone.save_to_preset(folder)
    blobs.mkdir()
    path = folder / "model.safetensors"
    if is_linked:
        path = path.rename(blobs / ("0" * 64))
        (folder / "model.safetensors").symlink_to(path)
    loaded = TinyBackbone.from_preset(folder)
    assert _maps(path) == is_linked
    assert_same_outputs(loaded, backbone)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_change_of_the_model_stays_out_of_the_file(backbone, tmp_path, dtype):
    backbone.save_to_preset(tmp_path / "saved")
    before = (tmp_path / "saved" / "model.safetensors").read_bytes()
    randomized(TinyBackbone.from_preset(tmp_path / "saved", dtype=dtype))
    assert (tmp_path / "saved" / "model.safetensors").read_bytes() == before


def test_model_outlives_a_preset_that_is_saved_in_its_place(classifier, tmp_path):
    classifier.save_to_preset(tmp_path / "saved")
    loaded = TinyClassifier.from_preset(tmp_path / "saved")
    before = outputs(loaded)
    for weight in classifier.weights:
        weight.assign(weight * 0)
    classifier.save_to_preset(tmp_path / "saved")
    np.testing.assert_array_equal(outputs(loaded), before)


def test_training_goes_on_as_without_a_preset(classifier, tmp_path):
    classifier.save_to_preset(tmp_path / "saved")
    loaded = TinyClassifier.from_preset(tmp_path / "saved")
    ids, labels = np.array([[1, 2, 3], [4, 2, 0]], "int32"), np.array([0, 2])
    for model in (classifier, loaded):
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.01), loss)
        for _ in range(3):
            model.train_on_batch(ids, labels)
    for found, expected in zip(loaded.weights, classifier.weights, strict=True):
        np.testing.assert_allclose(np.array(found), np.array(expected), rtol=1e-4, atol=1e-5)


@only_on_torch
def test_the_first_gradient_turns_kernels(backbone, tmp_path):
    """Optimizers would be slower: their own variables are not turned."""
    backbone.save_to_preset(tmp_path / "saved")
    loaded = TinyBackbone.from_preset(tmp_path / "saved")
    kernel = loaded.get_layer("layer_0").kernel.value
    assert not kernel.is_contiguous()
    before = kernel.detach().clone()
    loaded(np.array([[1, 2]], "int32"))["pooled_output"].sum().backward()
    assert kernel.is_contiguous()
    assert kernel.grad.is_contiguous()
    assert (kernel == before).all()
