"""From names to folders and classes."""

import socket

import pytest
from huggingface_hub.utils import close_session
from presets.miniature import TinyBackbone, TinyTokenizer

import nlpkit
from nlpkit.presets import records, registry
from nlpkit.presets.sources import retry


def test_bundled_presets_are_listed_and_found():
    for name in registry.bundled_presets():
        assert (registry.find_folder(name) / "nlpkit.json").is_file()


def test_bundled_name_is_found_and_nearest_names_are_offered(tokenizer, tmp_path, monkeypatch):
    tokenizer.save_to_preset(tmp_path / "tiny_en")
    monkeypatch.setattr(registry, "_bundled", lambda: tmp_path)
    assert registry.bundled_presets() == ["tiny_en"]
    assert TinyTokenizer.from_preset("tiny_en").vocabulary == tokenizer.vocabulary
    with pytest.raises(ValueError, match="'tiny_em' is neither .* Did you mean tiny_en"):
        TinyTokenizer.from_preset("tiny_em")


def test_folder_may_be_a_path_a_string_or_a_url(tokenizer, tmp_path):
    folder = tmp_path / "a folder"
    tokenizer.save_to_preset(folder)
    for preset in (folder, str(folder), folder.as_uri()):
        assert TinyTokenizer.from_preset(preset).vocabulary == tokenizer.vocabulary


@pytest.mark.parametrize("preset", ["hf://org/repo", "kaggle://a/b/keras/c", "https://x.org/y"])
def test_remote_preset_is_not_asked_for_offline(preset, caches):
    with pytest.raises(
        ConnectionError, match=f"'{preset}' is not available: it is not on this mach"
    ):
        TinyBackbone.from_preset(preset, offline=True)


def test_preset_of_another_type_is_refused():
    with pytest.raises(TypeError, match="preset must be a str or a Path; got 7"):
        TinyBackbone.from_preset(7)


def test_a_name_that_has_no_address_is_asked_for_once_and_told_briefly(caches, monkeypatch):
    def unresolved(*_, **__):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unresolved)
    monkeypatch.setattr(retry, "_pause", lambda *_: pytest.fail("another attempt"))
    close_session()
    with pytest.raises(ConnectionError, match="is not available") as raised:
        registry.find_folder("hf://google-bert/bert-base-uncased")
    message = str(raised.value)
    assert message.count("\n") < 4
    assert "bert_nano_en_uncased_sst2" in message
    assert "NLPKIT_OFFLINE=1" in message
    assert raised.value.__suppress_context__


def test_a_name_in_two_lists_is_offered_once():
    assert records.nearest("tiny", ["tiny_en", "tiny_en"]) == " Did you mean tiny_en?"


def test_one_list_has_two_names():
    assert nlpkit.presets.list_presets is nlpkit.presets.list
