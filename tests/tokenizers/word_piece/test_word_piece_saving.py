"""Configuration, assets, `.keras` files and Hugging Face folders of WordPieceTokenizer."""

import json

import keras
import pytest

from nlpkit.tokenizers import WordPieceTokenizer

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "fox", "qu", "##ick", "\u2028x"]


@keras.saving.register_keras_serializable("nlpkit_tests")
class Reader(keras.Model):
    """A model that owns a tokenizer."""

    def __init__(self, tokenizer, **kwargs):
        super().__init__(**kwargs)
        self.tokenizer = tokenizer
        self.embedding = keras.layers.Embedding(20, 2)

    def call(self, inputs):
        return self.embedding(inputs)

    def get_config(self):
        return {"tokenizer": keras.saving.serialize_keras_object(self.tokenizer)}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config["tokenizer"]))


def test_the_configuration_leaves_the_vocabulary_out():
    config = WordPieceTokenizer(VOCABULARY, lowercase=True).get_config()
    assert "vocabulary" not in config
    assert WordPieceTokenizer.from_config(config).lowercase


def test_assets_round_trip(tmp_path):
    tokenizer = WordPieceTokenizer(VOCABULARY)
    tokenizer.save_assets(str(tmp_path))
    other = WordPieceTokenizer()
    other.load_assets(str(tmp_path))
    assert other.get_vocabulary() == VOCABULARY
    assert WordPieceTokenizer(str(tmp_path / "vocabulary.txt")).get_vocabulary() == VOCABULARY


def test_a_model_file_keeps_the_vocabulary(tmp_path):
    model = Reader(WordPieceTokenizer(VOCABULARY, lowercase=True))
    model(keras.ops.ones((1, 2), "int32"))
    model.save(tmp_path / "model.keras")
    revived = keras.saving.load_model(tmp_path / "model.keras")
    assert revived.tokenizer("The quick fox") == [5, 7, 8, 6]


def test_hugging_face_folder_round_trip(tmp_path):
    tokenizer = WordPieceTokenizer(VOCABULARY, lowercase=True, strip_accents=True)
    assert set(tokenizer.save_files(tmp_path)) == {"vocab.txt", "tokenizer_config.json"}
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    revived = WordPieceTokenizer.from_files(tmp_path, config)
    assert revived.get_config() | {"name": ""} == tokenizer.get_config() | {"name": ""}
    assert revived.get_vocabulary() == VOCABULARY
    assert WordPieceTokenizer.from_files(tmp_path, config, sequence_length=3).sequence_length == 3


def test_without_a_configuration_text_is_lower_cased_as_bert_does(tmp_path):
    WordPieceTokenizer(VOCABULARY).save_files(tmp_path)
    assert WordPieceTokenizer.from_files(tmp_path, {}).lowercase is True


def tokenizer_json(**changes) -> dict:
    vocabulary = {token: i for i, token in enumerate(VOCABULARY)}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": 2, "content": "[CLS]", "special": True}],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": False,
            "strip_accents": None,
            "lowercase": False,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": None,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 7,
            "vocab": vocabulary,
        },
    } | changes


def read(folder, content, config=None):
    (folder / "tokenizer.json").write_text(json.dumps(content))
    return WordPieceTokenizer.from_files(folder, config or {})


def test_tokenizer_json_is_read(tmp_path):
    tokenizer = read(tmp_path, tokenizer_json())
    assert tokenizer.get_vocabulary() == VOCABULARY
    assert tokenizer.lowercase is False
    assert tokenizer.split_on_cjk is False
    assert tokenizer.max_characters_per_word == 7


def test_tokenizer_config_takes_precedence(tmp_path):
    assert read(tmp_path, tokenizer_json(), {"do_lower_case": True}).lowercase is True


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"normalizer": {"type": "Upper"}}, "not supported"),
        ({"normalizer": tokenizer_json()["normalizer"] | {"magic": False}}, "magic"),
        ({"model": {"type": "BPE"}}, "model"),
        ({"model": tokenizer_json()["model"] | {"dropout": 0.1}}, "dropout"),
        ({"post_processor": {"type": "ByteLevel"}}, "post_processor"),
        ({"added_tokens": [{"id": 99, "content": "<new>", "special": True}]}, "<new>"),
        ({"surprise": {}}, "surprise"),
    ],
)
def test_unknown_parts_of_tokenizer_json_are_named(tmp_path, changes, named):
    with pytest.raises(ValueError, match=named):
        read(tmp_path, tokenizer_json(**changes))


def test_unsupported_settings_are_named(tmp_path):
    for config in ({"do_basic_tokenize": False}, {"tokenizer_class": "GPT2Tokenizer"}):
        with pytest.raises(ValueError, match=next(iter(config))):
            read(tmp_path, tokenizer_json(), config)


def test_a_folder_without_vocabulary_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"vocab\.txt"):
        WordPieceTokenizer.from_files(tmp_path, {})
