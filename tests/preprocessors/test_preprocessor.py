import keras
import numpy as np
import pytest

from nlpkit.preprocessors import Preprocessor, TextClassifierPreprocessor
from nlpkit.tokenizers import WordPieceTokenizer


class Bound(TextClassifierPreprocessor):
    from nlpkit.models.bert import BertTokenizer as tokenizer_class  # noqa: N813


@pytest.mark.parametrize("wrong", [WordPieceTokenizer(["[UNK]"]), None, "bert"])
def test_a_tokenizer_of_another_class_is_refused(wrong):
    needed = f"Bound needs a BertTokenizer as tokenizer; got {type(wrong).__name__}"
    with pytest.raises(TypeError, match=needed):
        Bound(wrong)


def test_the_family_tokenizer_is_taken(tokenizer):
    assert Bound(tokenizer).tokenizer is tokenizer


def test_a_tokenizer_without_the_special_tokens_is_refused():
    preprocessor = TextClassifierPreprocessor(WordPieceTokenizer(["[UNK]", "a"]))
    with pytest.raises(ValueError, match="how segments are joined .* WordPieceTokenizer does not"):
        preprocessor("a")


def test_labels_and_weights_pass_through(tokenizer):
    preprocessor = TextClassifierPreprocessor(tokenizer, 4)
    assert isinstance(preprocessor(["a", "bad"]), dict)
    _, y = preprocessor(["a", "bad"], [1, 0])
    assert isinstance(y, np.ndarray)
    np.testing.assert_array_equal(y, [1, 0])
    _, y, weight = preprocessor(["a", "bad"], np.array([1, 0]), sample_weight=[0.5, 1.0])
    np.testing.assert_array_equal(weight, [0.5, 1.0])
    assert preprocessor("a", 1)[1] == 1
    _, y, weight = preprocessor(["a"], sample_weight=[2.0])
    assert y is None
    assert weight == [2.0]


def test_labels_in_a_structure_are_left_alone(tokenizer):
    labels = {"first": np.array([1]), "second": np.array([2])}
    assert TextClassifierPreprocessor(tokenizer, 4)(["a"], labels)[1] is labels


@pytest.mark.parametrize("x", [5, [5], None, ["a", None]])
def test_what_is_no_string_is_refused(tokenizer, x):
    with pytest.raises(TypeError, match="takes a string"):
        TextClassifierPreprocessor(tokenizer, 4)(x)


def test_the_base_class_says_what_to_define(tokenizer):
    with pytest.raises(NotImplementedError, match="Preprocessor must define _prepare"):
        Preprocessor(tokenizer)("a")


def test_a_vocabulary_that_comes_later_is_used(tokenizer):
    vocabulary = tokenizer.get_vocabulary()
    preprocessor = TextClassifierPreprocessor(tokenizer, 3)
    np.testing.assert_array_equal(preprocessor("a")["token_ids"], [2, 8, 3])
    tokenizer.set_vocabulary(vocabulary[::-1])
    np.testing.assert_array_equal(preprocessor("a")["token_ids"], [7, 1, 6])
    with pytest.raises(ValueError, match="no vocabulary"):
        TextClassifierPreprocessor(type(tokenizer)())("a")


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="a PyTorch DataLoader")
@pytest.mark.parametrize("num_workers", [0, 2])
@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_collate_function_of_a_data_loader(tokenizer, num_workers):
    from torch.utils.data import DataLoader

    preprocessor = TextClassifierPreprocessor(tokenizer, 4)
    examples = [("good film", 1), ("bad", 0), ("a film", 1)]

    def collate(batch):
        texts, labels = zip(*batch, strict=True)
        return preprocessor(list(texts), list(labels))

    batches = list(DataLoader(examples, 2, collate_fn=collate, num_workers=num_workers))
    features, labels = batches[0]
    np.testing.assert_array_equal(features["token_ids"], [[2, 5, 7, 3], [2, 6, 3, 0]])
    np.testing.assert_array_equal(labels, [1, 0])
    assert len(batches) == 2
