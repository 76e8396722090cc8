"""WordPieceTokenizer on TensorFlow tensors and inside tf.data: the ids of Python."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpkit.tokenizers import WordPieceTokenizer

tf = pytest.importorskip("tensorflow", reason="tf.data needs TensorFlow, which is not installed")

VOCABULARY = ["[UNK]", "the", "fox", "qu", "##ick", ".", "é", "中", *"abc", "##a", "##b", "##c"]
TEXTS = ["The quick fox.", "", "caf\u00e9 中文", "abc \u0000 cab"]
TOKENIZER = WordPieceTokenizer(VOCABULARY, lowercase=True)


def in_graph(function, value):
    return next(iter(tf.data.Dataset.from_tensors(value).map(function)))


@pytest.mark.parametrize("run", [lambda f, x: f(x), in_graph], ids=["eager", "tf.data"])
class TestRanks:
    def test_a_string(self, run):
        ids = run(TOKENIZER, tf.constant(TEXTS[0]))
        assert ids.dtype == "int32"
        assert ids.numpy().tolist() == TOKENIZER(TEXTS[0])

    def test_a_batch_is_ragged(self, run):
        assert run(TOKENIZER, tf.constant(TEXTS)).to_list() == TOKENIZER(TEXTS)

    def test_rank_2_and_3(self, run):
        nested = [TEXTS[:2], TEXTS[2:]]
        assert run(TOKENIZER, tf.constant(nested)).to_list() == TOKENIZER(nested)
        assert run(TOKENIZER, tf.constant([nested])).to_list() == TOKENIZER([nested])

    def test_ragged_strings(self, run):
        nested = [TEXTS[:1], TEXTS[1:], []]
        assert run(TOKENIZER, tf.ragged.constant(nested)).to_list() == TOKENIZER(nested)

    def test_no_strings(self, run):
        assert run(TOKENIZER, tf.constant([], dtype="string")).to_list() == []

    def test_dense_results(self, run):
        tokenizer = WordPieceTokenizer(VOCABULARY, 4, lowercase=True, truncation="silent")
        for value in (TEXTS[0], TEXTS, [TEXTS, TEXTS]):
            tensor = tf.constant(value)
            expected = tokenizer(tensor.numpy())
            np.testing.assert_array_equal(run(tokenizer, tensor).numpy(), expected)

    def test_tokens(self, run):
        tokenizer = WordPieceTokenizer(VOCABULARY, lowercase=True, dtype="string")
        expected = [[token.encode() for token in row] for row in tokenizer(TEXTS)]
        assert run(tokenizer, tf.constant(TEXTS)).to_list() == expected

    def test_words(self, run):
        tokenizer = WordPieceTokenizer(VOCABULARY, split=False)
        words = [["the", "quick"], ["fox"]]
        assert run(tokenizer, tf.ragged.constant(words)).to_list() == tokenizer(words)
        assert run(tokenizer, tf.constant(words[0])).numpy().tolist() == tokenizer(words[0])
        assert run(tokenizer, tf.constant("quick")).numpy().tolist() == tokenizer("quick")

    def test_detokenize(self, run):
        ids = TOKENIZER(TEXTS)
        texts = run(TOKENIZER.detokenize, tf.ragged.constant(ids, dtype="int32"))
        assert [text.decode() for text in texts.numpy()] == TOKENIZER.detokenize(ids)
        assert run(TOKENIZER.detokenize, tf.constant(ids[0])).numpy() == b"the quick fox ."


def test_static_shapes():
    dataset = tf.data.Dataset.from_tensor_slices(TEXTS)
    tokenizer = WordPieceTokenizer(VOCABULARY, 4, truncation="silent")
    assert dataset.map(tokenizer).element_spec.shape == (4,)
    assert dataset.batch(2).map(tokenizer).element_spec.shape.as_list() == [None, 4]
    assert dataset.map(TOKENIZER).element_spec.shape.as_list() == [None]


def test_other_tensors_are_refused():
    with pytest.raises(TypeError, match="int32"):
        TOKENIZER(tf.constant([1, 2]))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=4),
    st.booleans(),
    st.booleans(),
)
def test_tensorflow_equals_python(texts, lowercase, strip_accents):
    tokenizer = WordPieceTokenizer(VOCABULARY, lowercase=lowercase, strip_accents=strip_accents)
    tensor = tf.constant(texts, dtype="string")
    assert tokenizer.tokenize(tensor).to_list() == tokenizer.tokenize(texts)


@pytest.mark.parametrize("length", [None, 4])
def test_symbolic_inputs(length):
    tokenizer = WordPieceTokenizer(VOCABULARY, length, truncation="silent", lowercase=True)
    inputs = keras.Input((), dtype="string")
    if keras.backend.backend() != "tensorflow":
        with pytest.raises(TypeError, match="TensorFlow backend only"):
            tokenizer(inputs)
        return
    ids = keras.Model(inputs, tokenizer(inputs))(tf.constant(TEXTS))
    rows = ids.to_list() if length is None else ids.numpy().tolist()
    assert rows == [list(row) for row in tokenizer(TEXTS)]


@pytest.mark.parametrize("truncation", ["warn", "error", "silent"])
def test_a_pure_graph_reports_what_it_cuts(truncation, capfd):
    tokenizer = WordPieceTokenizer(
        VOCABULARY, 2, truncation=truncation, lowercase=True, pure_graph=True
    )
    dataset = tf.data.Dataset.from_tensors(TEXTS).map(tokenizer)
    if truncation == "error":
        with pytest.raises(tf.errors.InvalidArgumentError, match="sequence_length=2"):
            next(iter(dataset))
        return
    assert next(iter(dataset)).shape == (len(TEXTS), 2)
    assert ("sequence_length=2" in capfd.readouterr().err) == (truncation == "warn")


def test_a_pure_graph_finds_special_tokens():
    arguments = {"special_tokens": ["the", "[UNK]"], "special_tokens_in_strings": True}
    texts = ["fox the[UNK]fox", "", "athe"]
    expected = WordPieceTokenizer(VOCABULARY, **arguments)(texts)
    assert 0 in expected[0]
    tokenizer = WordPieceTokenizer(VOCABULARY, **arguments, pure_graph=True)
    assert tokenizer(tf.constant(texts)).to_list() == expected


def test_a_pure_graph_is_saved_as_a_saved_model(tmp_path):
    module = tf.Module()
    tokenizer = WordPieceTokenizer(VOCABULARY, lowercase=True, pure_graph=True)
    strings = tf.TensorSpec([None], "string")
    module.tokenize = tf.function(lambda x: tokenizer(x).to_tensor(), input_signature=[strings])
    tf.saved_model.save(module, str(tmp_path))
    revived = tf.saved_model.load(str(tmp_path)).tokenize(tf.constant(TEXTS))
    np.testing.assert_array_equal(revived, tokenizer(tf.constant(TEXTS)).to_tensor())


@pytest.mark.parametrize("pure_graph", [False, True])
def test_bytes_that_are_not_utf8(pure_graph):
    texts = tf.constant([b"the \xfffox"])
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match="UTF-8|Invalid"):
        WordPieceTokenizer(VOCABULARY, pure_graph=pure_graph)(texts)
    for errors in ("replace", "ignore"):
        tokenizer = WordPieceTokenizer(VOCABULARY, pure_graph=pure_graph, errors=errors)
        assert tokenizer(texts).to_list() == [[1, 2]]
