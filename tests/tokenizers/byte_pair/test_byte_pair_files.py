"""Files of byte-pair vocabularies: forms, saving, Hugging Face folders, and what is wrong."""

import copy
import json
import pickle

import pytest

from nlpkit.tokenizers import BytePairTokenizer
from nlpkit.tokenizers.byte_pair.byte_alphabet import BYTE_SYMBOLS
from nlpkit.tokenizers.byte_pair.json_reader import read_byte_pair_json

MERGES = ["l o", "lo w", "Ġ low"]
VOCABULARY = {symbol: byte for byte, symbol in enumerate(BYTE_SYMBOLS)} | {
    merge.replace(" ", ""): 256 + i for i, merge in enumerate(MERGES)
}
RANKS = {bytes([i]): i for i in range(256)} | {b"lo": 256, b"low": 257, b"xyz": 258}
TEXTS = ["low low\n slow", "é <|end|> 狮子", " 12", "xyz"]


@pytest.mark.parametrize("header", ["#version: 0.2\n", ""])
def test_files_are_read(tmp_path, header):
    vocabulary, merges = tmp_path / "encoder.json", tmp_path / "vocab.bpe"
    vocabulary.write_text(json.dumps(VOCABULARY))
    merges.write_text(header + "\n".join(MERGES) + "\n", encoding="utf-8")
    expected = BytePairTokenizer(VOCABULARY, MERGES)(TEXTS)
    assert BytePairTokenizer(str(vocabulary), merges)(TEXTS) == expected
    pairs = [merge.split(" ") for merge in MERGES]
    assert BytePairTokenizer(VOCABULARY, pairs)(TEXTS) == expected


def test_a_merge_that_begins_with_the_sign_of_a_comment(tmp_path):
    path = tmp_path / "merges.txt"
    path.write_text("# #\n#version: 0.2\n".replace("#version: 0.2\n", ""), encoding="utf-8")
    assert BytePairTokenizer(VOCABULARY | {"##": 300}, path)("##") == [300]


@pytest.mark.parametrize("assets", [(VOCABULARY, MERGES), (RANKS, None)], ids=["merges", "ranks"])
class TestSaving:
    def build(self, assets):
        return BytePairTokenizer(*assets, special_tokens={"<|end|>": 300}, normalization="NFC")

    def test_assets(self, assets, tmp_path):
        tokenizer = self.build(assets)
        tokenizer.save_assets(str(tmp_path))
        revived = BytePairTokenizer.from_config(tokenizer.get_config())
        revived.load_assets(str(tmp_path))
        assert revived(TEXTS) == tokenizer(TEXTS)
        assert revived.get_vocabulary() == tokenizer.get_vocabulary()

    def test_hugging_face_folder(self, assets, tmp_path):
        tokenizer = self.build(assets)
        names = tokenizer.save_files(tmp_path)
        assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())
        config = json.loads((tmp_path / "tokenizer_config.json").read_text())
        revived = BytePairTokenizer.from_files(tmp_path, config)
        assert revived(TEXTS) == tokenizer(TEXTS)
        assert revived.get_vocabulary() == tokenizer.get_vocabulary()

    def test_transformers_opens_the_folder(self, assets, tmp_path):
        transformers = pytest.importorskip("transformers", reason="it is the reference")
        tokenizer = self.build(assets)
        tokenizer.save_files(tmp_path)
        reference = transformers.PreTrainedTokenizerFast.from_pretrained(tmp_path)
        found = BytePairTokenizer.from_files(tmp_path, {}, special_tokens_in_strings=True)
        assert reference(TEXTS)["input_ids"] == found(TEXTS)
        assert reference.decode(found(TEXTS[1])) == TEXTS[1]

    @pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
    def test_copies(self, assets, copied):
        tokenizer = self.build(assets)
        assert copied(tokenizer)(TEXTS) == tokenizer(TEXTS)


def test_a_folder_without_tokenizer_json(tmp_path):
    vocabulary = VOCABULARY | {"<|end|>": 259}
    (tmp_path / "vocab.json").write_text(json.dumps(vocabulary))
    (tmp_path / "merges.txt").write_text("\n".join(MERGES), encoding="utf-8")
    config = {"tokenizer_class": "Qwen2Tokenizer", "eos_token": {"content": "<|end|>"}}
    tokenizer = BytePairTokenizer.from_files(tmp_path, config)
    assert (tokenizer.split_pattern, tokenizer.normalization) == ("qwen2", "NFC")
    assert tokenizer.special_tokens == {"<|end|>": 259}
    with pytest.raises(ValueError, match="tokenizer_class must be one of.*'LedTokenizer'"):
        BytePairTokenizer.from_files(tmp_path, {"tokenizer_class": "LedTokenizer"})
    (tmp_path / "vocab.json").unlink()
    with pytest.raises(ValueError, match="neither tokenizer.json nor"):
        BytePairTokenizer.from_files(tmp_path, {})


def tokenizer_json(**parts):
    vocabulary = VOCABULARY | {"<s>": 259}
    return {
        "model": {"type": "BPE", "vocab": vocabulary, "merges": MERGES} | parts.pop("model", {}),
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True},
        "decoder": None,
        "added_tokens": [
            {"content": "<s>", "id": 259, "special": True},
            {"content": "<tool>", "id": 270, "special": False},
        ],
        **parts,
    }


def test_tokenizer_json():
    arguments = read_byte_pair_json(tokenizer_json())
    tokenizer = BytePairTokenizer(**arguments)
    assert tokenizer.add_prefix_space
    assert tokenizer.special_tokens == {"<s>": 259}
    assert tokenizer("low<tool>") == [258, 270]


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ({"model": {"dropout": 0.1}}, "model.dropout.*0.1"),
        ({"model": {"new": 1}}, "unknown \\['new'\\]"),
        ({"post_processor": {"type": "BertProcessing"}}, "post_processor.type.*BertProcessing"),
        ({"normalizer": {"type": "Upper"}}, "is not supported"),
        ({"normalizer": {"type": "Lowercase", "magic": 1}}, "normalizer has the unknown magic"),
        ({"added_tokens": [{"content": "<t>", "id": 9, "magic": 1}]}, "unknown .'magic'.*<t>"),
    ],
)
def test_what_a_tokenizer_json_asks_for_in_vain(parts, named):
    with pytest.raises(ValueError, match=f"tokenizer.json.*{named}"):
        BytePairTokenizer(**read_byte_pair_json(tokenizer_json(**parts)))


@pytest.mark.parametrize(
    ("vocabulary", "merges", "error", "message"),
    [
        (VOCABULARY, ["l o", "q u"], ValueError, "the merge 'q u' needs 'qu', which it lacks"),
        (VOCABULARY, ["l o w"], ValueError, 'merges must contain "a b" or pairs.*l o w'),
        (VOCABULARY, ["lo"], ValueError, 'merges must contain "a b" or pairs'),
        (VOCABULARY, None, ValueError, "merges must be given"),
        (RANKS, MERGES, ValueError, "merges must be None"),
        (VOCABULARY | {"x y": 1}, MERGES, ValueError, "each id once"),
        ({}, [], ValueError, "must contain at least one token"),
        (["a"], [], ValueError, "vocabulary must be a dict"),
        ("nowhere.json", MERGES, ValueError, "vocabulary names the file nowhere.json"),
        (VOCABULARY, "nowhere.txt", ValueError, "merges names the file nowhere.txt"),
    ],
)
def test_wrong_assets(vocabulary, merges, error, message):
    with pytest.raises(error, match=message):
        BytePairTokenizer(vocabulary, merges)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": ', "x: Expecting value"),
        ("YQ== 0\nnonsense\n", "x, line 2: 'nonsense'"),
        ("YQ== 0\n!!!! 1\n", "line 2"),
    ],
)
def test_malformed_files(tmp_path, text, message):
    (tmp_path / "x").write_text(text)
    with pytest.raises(ValueError, match=message):
        BytePairTokenizer(tmp_path / "x")


def test_what_hugging_face_cannot_express(tmp_path):
    tokenizer = BytePairTokenizer(VOCABULARY, MERGES, split_pattern="llama3", add_prefix_space=True)
    with pytest.raises(ValueError, match="add_prefix_space=True for.* 'gpt2' alone"):
        tokenizer.save_files(tmp_path)
