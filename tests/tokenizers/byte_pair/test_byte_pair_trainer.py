"""compute_byte_pair_vocabulary."""

import random

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from nlpkit.tokenizers import BytePairTokenizer, compute_byte_pair_vocabulary

WORDS = [f"w{random.Random(i).randint(0, 10**6)} the" for i in range(300)]


def test_golden_merges():
    vocabulary, merges = compute_byte_pair_vocabulary(["low low lower lowest"], 259)
    assert merges == [("l", "o"), ("lo", "w"), ("Ġ", "low")]
    assert list(vocabulary)[256:] == ["lo", "low", "Ġlow"]
    assert list(vocabulary.values()) == list(range(259))


def test_special_tokens_come_first():
    vocabulary, merges = compute_byte_pair_vocabulary(
        ["low low"], 260, special_tokens=["<pad>", "<|end|>"]
    )
    assert list(vocabulary)[:2] == ["<pad>", "<|end|>"]
    tokenizer = BytePairTokenizer(vocabulary, merges, special_tokens=["<pad>", "<|end|>"])
    assert tokenizer.detokenize(tokenizer("low, 狮子 <pad>")) == "low, 狮子 <pad>"
    assert len(tokenizer("low low")) == 3


def test_it_compresses_as_the_native_trainer_does():
    vocabulary, merges = compute_byte_pair_vocabulary(WORDS, 500)
    native = Tokenizer(models.BPE())
    native.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=500, initial_alphabet=alphabet, show_progress=False)
    native.train_from_iterator(WORDS, trainer)
    ours = sum(map(len, BytePairTokenizer(vocabulary, merges)(WORDS)))
    theirs = sum(len(encoding.ids) for encoding in native.encode_batch(WORDS))
    assert abs(ours - theirs) < 0.01 * theirs


def test_order_of_texts_does_not_matter():
    expected = compute_byte_pair_vocabulary(WORDS, 400)
    shuffled = random.Random(0).sample(WORDS, len(WORDS))
    assert compute_byte_pair_vocabulary(shuffled, 400) == expected


@pytest.mark.parametrize("split_pattern", ["o200k", "falcon", r"\s"])
def test_words_are_split_as_the_tokenizer_does(split_pattern):
    texts = ["ab1234ab12345ab!!", "ab ab  ab"] * 3
    arguments = {"split_pattern": split_pattern, "normalization": "NFC", "add_prefix_space": True}
    vocabulary, merges = compute_byte_pair_vocabulary(texts, 257, **arguments)
    tokenizer = BytePairTokenizer(vocabulary, merges, **arguments)
    assert merges == [("a", "b")]
    assert all(ids.count(vocabulary["ab"]) == 3 for ids in tokenizer(texts))


def test_normalization():
    _, merges = compute_byte_pair_vocabulary(["e\u0301"], 257, normalization="NFC")
    assert merges == [("Ã", "©")]


def test_files_are_written(tmp_path):
    paths = tmp_path / "vocab.json", tmp_path / "merges.txt"
    vocabulary, merges = compute_byte_pair_vocabulary(WORDS, 300, *paths)
    expected = BytePairTokenizer(vocabulary, merges)(WORDS)
    assert BytePairTokenizer(*paths)(WORDS) == expected


def test_forms_of_data_agree(tmp_path):
    lines = ["the quick brown fox", "the lazy dog", ""]
    expected = compute_byte_pair_vocabulary(lines, 260)
    path = tmp_path / "text.txt"
    path.write_text("\n".join(lines))
    assert compute_byte_pair_vocabulary([path], 260) == expected
    assert compute_byte_pair_vocabulary((line for line in lines), 260) == expected


def test_a_dataset_gives_the_same():
    reason = "a tf.data.Dataset needs TensorFlow, which is not installed"
    tf = pytest.importorskip("tensorflow", reason=reason)
    dataset = tf.data.Dataset.from_tensor_slices(WORDS)
    expected = compute_byte_pair_vocabulary(WORDS, 300)
    assert compute_byte_pair_vocabulary(dataset.batch(7), 300) == expected


def test_a_size_out_of_reach_is_reported():
    with pytest.warns(UserWarning, match="vocabulary_size=259 cannot be .* of 258 tokens"):
        vocabulary, merges = compute_byte_pair_vocabulary(["abc"], 259)
    assert (len(vocabulary), merges) == (258, [("a", "b"), ("ab", "c")])


def test_long_words_are_ignored():
    _, merges = compute_byte_pair_vocabulary(["ab", "c" * 1001], 257)
    assert merges == [("a", "b")]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"data": "one text", "vocabulary_size": 300}, TypeError, "list"),
        ({"data": ["a", 3], "vocabulary_size": 300}, TypeError, "got 3"),
        ({"data": [], "vocabulary_size": 300}, ValueError, "got none"),
        ({"data": [""], "vocabulary_size": 300}, ValueError, "got none"),
        ({"data": ["abc"], "vocabulary_size": 255}, ValueError, "at least 256"),
        (
            {"data": ["abc"], "vocabulary_size": 259, "special_tokens": ["<s>", "<s>"]},
            ValueError,
            "must differ",
        ),
        (
            {"data": ["abc"], "vocabulary_size": 259, "special_tokens": ["!"]},
            ValueError,
            "must differ",
        ),
        (
            {"data": ["abc"], "vocabulary_size": 259, "split_pattern": "gpt3"},
            ValueError,
            "split_pattern",
        ),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        compute_byte_pair_vocabulary(**arguments)
