"""The tokenizer of a Hugging Face folder is that of its files, whatever the family."""

import json

import numpy as np
import pytest

import nlpkit
from nlpkit.models import (
    AlbertBackbone,
    AlbertTokenizer,
    BertBackbone,
    BertClassifier,
    BertTokenizer,
    MaskedLM,
    RobertaTokenizer,
    TextClassifier,
    Tokenizer,
    XLMRobertaTokenizer,
)

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "fine", "film"]
PIECES = nlpkit.tokenizers.compute_sentence_piece_proto(["a fine film"] * 9, 12)
BYTES = {token: i for i, token in enumerate(["<s>", "<pad>", "</s>", "<mask>", *"afinelm", "Ġ"])}
SPECIAL = {"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<unk>", "mask_token": "<s>"}
SMALL = {"num_layers": 1, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 8}


def folder_of(tmp_path, tokenizer, backbone=BertBackbone, **config):
    """A folder with a tokenizer beside a model of another family."""
    sizes = SMALL | {"vocabulary_size": tokenizer.vocabulary_size()}
    sizes |= {"embedding_dim": 4} if backbone is AlbertBackbone else {}
    backbone(**sizes).export_to_transformers(tmp_path)
    tokenizer.save_files(tmp_path)
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | config))
    return tmp_path


@pytest.mark.parametrize(
    "name", ["XLMRobertaTokenizerFast", "PreTrainedTokenizerFast", "BertBackbone"]
)
def test_a_bert_with_the_pieces_of_xlm_roberta(tmp_path, name):
    tokenizer = XLMRobertaTokenizer(PIECES)
    first = {"cls_token": "<s>", "tokenizer_class": name}
    folder = folder_of(tmp_path, tokenizer, **first)
    classifier = TextClassifier.from_preset(folder, num_classes=3)
    assert type(classifier.backbone) is BertBackbone
    assert type(classifier.preprocessor.tokenizer) is XLMRobertaTokenizer
    texts, labels = ["a fine film", "film"], np.array([0, 2])
    ids = classifier.preprocessor(texts)["token_ids"][:, :1].tolist()
    assert ids == [[tokenizer.start_token_id]] * 2
    classifier.fit(texts, labels, verbose=0)
    expected = classifier.predict(texts, verbose=0)
    classifier.save_to_preset(folder / "own")
    again = TextClassifier.from_preset(folder / "own")
    np.testing.assert_allclose(again.predict(texts, verbose=0), expected, rtol=1e-5)
    classifier.export_to_transformers(folder / "theirs")
    again = TextClassifier.from_preset(folder / "theirs")
    assert type(again.preprocessor.tokenizer) is XLMRobertaTokenizer
    np.testing.assert_allclose(again.predict(texts, verbose=0), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("tokenizer", "config"),
    [
        (lambda: BertTokenizer(WORDS), {}),
        (lambda: RobertaTokenizer(BYTES, []), {"cls_token": "<s>"}),
    ],
)
def test_an_albert_with_other_vocabularies(tmp_path, tokenizer, config):
    tokenizer = tokenizer()
    folder = folder_of(tmp_path, tokenizer, AlbertBackbone, **config)
    found = MaskedLM.from_preset(folder).preprocessor.tokenizer
    assert type(found) is type(tokenizer)
    assert found("a fine film") == tokenizer("a fine film")
    assert type(Tokenizer.from_preset(folder)) is type(tokenizer)


def test_the_family_s_own_is_kept_if_its_files_are_of_its_kind(tmp_path):
    folder = folder_of(tmp_path, AlbertTokenizer(PIECES, **SPECIAL), AlbertBackbone)
    assert type(Tokenizer.from_preset(folder)) is AlbertTokenizer


def test_a_family_s_task_says_that_the_tokenizer_is_another_s(tmp_path):
    folder = folder_of(tmp_path, XLMRobertaTokenizer(PIECES), cls_token="<s>")
    with pytest.raises(ValueError, match="XLMRobertaTokenizer"):
        BertClassifier.from_preset(folder, num_classes=2)
    assert BertClassifier.from_preset(folder, num_classes=2, preprocessor=None).num_classes == 2
