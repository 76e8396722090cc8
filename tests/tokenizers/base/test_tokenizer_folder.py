"""Tokenizer files of a Hugging Face folder are read together, and two that disagree are refused."""

import json

import pytest
from tokenizers import Tokenizer as NativeTokenizer
from tokenizers import decoders, models, pre_tokenizers

from nlpkit.models import BertTokenizer, GPT2Tokenizer, LlamaTokenizer
from nlpkit.presets.command_line import main
from nlpkit.tokenizers import (
    BytePairTokenizer,
    WordPieceTokenizer,
    compute_byte_pair_vocabulary,
    compute_sentence_piece_proto,
)

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "fox", "##es", "[", "]", "ent"]
TEXT = "the fox<|tool|>the  [ENT] foxes <|tool|> [ent]"
PROTO = compute_sentence_piece_proto(["the fox the foxes"], 24, "bpe")


def write(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")


def byte_pairs(folder):
    """vocab.json, merges.txt and the tokenizer.json of both."""
    vocabulary, merges = compute_byte_pair_vocabulary(["the fox the"], 262)
    vocabulary |= {"<|endoftext|>": len(vocabulary)}
    native = NativeTokenizer(models.BPE(vocabulary, merges))
    native.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    native.decoder = decoders.ByteLevel()
    native.add_special_tokens(["<|endoftext|>"])
    write(folder, vocab__json=vocabulary, merges__txt="\n".join(map(" ".join, merges)))
    return native


# The sources of an added token: its files, and how each says it of the token and its id.
def _decoder(token, i, **flags):
    return {"added_tokens_decoder": {str(i): {"content": token, **flags}}}


SOURCES = {
    "added_tokens.json": lambda token, i: ({"added_tokens__json": {token: i}}, {}),
    "tokenizer_config.json": lambda token, i: ({}, _decoder(token, i)),
}


@pytest.mark.parametrize("source", SOURCES)
def test_added_tokens_beside_each_vocabulary(source, tmp_path):
    for cls, files in (
        (LlamaTokenizer, {"tokenizer__model": PROTO}),
        (BertTokenizer, {"vocab__txt": "\n".join(WORDS)}),
        (GPT2Tokenizer, None),
    ):
        folder = tmp_path / cls.__name__
        folder.mkdir()
        if files is None:
            byte_pairs(folder)
        else:
            write(folder, **files)
        size = cls.from_files(folder, {}).vocabulary_size()
        added, config = SOURCES[source]("<|tool|>", size)
        write(folder, **added)
        tokenizer = cls.from_files(folder, config)
        assert tokenizer.vocabulary_size() == size + 1
        assert tokenizer.token_to_id("<|tool|>") == size
        assert list(tokenizer(TEXT)).count(size) == 2
        assert "<|tool|>" in tokenizer.detokenize([size])
        saved = folder / "saved"
        tokenizer.save_to_preset(saved)
        assert cls.from_preset(saved)(TEXT) == tokenizer(TEXT)
        native = NativeTokenizer.from_file(str(saved / "tokenizer.json"))
        assert native.encode(TEXT, add_special_tokens=False).ids == tokenizer(TEXT)


def test_special_tokens_are_named_by_their_map_and_not_spelled(tmp_path):
    write(tmp_path, tokenizer__model=PROTO)
    size = LlamaTokenizer.from_files(tmp_path, {}).vocabulary_size()
    write(tmp_path, added_tokens__json={"<|end|>": size, "<|tool|>": size + 1})
    write(tmp_path, special_tokens_map__json={"eos_token": {"content": "<|end|>"}})
    tokenizer = LlamaTokenizer.from_files(tmp_path, {})
    assert (tokenizer.end_token, tokenizer.end_token_id) == ("<|end|>", size)
    assert size not in tokenizer("the<|end|>")
    assert size + 1 in tokenizer("the<|tool|>")
    found = LlamaTokenizer.from_files(tmp_path, {}, special_tokens_in_strings=True)
    assert found("the<|end|>")[-1] == size


def test_markers_of_a_resized_word_piece_vocabulary(tmp_path):
    write(tmp_path, vocab__txt="\n".join(WORDS), added_tokens__json={"[ENT]": len(WORDS)})
    config = {"additional_special_tokens": ["[ENT]"]}
    for names, in_strings, count in (({}, False, 2), (config, False, 0), (config, True, 1)):
        tokenizer = BertTokenizer.from_files(tmp_path, names, special_tokens_in_strings=in_strings)
        assert tokenizer.vocabulary_size() == len(WORDS) + 1
        # A marker that is not special is looked for after lower-casing, as transformers does.
        assert tokenizer("the [ENT] fox [ent]").count(len(WORDS)) == count


@pytest.mark.parametrize(
    ("files", "config", "named"),
    [
        ({"added_tokens__json": {"<x>": 3}}, {}, ("added_tokens.json", "tokenizer.json")),
        ({}, _decoder("<x>", 3), ("tokenizer_config.json", "tokenizer.json")),
        (
            {"added_tokens__json": {"<x>": 300}},
            _decoder("<x>", 301),
            ("added_tokens.json", "tokenizer_config.json"),
        ),
        ({"vocab__json": {"!": 7}}, {}, ("vocab.json", "tokenizer.json")),
        ({"merges__txt": "f o\nt h"}, {}, ("merges.txt", "tokenizer.json")),
    ],
)
def test_files_that_disagree(files, config, named, tmp_path):
    byte_pairs(tmp_path).save(str(tmp_path / "tokenizer.json"))
    assert BytePairTokenizer.from_files(tmp_path, {})("the")
    write(tmp_path, **files)
    with pytest.raises(ValueError, match="disagree") as error:
        BytePairTokenizer.from_files(tmp_path, config)
    assert all(name in str(error.value) for name in named)


def test_other_vocabularies_that_disagree(tmp_path):
    LlamaTokenizer(PROTO, special_tokens=["</s>"]).save_files(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    write(tmp_path, added_tokens__json={"<x>": 5})
    with pytest.raises(ValueError, match=r"tokenizer\.model.*added_tokens\.json"):
        LlamaTokenizer.from_files(tmp_path, {})
    tokenizer = WordPieceTokenizer(WORDS, special_tokens=["[SEP]"])
    assert tokenizer.save_files(tmp_path)[0] == "tokenizer.json"
    write(tmp_path, vocab__txt="\n".join(reversed(WORDS)), added_tokens__json={})
    with pytest.raises(ValueError, match=r"tokenizer\.json.*vocab\.txt"):
        WordPieceTokenizer.from_files(tmp_path, {})


def test_the_command_compares_ids_with_the_engine(tmp_path, capsys):
    native = byte_pairs(tmp_path)
    GPT2Tokenizer.from_files(tmp_path, {}).save_to_preset(tmp_path / "saved")
    assert main(["presets", "verify", str(tmp_path / "saved"), "--tokenizer"]) == 0
    assert "texts are the engine's" in capsys.readouterr().out
    native.pre_tokenizer = pre_tokenizers.Digits()
    (tmp_path / "saved" / "nlpkit.json").unlink()
    native.save(str(tmp_path / "saved" / "tokenizer.json"))
    write(tmp_path / "saved", config__json={"model_type": "gpt2"})
    assert main(["presets", "verify", str(tmp_path / "saved"), "--tokenizer"]) == 0
    write(tmp_path / "saved", added_tokens__json={"long": 300})
    assert main(["presets", "verify", str(tmp_path / "saved"), "--tokenizer"]) == 1
    assert "ids differ in" in capsys.readouterr().err


@pytest.mark.parametrize("lowercase", [True, False])
def test_the_command_compares_a_vocabulary_alone_with_berts_engine(
    lowercase, tmp_path, capsys, monkeypatch
):
    pieces = ["a", "##a", "b", "##b", "lo", "##n", "##g", "cafe", "café", "電", "影"]
    BertTokenizer([*WORDS, *pieces], lowercase=lowercase).save_to_preset(tmp_path)
    assert not (tmp_path / "tokenizer.json").exists()
    assert main(["presets", "verify", str(tmp_path), "--tokenizer"]) == 0
    (tmp_path / "nlpkit.json").unlink()
    write(tmp_path, config__json={"model_type": "bert"}, added_tokens__json={"long": 22})
    assert main(["presets", "verify", str(tmp_path), "--tokenizer"]) == 0
    monkeypatch.setattr(BertTokenizer, "__call__", lambda self, texts: [[1] for _ in texts])
    assert main(["presets", "verify", str(tmp_path), "--tokenizer"]) == 1
    assert "ids differ in" in capsys.readouterr().err
