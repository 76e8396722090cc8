"""`python -m nlpkit presets`."""

from pathlib import Path

import pytest
from presets.miniature import TinyBackbone, TinyClassifier, TinyTokenizer
from presets.sources.test_hub import PLAIN

import nlpkit
from nlpkit.presets import registry
from nlpkit.presets.command_line import main


def run(*arguments):
    return main(["presets", *map(str, arguments)])


def test_list_and_show(capsys):
    assert run("list", "--family", "bert", "--task", "TextClassifier") == 0
    out = capsys.readouterr().out
    assert "bert_tiny_en_uncased_sst2" in out
    assert "bert_base_en " not in out
    assert run("show", "bert_base_en") == 0
    assert "108.3 M" in capsys.readouterr().out


def test_download_and_verify(hub, capsys):
    hub.publish("org/tiny", PLAIN)
    assert run("download", "hf://org/tiny") == 0
    folder = capsys.readouterr().out.strip().removeprefix("hf://org/tiny: ")
    assert (Path(folder) / "config.json").is_file()
    assert run("verify", "hf://org/tiny", registry.bundled_presets()[0]) == 0
    assert "hf://org/tiny: 3 files are intact" in capsys.readouterr().out


def test_convert_keeps_a_task_whole(classifier, tmp_path, capsys):
    classifier.save_to_preset(tmp_path / "plain")
    (tmp_path / "plain" / "nlpkit.json").unlink()
    assert run("convert", tmp_path / "plain", tmp_path / "own", "--dtype", "float16") == 0
    assert capsys.readouterr().out == f"TinyClassifier: {tmp_path / 'own'}\n"
    loaded = TinyClassifier.from_preset(tmp_path / "own")
    assert loaded.num_classes == 3
    assert loaded.preprocessor.tokenizer.vocabulary == classifier.preprocessor.tokenizer.vocabulary


def test_convert_keeps_the_tokenizer_of_a_backbone(backbone, tokenizer, tmp_path, capsys):
    backbone.save_to_preset(tmp_path / "plain")
    tokenizer.save_to_preset(tmp_path / "words")
    (tmp_path / "words" / "vocab.txt").rename(tmp_path / "plain" / "vocab.txt")
    (tmp_path / "plain" / "nlpkit.json").unlink()
    assert run("convert", tmp_path / "plain", tmp_path / "own") == 0
    assert "TinyTokenizer: " in capsys.readouterr().out
    TinyBackbone.from_preset(tmp_path / "own")
    vocabulary = TinyTokenizer.from_preset(tmp_path / "own" / "tokenizer").vocabulary
    assert vocabulary == tokenizer.vocabulary


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "bert_bse_en"), "Did you mean bert_base_en"),
        (("list", "--family", "x"), "No preset has family='x'"),
        (("verify", "/nowhere"), "is neither a preset's name nor a folder"),
        (("download", "hf://x"), "is not a handle of a preset"),
        (("convert", "/nowhere", "/tmp/x"), "is neither a preset's name nor a folder"),
    ],
)
def test_failure_is_told_and_gives_status_1(arguments, message, capsys):
    assert run(*arguments) == 1
    streams = capsys.readouterr()
    assert message in streams.err
    assert not streams.out


def test_wrong_usage_gives_status_2(capsys):
    with pytest.raises(SystemExit) as raised:
        run("lst")
    assert raised.value.code == 2


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"nlpkit {nlpkit.__version__}\n"
