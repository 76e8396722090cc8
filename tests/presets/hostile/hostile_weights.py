"""Hostile weights: headers that lie, and what HDF5 can do beside holding numbers."""

import json

import h5py
import numpy as np
from presets.hostile.hostile_case import HUGGING_FACE, KERASHUB, Case

BIAS = "bert.embeddings.LayerNorm.bias"
FILTER_FROM_A_LIBRARY = 32015  # Zstandard, which HDF5 would look for among its plugins.


def _header(change):
    """Change the header of a safetensors file, and leave its data."""

    def spoil(folder, outside):
        path = folder / "model.safetensors"
        raw = path.read_bytes()
        length = int.from_bytes(raw[:8], "little")
        header, data = json.loads(raw[8 : 8 + length]), raw[8 + length :]
        text = change(header)
        text = (json.dumps(header) if text is None else text).encode()
        path.write_bytes(len(text).to_bytes(8, "little") + text + data)

    return spoil


def _entry(**changes):
    return _header(lambda header: header[BIAS].update(changes))


def _moved(begin, end):
    def change(header):
        place = header[BIAS]["data_offsets"]
        header[BIAS]["data_offsets"] = [place[0] + begin, place[1] + end]

    return _header(change)


def raw(change):
    def spoil(folder, outside):
        path = folder / "model.safetensors"
        path.write_bytes(change(path.read_bytes()))

    return spoil


def _twice(header):
    text = json.dumps(header)
    return text[:-1] + f", {json.dumps(BIAS)}: {json.dumps(header[BIAS])}" + "}"


SAFETENSORS = [
    Case("header as long as memory", HUGGING_FACE, raw(lambda x: b"\xff" * 8 + x[8:]), "longer"),
    Case("header past the end", HUGGING_FACE, raw(lambda x: b"\0\0\xff" + x[3:]), "longer"),
    Case(
        "header of 9 MiB", HUGGING_FACE, _header(lambda _: "{" + " " * (9 << 20) + "}"), "at most"
    ),
    Case("no header", HUGGING_FACE, raw(lambda x: x[:5]), "longer than the file"),
    Case(
        "header of many tensors", HUGGING_FACE, _header(lambda _: "[" + "{}," * 10**6), "many|most"
    ),
    Case("deep header", HUGGING_FACE, _header(lambda _: "[" * 10**5), "recursion"),
    Case("list as header", HUGGING_FACE, _header(lambda _: "[]"), "not a JSON object"),
    Case("tensor twice", HUGGING_FACE, _header(_twice), "occurs twice"),
    Case("shape larger than its bytes", HUGGING_FACE, _entry(shape=[2**40]), "its shape needs"),
    Case("shape that overflows", HUGGING_FACE, _entry(shape=[2**40, 2**40]), "its shape needs"),
    Case("shape past 64 bits", HUGGING_FACE, _entry(shape=[2**64 + 8]), "has the shape"),
    Case("empty but endless shape", HUGGING_FACE, _entry(shape=[2**63, 0]), "has the shape"),
    Case("negative shape", HUGGING_FACE, _entry(shape=[-2, -4]), "has the shape"),
    Case("fraction as shape", HUGGING_FACE, _entry(shape=[8.0]), "has the shape"),
    Case("endless rank", HUGGING_FACE, _entry(shape=[1] * 1000 + [8]), "has the shape"),
    Case("shape is a name", HUGGING_FACE, _entry(shape="8"), "has the shape"),
    Case("unknown dtype", HUGGING_FACE, _entry(dtype="F8_E4M3"), "has dtype F8_E4M3"),
    Case("object as dtype", HUGGING_FACE, _entry(dtype={"a": 1}), "has dtype"),
    Case("place before the data", HUGGING_FACE, _moved(-(10**6), -(10**6)), "has the place"),
    Case("place past the file", HUGGING_FACE, _moved(10**12, 10**12), "starts at byte|not"),
    Case("overlapping places", HUGGING_FACE, _moved(32, 32), "starts at byte"),
    Case("further key", HUGGING_FACE, _entry(file="/etc/passwd"), "is not described by"),
    Case("bytes of no tensor", HUGGING_FACE, raw(lambda x: x + b"1234"), "have .* bytes, the file"),
]


def _h5(change):
    def spoil(folder, outside):
        with h5py.File(folder / "model.weights.h5", "a") as file:
            change(file, outside)

    return spoil


def instead(make, place="layers/dense/vars/1"):
    """Put something else in the place of a bias of 8 numbers."""

    def change(file, outside):
        del file[place]
        make(file, place, outside)

    return _h5(change)


def _external(file, place, outside):
    file.create_dataset(place, shape=(8,), dtype="float32", external=[(str(outside), 0, 32)])


def _virtual(file, place, outside):
    layout = h5py.VirtualLayout(shape=(8,), dtype="float32")
    layout[:] = h5py.VirtualSource(str(outside), "x", shape=(8,))
    file.create_virtual_dataset(place, layout)


def _filtered(file, place, outside):
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((8,))
    properties.set_filter(FILTER_FROM_A_LIBRARY, h5py.h5z.FLAG_OPTIONAL)
    space = h5py.h5s.create_simple((8,))
    made = h5py.h5d.create(file.id, b"made", h5py.h5t.IEEE_F32LE, space, properties)
    del made
    file.move("made", place)


def _zipped(file, place, outside):
    file.create_dataset(
        place, shape=(4096, 8192), dtype="float32", data=np.zeros((4096, 8192), "float32"),
        compression="gzip", compression_opts=1, chunks=(512, 512),
    )  # fmt: skip


def _chunked(file, place, outside):
    file.create_dataset(
        place, data=np.zeros(8, "float32"), maxshape=(None,), chunks=(10**7,), compression="gzip"
    )


def _loop(file, outside):
    file["layers/dense/again"] = file["layers"]


def _shape(*shape, **options):
    def make(file, place, outside):
        file.create_dataset(place, shape=shape, dtype="float32", **options)

    return make


H5 = [
    Case("external storage (CVE-2026-1669)", KERASHUB, instead(_external), "in another file"),
    Case("virtual data set (CVE-2026-1669)", KERASHUB, instead(_virtual), "in another file"),
    Case(
        "external link (CVE-2026-1669)", KERASHUB,
        instead(lambda f, p, o: f.__setitem__(p, h5py.ExternalLink(str(o), "/x"))),
        "is a ExternalLink",
    ),
    Case(
        "external link in place of a group", KERASHUB,
        instead(lambda f, p, o: f.__setitem__(p, h5py.ExternalLink(str(o), "/")), "layers/dense"),
        "is a ExternalLink",
    ),
    Case(
        "soft link", KERASHUB,
        instead(lambda f, p, o: f.__setitem__(p, h5py.SoftLink("/layers"))), "is a SoftLink",
    ),
    Case("shape without bytes (CVE-2026-0897)", KERASHUB, instead(_shape(10**6, 10**6)), "only 0"),
    Case(
        "shape of chunks without bytes (CVE-2026-0897)", KERASHUB,
        instead(_shape(10**6, 10**6, chunks=(64, 64), compression="gzip")), "only 0 bytes",
    ),
    Case("compressed zeros", KERASHUB, instead(_zipped), "bytes cannot hold"),
    Case("oversized chunk", KERASHUB, instead(_chunked), "larger than itself"),
    Case("filter from a library", KERASHUB, instead(_filtered), r"needs the filters \[32015\]"),
    Case(
        "objects", KERASHUB, instead(lambda f, p, o: f.create_dataset(p, data=["eval"] * 8)),
        "holds no numbers",
    ),
    Case(
        "references", KERASHUB,
        instead(lambda f, p, o: f.create_dataset(p, data=f.ref, dtype=h5py.ref_dtype)),
        "holds no numbers",
    ),
    Case(
        "records", KERASHUB,
        instead(lambda f, p, o: f.create_dataset(p, data=np.zeros(8, [("a", "f4"), ("b", "f4")]))),
        "holds no numbers",
    ),
    Case(
        "named type", KERASHUB, instead(lambda f, p, o: f.__setitem__(p, np.dtype("float32"))),
        "is a Datatype",
    ),
    Case("loop of groups", KERASHUB, _h5(_loop), "occurs twice"),
    Case(
        "deep groups", KERASHUB, _h5(lambda f, _: f.create_group("/".join("a" * 400))), "too deep"
    ),
    Case(
        "one tensor by two names", KERASHUB,
        _h5(lambda f, _: f.__setitem__("again", f["layers/dense/vars/1"])), "occurs twice",
    ),
    Case(
        "two spellings of one tensor", KERASHUB,
        _h5(lambda f, _: f.copy(f["layers/dense"], f["layers"], "_dense")), "are the same tensor",
    ),
    Case(
        "truncated", KERASHUB,
        lambda folder, _: (folder / "model.weights.h5").write_bytes(
            (folder / "model.weights.h5").read_bytes()[:-4000]
        ),
        "not an intact HDF5 file",
    ),
]  # fmt: skip

CASES = SAFETENSORS + H5
