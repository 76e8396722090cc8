"""Weights in several files, with an index."""

import json

import numpy as np
import pytest
from presets.miniature import MiniBackbone, assert_same_outputs

from nlpkit.presets.folders.store import PresetFolder
from nlpkit.presets.formats.safetensors_file import TensorFiles

FORMATS = {
    "safetensors": ("model-{}.safetensors", "model.safetensors.index.json"),
    "pickle": ("pytorch_model-{}.bin", "pytorch_model.bin.index.json"),
}


@pytest.fixture(params=FORMATS)
def sharded(request, backbone, tmp_path):
    """A Hugging Face folder of two shards; and its index."""
    folder = tmp_path / "saved"
    backbone.save_to_preset(folder)
    tensors = _tensors(folder)
    for name in ("model.safetensors", "nlpkit.json"):
        (folder / name).unlink()
    pattern, index = FORMATS[request.param]
    weight_map = {name: pattern.format(i % 2) for i, name in enumerate(tensors)}
    for file in {*weight_map.values()}:
        _write(folder / file, {n: x for n, x in tensors.items() if weight_map[n] == file})
    (folder / index).write_text(json.dumps({"weight_map": weight_map}))
    return folder, folder / index


def _tensors(folder):
    files = TensorFiles([folder / "model.safetensors"])
    return {name: files.read(name) for name in files.shapes}


def _write(path, tensors):
    if path.suffix == ".safetensors":
        from safetensors.numpy import save_file

        save_file(tensors, path)
    else:
        torch = pytest.importorskip("torch")
        torch.save({name: torch.from_numpy(x) for name, x in tensors.items()}, path)


def test_shards_are_read(sharded, backbone):
    loaded = MiniBackbone.from_preset(sharded[0], allow_pickle=True)
    assert_same_outputs(loaded, backbone)
    for found, expected in zip(loaded.weights, backbone.weights, strict=True):
        np.testing.assert_array_equal(np.array(found), np.array(expected))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda stated: stated.update(extra=next(iter(stated.values()))), r"missing: extra \("),
        (lambda stated: stated.pop("norm.weight"), "not in it: norm.weight"),
        (
            lambda stated: stated.update({"norm.bias": stated["norm.weight"]}),
            "elsewhere or not in it: norm.bias",
        ),
    ],
)
def test_index_that_does_not_fit_the_files_is_refused(sharded, change, named):
    folder, index = sharded
    weight_map = json.loads(index.read_text())["weight_map"]
    change(weight_map)
    index.write_text(json.dumps({"weight_map": weight_map}))
    with pytest.raises(ValueError, match=f"does not fit the files.*{named}"):
        PresetFolder(folder, allow_pickle=True).tensors()
