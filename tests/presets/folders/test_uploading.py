"""Publishing presets on a Hub."""

import json

import pytest
from presets.miniature import MiniClassifier, assert_same_outputs

import nlpkit
from nlpkit.presets import uploading
from nlpkit.presets.folders.store import PresetFolder

CARD = "README.md"


@pytest.fixture
def folder(classifier, tmp_path):
    classifier.save_to_preset(tmp_path / "saved")
    return tmp_path / "saved"


def published(hub, repository, branch="main"):
    return hub.repositories[repository][hub.references[repository][branch]]


def test_published_preset_is_loaded_from_there(hub, folder, classifier):
    (folder / "notes.txt").write_text("secret")
    url = nlpkit.presets.upload("hf://org/mine", folder)
    assert url == f"{hub.url}/org/mine/commit/{hub.references['org/mine']['main']}"
    files = {path.name for path in folder.iterdir()} - {"notes.txt"} | {CARD}
    assert {*published(hub, "org/mine")} == files
    loaded = MiniClassifier.from_preset("hf://org/mine")
    assert_same_outputs(loaded, classifier)


def test_card_says_what_it_is_how_it_is_loaded_and_what_it_reaches(hub, folder):
    nlpkit.presets.upload(
        "hf://org/mine",
        folder,
        description="For the tests.",
        figures={"accuracy": 0.83},
        license="apache-2.0",
        languages=["en"],
    )
    card = published(hub, "org/mine")[CARD].decode()
    _, front, body = card.split("---\n", 2)
    facts = {line.split(": ")[0]: json.loads(line.split(": ", 1)[1]) for line in front.splitlines()}
    assert facts == {
        "library_name": "nlpkit",
        "tags": ["nlpkit", "keras"],
        "pipeline_tag": "text-classification",
        "license": "apache-2.0",
        "language": ["en"],
    }
    for text in (
        "# mine\n\nFor the tests.",
        'nlpkit.models.TinyClassifier.from_preset("hf://org/mine")',
        'TinyForSequenceClassification.from_pretrained("org/mine")',
        "| accuracy | 0.83 |",
        "| num_layers | 2 |",
    ):
        assert text in body


def test_own_card_is_kept(hub, folder):
    (folder / CARD).write_text("# Mine\n")
    nlpkit.presets.upload("hf://org/mine", folder)
    assert published(hub, "org/mine")[CARD] == b"# Mine\n"


def test_damaged_preset_is_not_published(hub, folder):
    (folder / "vocab.txt").write_text("other")
    with pytest.raises(ValueError, match="vocab.txt: its size"):
        nlpkit.presets.upload("hf://org/mine", folder)
    assert not hub.requests


def test_preset_whose_saving_was_interrupted_is_published_as_it_will_be(hub, folder, classifier):
    manifest = json.loads((folder / "nlpkit.json").read_text())
    right = {path.name: path.read_bytes() for path in folder.iterdir()}
    staging = folder / ".nlpkit-0123abcd"
    staging.mkdir()
    for name in manifest["files"]:
        (folder / name).rename(staging / name)
    staged = {"folder": staging.name, "replaced": {}}
    (folder / "nlpkit.json").write_text(json.dumps({**manifest, "staged": staged}))
    nlpkit.presets.upload("hf://org/mine", folder)
    found = published(hub, "org/mine")
    assert {name: content for name, content in found.items() if name != CARD} == right


@pytest.mark.parametrize(("owner", "name"), [(uploading, "verify"), (PresetFolder, "file")])
def test_file_that_changes_after_it_was_checked_is_not_published(
    hub, folder, monkeypatch, owner, name
):
    check = getattr(owner, name)

    def change(*arguments):
        checked = check(*arguments)
        content = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(content[:-1] + b"\x7f")
        return checked

    monkeypatch.setattr(owner, name, change)
    with pytest.raises(ValueError, match=r"model\.safetensors (is damaged or )?was changed"):
        nlpkit.presets.upload("hf://org/mine", folder)
    assert not hub.requests


def test_other_places_are_refused(folder):
    with pytest.raises(ValueError, match="handle must be hf://org/repo; got 'https://host/x'"):
        nlpkit.presets.upload("https://host/x", folder)


def test_refusal_of_the_hub_is_explained(hub, folder):
    hub.faults["/api/repos/create"] = [403]
    with pytest.raises(ValueError, match="may not be read with your token|log in"):
        nlpkit.presets.upload("hf://org/mine", folder)
