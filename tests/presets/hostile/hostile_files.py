"""Hostile files: links that lead out, vocabularies without end, pickles under other names."""

import json
import os
import pickle
import shutil
import zipfile

from presets.hostile.hostile_case import HUGGING_FACE, KERASHUB, OWN, Case, both, edit, link, write

WEIGHTS, PICKLE, VOCABULARY = "model.safetensors", "pytorch_model.bin", "vocab.txt"
ASSET = "assets/tokenizer/vocabulary.txt"
LEAVES = "leads outside its folder"


class _Payload:
    """Unpickling it makes the file `pwned`."""

    def __init__(self, outside):
        self.command = f"touch {outside.parent / 'pwned'}"

    def __reduce__(self):
        return os.system, (self.command,)


def _payload(outside):
    return pickle.dumps({"weight": _Payload(outside)})


def _torch_payload(outside):
    """The payload in the archive that torch.save writes."""
    path = outside.parent / "payload.bin"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", _payload(outside))
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", "little")
    return path.read_bytes()


def _archive_bomb(outside):
    path = outside.parent / "bomb.bin"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * (32 << 20))
    return path.read_bytes()


def _without(name, *spoilers):
    return both(lambda folder, _: (folder / name).unlink(), *spoilers)


def _linked_assets(folder, outside):
    shutil.rmtree(folder / "assets" / "tokenizer")
    (folder / "assets" / "tokenizer").symlink_to(outside.parent, target_is_directory=True)


def _chain(folder, outside):
    (folder / "one").symlink_to(outside)
    (folder / VOCABULARY).unlink()
    (folder / VOCABULARY).symlink_to(folder / "one")


def _blob(folder, outside):
    """As in the Hugging Face cache, but the blob is a link in its turn."""
    blobs = folder.parent.parent / "blobs"
    blobs.mkdir()
    (blobs / "abc").symlink_to(outside)
    (folder / VOCABULARY).unlink()
    (folder / VOCABULARY).symlink_to("../../blobs/abc")


def _pipe(folder, outside):
    (folder / VOCABULARY).unlink()
    os.mkfifo(folder / VOCABULARY)


def _listing(*names, size=1):
    """Have the manifest list further files."""
    return edit("nlpkit.json", files={name: {"sha256": "", "size": size} for name in names})


def _staged(place):
    """Have the manifest say that its files are elsewhere."""

    def spoil(folder, outside):
        (folder / ".nlpkit-0123abcd").symlink_to(outside.parent)
        edit("nlpkit.json", staged={"folder": place, "replaced": {}})(folder, outside)

    return spoil


LISTS = [
    Case(
        "two files that are one where case is ignored",
        OWN,
        _listing("vocab.txt", "VOCAB.TXT"),
        "ignore case",
    ),
    Case("device of Windows as file", OWN, _listing("nul.txt"), "is a device on Windows"),
    Case("name that ends in a dot", OWN, _listing("vocab.txt."), "which Windows cannot have"),
    Case("file without size", OWN, _listing("a", size=None), "must state sha256 and size of a"),
    Case("endless list of files", OWN, _listing(*map(str, range(1001))), "lists more than 1000"),
    Case("files staged outside", OWN, _staged("../outside"), "not the folder of a save"),
    Case(
        "files staged behind a link", OWN, _staged(".nlpkit-0123abcd"), "not the folder of a save"
    ),
]
LINKS = [
    Case("linked weights", HUGGING_FACE, link(WEIGHTS), LEAVES),
    Case("linked weights, nlpkit's", OWN, link(WEIGHTS), LEAVES),
    Case("linked weights, KerasHub's", KERASHUB, link("model.weights.h5"), LEAVES),
    Case("linked head", KERASHUB, link("task.weights.h5"), LEAVES),
    Case("linked vocabulary", HUGGING_FACE, link(VOCABULARY), LEAVES),
    Case("linked vocabulary, KerasHub's", KERASHUB, link(ASSET), LEAVES),
    Case("linked configuration", HUGGING_FACE, link("config.json"), LEAVES),
    Case("linked manifest", OWN, link("nlpkit.json"), LEAVES),
    Case("linked tokenizer settings", HUGGING_FACE, link("tokenizer_config.json"), LEAVES),
    Case("linked tokenizer", HUGGING_FACE, link("tokenizer.json"), LEAVES),
    Case("linked index", HUGGING_FACE, link("model.safetensors.index.json"), LEAVES),
    Case("linked task", KERASHUB, link("task.json"), LEAVES),
    Case("linked assets", KERASHUB, _linked_assets, LEAVES),
    Case("link to a link", HUGGING_FACE, _chain, LEAVES),
    Case("link to a blob that is a link", HUGGING_FACE, _blob, LEAVES),
    Case("link to a device", HUGGING_FACE, link(VOCABULARY, "/dev/zero"), LEAVES),
    Case("link to this process", HUGGING_FACE, link(VOCABULARY, "/proc/self/environ"), LEAVES),
    Case("link to itself", HUGGING_FACE, link(VOCABULARY, VOCABULARY), "leads nowhere|neither tok"),
    Case("pipe", HUGGING_FACE, _pipe, "is a pipe"),
]

VOCABULARIES = [
    Case("large vocabulary", HUGGING_FACE, write(VOCABULARY, b"x" * (17 << 20)), "more than 16 Mi"),
    Case("many lines", HUGGING_FACE, write(VOCABULARY, b"\n" * (2 << 20)), "more than 1000000 lin"),
    Case("many lines, KerasHub's", KERASHUB, write(ASSET, b"\n" * (2 << 20)), "more than 1000000"),
    Case("one word", HUGGING_FACE, write(VOCABULARY, b"a\n" * 900_000), "each token once"),
    Case("no text", HUGGING_FACE, write(VOCABULARY, b"\xff\xfe\0"), "is not UTF-8 text"),
    Case(
        "more tokens than rows", HUGGING_FACE,
        write(VOCABULARY, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n" + "\n".join(map(str, range(999)))),
        "more than the 11 rows",
    ),
    Case(
        "far ids", HUGGING_FACE,
        write("tokenizer.json", lambda _: json.dumps({
            "normalizer": {"type": "BertNormalizer", "lowercase": True, "strip_accents": None,
                           "handle_chinese_chars": True, "clean_text": True},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[UNK]": 10**12},
                      "continuing_subword_prefix": "##", "max_input_chars_per_word": 100},
        })),
        "ids from 0 to",
    ),
    Case("no tokenizer", HUGGING_FACE, write("tokenizer.json", '{"model": []}'), r"tokenizer\.jso"),
    Case(
        "object as token", HUGGING_FACE, edit("tokenizer_config.json", cls_token=[1]), "malformed t"
    ),
    Case(
        "class of the tokenizer", HUGGING_FACE,
        edit("tokenizer_config.json", tokenizer_class="os.system"), "tokenizer_class must be",
    ),
]  # fmt: skip

PICKLES = [
    Case("pickle", HUGGING_FACE, _without(WEIGHTS, write(PICKLE, _payload)), "allow_pickle=True"),
    Case(
        "pickle that runs code", HUGGING_FACE, _without(WEIGHTS, write(PICKLE, _payload)),
        "without running code", ("allow_pickle",),
    ),
    Case(
        "archive that runs code", HUGGING_FACE, _without(WEIGHTS, write(PICKLE, _torch_payload)),
        "without running code", ("allow_pickle",),
    ),
    Case(
        "archive that grows", HUGGING_FACE, _without(WEIGHTS, write(PICKLE, _archive_bomb)),
        "compressed archive", ("allow_pickle",),
    ),
    Case(
        "pickle of something else", HUGGING_FACE,
        _without(WEIGHTS, write(PICKLE, lambda _: pickle.dumps([1]))),
        "cannot be read|something other than tensors", ("allow_pickle",),
    ),
    Case("pickle as safetensors", HUGGING_FACE, write(WEIGHTS, _payload), "not an intact safet"),
    Case("archive as safetensors", HUGGING_FACE, write(WEIGHTS, _torch_payload), "not an intact"),
    Case("pickle as HDF5", KERASHUB, write("model.weights.h5", _payload), "not an intact HDF5"),
    Case("pickle as the head", KERASHUB, write("task.weights.h5", _payload), "not an intact HDF5"),
    Case("pickle as vocabulary", HUGGING_FACE, write(VOCABULARY, _payload), "UTF-8|special|lac"),
    Case("pickle as configuration", HUGGING_FACE, write("config.json", _payload), "readable JSON"),
    Case("pickle as manifest", OWN, write("nlpkit.json", _payload), "not a readable JSON"),
    Case("pickle as tokenizer", KERASHUB, write("tokenizer.json", _payload), "not a readable JSON"),
]  # fmt: skip

CASES = LISTS + LINKS + VOCABULARIES + PICKLES
