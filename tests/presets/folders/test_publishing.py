"""Where a preset may be saved, and what becomes of the files that are there."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from presets.miniature import TinyBackbone, TinyTokenizer

import nlpkit
from nlpkit.presets.folders import file_names, publishing
from nlpkit.presets.folders.file_names import check_distinct, folder_to_write, plain_name
from nlpkit.presets.folders.publishing import fingerprint, publish
from nlpkit.presets.folders.store import PresetFolder


def save(folder, name="new", files=()):
    def write(written):
        for file in ("config.json", *files):
            (written / file).write_text(json.dumps({"preset": name}))
        return ["config.json", *files]

    publish(folder, write, lambda: {"class": "Any", "arguments": {"preset": name}})


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def list_in_manifest(folder, **files):
    """Have a preset's manifest list further files."""
    manifest = json.loads((folder / "nlpkit.json").read_text())
    manifest["files"] |= {name.replace("_txt", ".txt"): facts for name, facts in files.items()}
    (folder / "nlpkit.json").write_text(json.dumps(manifest))


@pytest.fixture
def folder(tmp_path):
    save(tmp_path / "saved", "old")
    return tmp_path / "saved"


def test_file_of_the_earlier_preset_is_removed(folder):
    save(folder, "old", ["vocab.txt"])
    save(folder)
    assert names_in(folder) == ["config.json", "nlpkit.json"]


@pytest.mark.parametrize("name", ["thesis.txt", "VOCAB.TXT", "model.py"])
def test_file_of_a_name_that_nlpkit_never_writes_is_kept(folder, name):
    (folder / name).write_text("mine")
    list_in_manifest(folder, **{name: fingerprint(folder / name)})
    save(folder)
    assert (folder / name).read_text() == "mine"


def test_file_that_is_not_as_the_earlier_manifest_lists_it_is_kept(folder):
    save(folder, "old", ["vocab.txt"])
    (folder / "vocab.txt").write_text("mine")
    save(folder)
    assert (folder / "vocab.txt").read_text() == "mine"


def _stage(folder, name, content="hostile", staging=".nlpkit-0123abcd"):
    """Make a folder look as if saving there had been interrupted."""
    (folder / staging).mkdir()
    (folder / staging / name).write_text(content)
    manifest = json.loads((folder / "nlpkit.json").read_text())
    manifest["files"] |= {name: fingerprint(folder / staging / name)}
    manifest["staged"] = {"folder": staging, "replaced": {}}
    (folder / "nlpkit.json").write_text(json.dumps(manifest))


def test_what_an_interrupted_saving_left_replaces_no_other_file(folder):
    (folder / "thesis.txt").write_text("mine")
    _stage(folder, "thesis.txt")
    with pytest.raises(ValueError, match=r"thesis\.txt is in the way of the preset in"):
        save(folder)
    assert (folder / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("staging", ["..", "../other", ".", "assets", ".nlpkit-x/../..", ""])
def test_place_outside_the_folder_is_no_place_of_a_saving(folder, staging):
    _stage(folder, "vocab.txt")
    manifest = json.loads((folder / "nlpkit.json").read_text())
    manifest["staged"]["folder"] = staging
    (folder / "nlpkit.json").write_text(json.dumps(manifest))
    for function in (PresetFolder, save):
        with pytest.raises(
            ValueError, match=r"nlpkit\.json: staged names .*, not the folder of a save"
        ):
            function(folder)


@pytest.mark.parametrize("is_file", [True, False])
def test_links_of_a_saving_are_not_followed(folder, tmp_path, is_file):
    _stage(folder, "vocab.txt")
    staging, outside = folder / ".nlpkit-0123abcd", tmp_path / "outside"
    outside.mkdir()
    (outside / "vocab.txt").write_text("hostile")
    (staging / "vocab.txt").unlink()
    if is_file:
        (staging / "vocab.txt").symlink_to(outside / "vocab.txt")
    else:
        staging.rmdir()
        staging.symlink_to(outside)
    with pytest.raises(ValueError, match="leads outside its folder|not the folder of a save"):
        PresetFolder(folder)


@pytest.mark.parametrize("refusals", [1, 3])
def test_replacing_waits_for_who_has_the_file_open_on_windows(folder, monkeypatch, refusals):
    replace, left = os.replace, [refusals]

    def refuse_at_first(source, target):
        left[0] -= 1
        if left[0] >= 0:
            raise PermissionError(13, "The process cannot access the file", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse_at_first)
    monkeypatch.setattr(publishing, "_PATIENCE", (0.0,) * 3)
    save(folder)
    assert PresetFolder(folder).json("config.json") == {"preset": "new"}


@pytest.fixture
def files_stay_open(monkeypatch):
    """Files but the manifest are open in another program, on Windows."""
    replace = os.replace

    def refuse(source, target):
        if Path(target).name != "nlpkit.json":
            raise PermissionError(13, "The process cannot access the file", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)


def test_tokenizer_that_reads_paths_is_given_the_files_where_they_are(tmp_path, files_stay_open):
    with pytest.raises(PermissionError):
        TinyTokenizer(["a", "b"]).save_to_preset(tmp_path)
    assert not (tmp_path / "vocab.txt").exists()
    assert TinyTokenizer.from_preset(tmp_path).vocabulary == ["a", "b"]
    assert nlpkit.presets.verify(tmp_path) == ["vocab.txt"]


def test_preset_whose_files_stay_open_is_read_where_it_was_written(
    folder, files_stay_open, monkeypatch
):
    with pytest.raises(PermissionError) as raised:
        save(folder)
    assert "nlpkit reads the new preset" in raised.value.__notes__[0]
    assert json.loads((folder / "config.json").read_text()) == {"preset": "old"}
    assert PresetFolder(folder).json("config.json") == {"preset": "new"}
    monkeypatch.undo()
    save(folder, "newest")
    assert names_in(folder) == ["config.json", "nlpkit.json"]


def test_savings_at_once_come_one_after_another(folder):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: save(folder, str(i), ["vocab.txt"] * (i % 2)), range(8)))
    opened = PresetFolder(folder)
    assert opened.json("config.json") == opened.manifest["arguments"]
    assert names_in(folder) == sorted({"nlpkit.json", *opened.manifest["files"]})


def test_folders_that_were_made_for_it_go_with_a_saving_that_fails(tmp_path):
    def fail(written):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        publish(tmp_path / "a" / "b", fail, dict)
    assert not names_in(tmp_path)


@pytest.mark.parametrize(
    ("folder", "named"),
    [
        ("", "must name a folder; got ''"),
        ("  ", "must name a folder; got '  '"),
        ("a\0b", "must name a folder"),
        ("~", "would be a home folder itself"),
        ("~/", "is the home folder itself"),
        ("~nobody", "would be a home folder itself, or one called so"),
        ("~nobody/x", "would be a home folder itself, or one called so"),
        ("{home}", "is the home folder itself"),
        ("hf:/org/repo", "must be a folder on this machine"),
        ("hf://org/repo", "must be a folder on this machine; got 'hf://org/repo'"),
        ("https://host/x", "nlpkit.presets.upload publishes"),
        ("file:///tmp/x", "must be a folder on this machine"),
        ("{home}/file", "and .*file is a file"),
        ("{home}/file/x", "and .*file is a file"),
    ],
)
def test_what_is_no_place_for_a_preset_is_refused(monkeypatch, tmp_path, folder, named):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "file").touch()
    tokenizer = TinyTokenizer(["a"])
    for save_to in (tokenizer.save_to_preset, tokenizer.export_to_transformers):
        with pytest.raises(ValueError, match=named):
            save_to(folder.format(home=tmp_path / "home"))
    assert names_in(tmp_path) == ["home"]
    assert names_in(tmp_path / "home") == ["file"]


@pytest.mark.parametrize("folder", [None, 7, b"x", ["x"]])
def test_what_is_no_path_is_refused(folder):
    with pytest.raises(TypeError, match="preset_dir must be a str or a Path; got"):
        TinyTokenizer(["a"]).save_to_preset(folder)


def test_home_folder_is_meant_by_a_tilde_in_both_directions(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    TinyTokenizer(["a"]).save_to_preset("~/saved")
    assert names_in(tmp_path) == ["home"]
    assert TinyTokenizer.from_preset("~/saved").vocabulary == ["a"]


def test_current_folder_is_a_place(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    TinyTokenizer(["a"]).save_to_preset(".")
    assert TinyTokenizer.from_preset(tmp_path).vocabulary == ["a"]


@pytest.mark.parametrize(
    "name", ["con", "NUL.txt", "aux /x", "x/lpt1.d/y", "x.", "x ", "a?", "a:b"]
)
def test_names_that_windows_takes_for_something_else_are_refused_there(monkeypatch, tmp_path, name):
    assert folder_to_write(tmp_path / name, "preset_dir")
    monkeypatch.setattr(file_names, "_ON_WINDOWS", True)
    with pytest.raises(
        ValueError, match="preset_dir must be a folder; got .* (device|cannot have)"
    ):
        folder_to_write(tmp_path / name, "preset_dir")
    assert folder_to_write(tmp_path / "console" / "nul_" / "..", "preset_dir")


@pytest.mark.parametrize("name", ["CON", "nul.safetensors", "Com1.txt", "LPT³", "x.", "x ", "a<b"])
def test_files_of_such_names_are_refused_everywhere(name):
    with pytest.raises(ValueError, match=r"names the file .* (a device on|which) Windows"):
        plain_name(name, "nlpkit.json")


@pytest.mark.parametrize(
    "names", [["vocab.txt", "Vocab.txt"], ["caf\u00e9", "cafe\u0301"], ["ß", "SS"]]
)
def test_names_that_are_one_where_case_is_ignored_are_refused(names):
    with pytest.raises(ValueError, match="which are one on systems that ignore case"):
        check_distinct(names, "nlpkit.json")


def test_path_that_is_too_long_is_named(tmp_path):
    with pytest.raises(OSError, match="too long.*xxx"):
        save(tmp_path / "y" / ("x" * 300))
    assert not names_in(tmp_path)


def test_long_path_is_saved_and_loaded(backbone, tmp_path):
    folder = tmp_path.joinpath(*["folder_of_twenty_four_.."[:22]] * 12)
    assert len(str(folder)) > 260
    backbone.save_to_preset(folder)
    assert TinyBackbone.from_preset(folder)
