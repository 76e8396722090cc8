"""Presets of a Hub: downloaded once, in the revision asked for, and then never asked for again."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import constants, hf_hub_download
from presets.miniature import TinyBackbone, TinyClassifier, TinyTokenizer, assert_same_outputs
from safetensors.numpy import save

import nlpkit
from nlpkit.presets.sources import downloading

CONFIG = json.dumps({"model_type": "tiny", "hidden_size": 4, "num_hidden_layers": 2}).encode()
WEIGHTS = save({"embeddings.weight": np.arange(2000, dtype="float32")})
PLAIN = {"config.json": CONFIG, "vocab.txt": b"a\nfine", "model.safetensors": WEIGHTS}


def read(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def saved(classifier, tmp_path):
    classifier.save_to_preset(tmp_path / "saved")
    return read(tmp_path / "saved")


@pytest.mark.parametrize("layout", ["own", "Hugging Face"])
def test_first_load_downloads_and_the_second_asks_nobody(
    hub, saved, classifier, layout, no_network
):
    if layout == "Hugging Face":
        del saved["nlpkit.json"]
    hub.publish("org/tiny", saved)
    loaded = TinyClassifier.from_preset("hf://org/tiny")
    assert_same_outputs(loaded, classifier)
    asked = len(hub.requests)
    no_network()
    loaded = TinyClassifier.from_preset("hf://org/tiny")
    assert_same_outputs(loaded, classifier)
    assert len(hub.requests) == asked


def test_tokenizer_needs_no_weights_and_a_model_then_only_these(hub, saved):
    hub.publish("org/tiny", {**saved, "README.md": b"read me", "model.bin": b"?"})
    assert TinyTokenizer.from_preset("hf://org/tiny").vocabulary[1] == "a"
    assert not hub.bodies("model.safetensors")
    hub.requests.clear()
    TinyBackbone.from_preset("hf://org/tiny")
    assert [line.split("/")[-1].strip() for line in hub.bodies()] == ["model.safetensors"]


def test_what_no_load_needs_is_not_downloaded(hub):
    extra = {"README.md": b"", "tf_model.h5": b"?", "pytorch_model.bin": b"?", "code.py": b"?"}
    hub.publish("org/tiny", PLAIN | extra)
    folder = nlpkit.presets.download("hf://org/tiny")
    assert sorted(path.name for path in folder.iterdir()) == sorted(PLAIN)


def test_shards_are_downloaded_as_the_index_names_them(hub):
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    shards = {"model-1.safetensors": b"1", "model-2.safetensors": b"2", "other.safetensors": b"3"}
    index_file = {"model.safetensors.index.json": json.dumps(index).encode()}
    hub.publish("org/tiny", {"config.json": CONFIG, **index_file, **shards})
    folder = nlpkit.presets.download("hf://org/tiny")
    names = {path.name for path in folder.iterdir()}
    assert names == {"config.json", *index_file, "model-1.safetensors", "model-2.safetensors"}


def test_index_that_names_a_file_elsewhere_is_refused(hub):
    index = json.dumps({"weight_map": {"a": "../../../secret.safetensors"}}).encode()
    hub.publish("org/tiny", {"config.json": CONFIG, "model.safetensors.index.json": index})
    with pytest.raises(ValueError, match="only names in its folder are allowed"):
        nlpkit.presets.download("hf://org/tiny")


def test_index_that_names_too_many_files_is_refused(hub):
    index = json.dumps({"weight_map": {str(i): f"{i}.safetensors" for i in range(1001)}}).encode()
    hub.publish("org/tiny", {"config.json": CONFIG, "model.safetensors.index.json": index})
    with pytest.raises(ValueError, match="names more than 1000 files"):
        nlpkit.presets.download("hf://org/tiny")


def test_keras_hub_folder_comes_with_its_assets(hub):
    files = {"config.json": CONFIG, "task.json": b"{}", "model.weights.h5": b"h5"}
    assets = {"assets/tokenizer/vocabulary.txt": b"a", "assets/../secret": b"?"}
    hub.publish("org/tiny", files | assets)
    folder = nlpkit.presets.download("hf://org/tiny")
    assert (folder / "assets/tokenizer/vocabulary.txt").read_bytes() == b"a"
    assert not hub.bodies("secret")


def test_pickled_weights_are_downloaded_on_demand_alone(hub):
    hub.publish("org/tiny", {"config.json": CONFIG, "pytorch_model.bin": b"pickle"})
    with pytest.raises(ValueError, match=r"pytorch_model.bin alone, a pickle.*allow_pickle=True"):
        nlpkit.presets.download("hf://org/tiny")
    assert not hub.bodies("pytorch_model.bin")
    folder = nlpkit.presets.download("hf://org/tiny", allow_pickle=True)
    assert (folder / "pytorch_model.bin").read_bytes() == b"pickle"


def test_next_source_is_taken_where_the_first_has_only_a_pickle(hub, no_network):
    hub.publish("org/tiny", {"config.json": CONFIG, "pytorch_model.bin": b"pickle"})
    hub.publish("keras/tiny", PLAIN)
    nlpkit.presets.register("two_sources", "hf://org/tiny", "hf://keras/tiny", family="tiny")
    first = nlpkit.presets.download("two_sources")
    assert "models--keras--tiny" in str(first)
    no_network()
    assert nlpkit.presets.download("two_sources") == first


def test_revision_is_pinned(hub):
    first = hub.publish("org/tiny", PLAIN)
    hub.publish("org/tiny", PLAIN | {"vocab.txt": b"newer"})
    hub.publish("org/tiny", PLAIN | {"vocab.txt": b"other"}, branch="refs/pr/1")
    for revision, content in ((first, b"a\nfine"), ("main", b"newer"), ("refs/pr/1", b"other")):
        folder = nlpkit.presets.download(f"hf://org/tiny@{revision}")
        assert (folder / "vocab.txt").read_bytes() == content


def test_downloaded_revision_stays_until_it_is_refreshed(hub):
    hub.publish("org/tiny", PLAIN)
    nlpkit.presets.download("hf://org/tiny")
    hub.publish("org/tiny", PLAIN | {"vocab.txt": b"newer"})
    folder = nlpkit.presets.download("hf://org/tiny")
    assert (folder / "vocab.txt").read_bytes() == b"a\nfine"
    folder = nlpkit.presets.download("hf://org/tiny", refresh=True)
    assert (folder / "vocab.txt").read_bytes() == b"newer"


def test_rest_of_a_preset_comes_from_the_revision_of_its_first_part(hub, saved):
    hub.publish("org/tiny", saved)
    TinyTokenizer.from_preset("hf://org/tiny")
    hub.publish("org/tiny", saved | {"config.json": b"{}"})
    assert type(TinyBackbone.from_preset("hf://org/tiny")) is TinyBackbone


@pytest.mark.parametrize("how", ["argument", "NLPKIT_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_uses_what_is_there_and_asks_for_nothing(hub, saved, how, monkeypatch):
    hub.publish("org/tiny", saved)
    if how != "argument":
        monkeypatch.setenv(how, "1")
    offline = {"offline": True} if how == "argument" else {}
    with pytest.raises(ConnectionError, match=r"'hf://org/tiny' .* not on this machine.*download"):
        TinyTokenizer.from_preset("hf://org/tiny", **offline)
    assert not hub.requests
    TinyTokenizer.from_preset("hf://org/tiny", offline=False)
    hub.requests.clear()
    TinyTokenizer.from_preset("hf://org/tiny", **offline)
    assert not hub.requests


@pytest.mark.parametrize("network", ["offline", "down"])
def test_what_another_program_downloaded_is_enough_without_network(hub, network, no_network):
    hub.publish("org/tiny", PLAIN)
    for name in PLAIN:
        hf_hub_download("org/tiny", name)
    if network == "down":
        hub.faults["api"] = [503] * 9
        offline = None
    else:
        no_network()
        offline = True
    found = TinyTokenizer.from_preset("hf://org/tiny", offline=offline)
    assert found.vocabulary == ["a", "fine"]


def test_files_come_at_the_same_time_under_one_bar(hub, monkeypatch):
    files = {f"model-{i}.safetensors": bytes(100 + i) for i in range(6)}
    index = json.dumps({"weight_map": {name: name for name in files}}).encode()
    hub.publish("org/tiny", {"config.json": CONFIG, "model.safetensors.index.json": index, **files})
    together = threading.Barrier(len(files))
    for name in files:
        hub.faults[name] = [("together", together)]
    bars = []
    make = downloading._bar

    def shown(size, handle, hidden):
        bar = make(size, handle, hidden)
        bars.extend([] if hidden else [bar])
        return bar

    monkeypatch.setattr(downloading, "_bar", shown)
    nlpkit.presets.download("hf://org/tiny")
    assert not together.broken
    sizes = [len(CONFIG), *map(len, files.values())]
    assert [(bar.n, bar.total) for bar in bars] == [(sum(sizes), sum(sizes))]


def test_failure_ends_the_other_downloads(hub, monkeypatch):
    hub.publish("org/tiny", PLAIN | {"model.safetensors": bytes(3_000_000)})
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    hub.faults["vocab.txt"] = [403]
    hub.faults["model.safetensors"] = [("slow", 0.5)]
    with pytest.raises(ValueError, match="may not be read with your token"):
        nlpkit.presets.download("hf://org/tiny")
    assert not list(Path(constants.HF_HUB_CACHE).rglob("snapshots/*/model.safetensors"))


def test_token_is_sent(hub, monkeypatch):
    hub.publish("org/tiny", PLAIN)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    nlpkit.presets.download("hf://org/tiny")
    assert set(hub.tokens) == {"Bearer hf_secret"}


@pytest.mark.parametrize("place", ["api", "files"])
@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "GatedRepo",
            r"it is gated: accept its terms at http.*org/tiny, then log in with `hf auth",
        ),
        ("RepoNotFound", r"there is no model org/tiny at http.*, or it is private"),
        ("Forbidden", r"may not be read with your token: log in"),
    ],
)
def test_repository_that_may_not_be_read_is_explained(hub, code, message, place):
    hub.publish("org/tiny", PLAIN)
    hub.denied["org/tiny"] = code
    hub.denies_files_alone = place == "files"
    with pytest.raises(ValueError, match=message):
        TinyTokenizer.from_preset("hf://org/tiny")


@pytest.mark.parametrize(
    ("handle", "message"),
    [
        ("hf://org/nothing", r"there is no model org/nothing at http"),
        ("hf://org/tiny@nowhere", r"has no revision nowhere"),
        ("hf://org/empty", r"it holds neither nlpkit.json nor config.json, so it is not a preset"),
    ],
)
def test_what_is_not_there_is_named(hub, handle, message):
    hub.publish("org/tiny", PLAIN)
    hub.publish("org/empty", {"README.md": b""})
    with pytest.raises(ValueError, match=rf"The preset '{handle}' is not available.*{message}"):
        TinyTokenizer.from_preset(handle)
