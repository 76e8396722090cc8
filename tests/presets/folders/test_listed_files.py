"""What readers of a preset see: the files that are listed, as they were when they were compared."""

import json
import os
from pathlib import Path

import pytest
from presets.miniature import TinyBackbone, TinyTokenizer, assert_same_outputs

import nlpkit
from nlpkit.models import BertTokenizer
from nlpkit.presets.folders.store import PresetFolder
from nlpkit.presets.formats.safetensors_file import TensorFiles
from nlpkit.tokenizers import BytePairTokenizer

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "film", "fine"]
BYTES = {chr(i + 256 if i < 33 or 127 <= i < 161 or i == 173 else i): i for i in range(256)}


def _other_tokenizer(folder):
    """Files of another tokenizer, of every name that readers look for."""
    other = BertTokenizer([*WORDS[:5], "fine", "a", "film"], special_tokens=["film"])
    other.save_to_preset(folder)
    config = json.loads((folder / "tokenizer_config.json").read_text())
    return {
        "tokenizer.json": (folder / "tokenizer.json").read_bytes(),
        "tokenizer_config.json": json.dumps({**config, "do_lower_case": False}).encode(),
        "special_tokens_map.json": b'{"unk_token": "fine"}',
        "added_tokens.json": b'{"film": 5, "dull": 8}',
        "vocab.json": b'{"a": 0, "fine": 1}',
        "merges.txt": b"f i\n",
        "chat_template.jinja": b"{{ evil }}",
        "generation_config.json": b'{"eos_token_id": 5}',
        "tokenizer.model": b"no model",
        "spiece.model": b"no model",
    }


@pytest.fixture(params=["manifest", "lock", "download"])
def listed(request, tmp_path):
    """A BERT tokenizer's folder, whose files are listed in one way or another, and its handle."""
    if request.param == "download":
        hub = request.getfixturevalue("hub")
    folder, options = tmp_path / "saved", {}
    BertTokenizer(WORDS, lowercase=True).save_to_preset(folder)
    handle = str(folder)
    if request.param != "manifest":
        (folder / "nlpkit.json").unlink()
        (folder / "config.json").write_text('{"model_type": "bert"}')
    if request.param == "lock":
        options["lock"] = nlpkit.presets.lock(tmp_path / "presets.lock", handle)
    if request.param == "download":
        hub.publish("org/bert", {path.name: path.read_bytes() for path in folder.iterdir()})
        handle = "hf://org/bert"
        BertTokenizer.from_preset(handle)
        (found,) = (tmp_path / "hub").glob("*/snapshots/*")
        folder = found
    return folder, handle, options


def test_files_that_are_not_listed_are_not_read(listed, tmp_path):
    folder, handle, options = listed
    added = _other_tokenizer(tmp_path / "other")
    for name, content in added.items():
        if not (folder / name).exists():
            (folder / name).write_bytes(content)
    loaded = BertTokenizer.from_preset(handle, **options)
    assert loaded(["a fine Film"]) == [[5, 7, 6]]
    assert loaded.get_vocabulary() == WORDS
    assert loaded.carried.chat_template is None


@pytest.mark.parametrize("name", ["vocab.txt", "tokenizer_config.json"])
def test_listed_files_that_were_changed_are_refused_or_brought_again(listed, name):
    folder, handle, options = listed
    content = (folder / name).read_text()
    (folder / name).resolve().write_text(content.replace("a", "e", 1))
    if handle.startswith("hf://"):
        assert BertTokenizer.from_preset(handle)(["a fine Film"]) == [[5, 7, 6]]  # Brought again.
        return
    with pytest.raises(ValueError, match=rf"{name} is (damaged or was changed|not what .* pins)"):
        BertTokenizer.from_preset(handle, **options)


@pytest.mark.parametrize(
    ("tokenizer", "added"),
    [
        (BytePairTokenizer(BYTES, []), {"vocab.json": '{"b": 0}', "merges.txt": "b c"}),
        (BytePairTokenizer(BYTES, []), {"added_tokens.json": '{"b": 7}'}),
        (BytePairTokenizer(BYTES, []), {"special_tokens_map.json": '{"bos_token": "b"}'}),
    ],
    ids=["vocabulary", "added tokens", "special tokens"],
)
def test_what_would_contradict_a_byte_pair_tokenizer_is_not_read(tokenizer, added, tmp_path):
    tokenizer.save_to_preset(tmp_path / "saved")
    for name, content in added.items():
        (tmp_path / "saved" / name).write_text(content)
    assert type(tokenizer).from_preset(tmp_path / "saved")("a b") == tokenizer("a b")


def test_reader_of_paths_is_given_what_was_compared(tmp_path):
    TinyTokenizer(["a"]).save_to_preset(tmp_path)
    folder = PresetFolder(tmp_path)
    assert Path(folder) == tmp_path
    (tmp_path / "vocab.txt").write_text("hostile")
    shown = Path(folder)
    assert {
        path.name: path.read_text() for path in shown.iterdir() if path.name != "nlpkit.json"
    } == {"vocab.txt": "a"}
    del folder
    assert not shown.exists()


@pytest.mark.parametrize("how", ["written", "replaced"])
def test_what_is_parsed_is_what_was_compared(tmp_path, how):
    TinyTokenizer(["a"]).save_to_preset(tmp_path)
    folder = PresetFolder(tmp_path)
    target = tmp_path / ("vocab.txt" if how == "written" else "new")
    target.write_text("hostile")
    os.replace(target, tmp_path / "vocab.txt")
    assert folder.text("vocab.txt") == "a"


@pytest.fixture
def meanwhile(backbone, tmp_path, monkeypatch):
    """A function that has something done to the weights after they were compared."""
    backbone.save_to_preset(tmp_path / "saved")
    path, read = tmp_path / "saved" / "model.safetensors", TensorFiles.read

    def meanwhile(action):
        def read_later(tensors, name):
            if actions:
                actions.pop()(path)
            return read(tensors, name)

        actions = [action]
        monkeypatch.setattr(TensorFiles, "read", read_later)
        return TinyBackbone.from_preset(tmp_path / "saved")

    return meanwhile


def _spoil(path):
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[-4:] = b"\0\0\0\0"
    path.write_bytes(content)
    # As whoever wants to go unnoticed would.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [_spoil, lambda path: os.truncate(path, 900)])
def test_weights_that_change_while_they_are_read_are_refused(meanwhile, change):
    with pytest.raises(ValueError, match=r"model\.safetensors was (changed|cut short) while"):
        meanwhile(change)


def test_weights_that_are_replaced_while_they_are_read_are_read_on(meanwhile, backbone):
    def replace_by_a_spoilt_copy(path):
        copy = path.with_name("copy")
        copy.write_bytes(path.read_bytes())
        _spoil(copy)
        os.replace(copy, path)

    assert_same_outputs(meanwhile(replace_by_a_spoilt_copy), backbone)
