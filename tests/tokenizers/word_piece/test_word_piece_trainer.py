"""compute_word_piece_vocabulary."""

import random

import pytest
from stand_ins import Arrow, Frame, Sequence, Series

from nlpkit.tokenizers import WordPieceTokenizer, compute_word_piece_vocabulary

pytestmark = pytest.mark.filterwarnings("ignore:vocabulary_size")

RESERVED = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]


def test_golden_vocabulary():
    vocabulary = compute_word_piece_vocabulary(["bat sat pat mat rat"], 13)
    assert vocabulary == [*RESERVED, "b", "m", "p", "r", "s", "##a", "##t", "##at"]


def test_the_most_frequent_pairs_are_merged_first():
    text = "low low low low low lower lower newest newest newest widest widest"
    merged = compute_word_piece_vocabulary([text], 21)[-5:]
    assert merged == ["##ow", "low", "##es", "##est", "##ew"]


def test_every_word_can_be_spelled():
    texts = ["Ein schönes Haus, ein großer Baum!", "生活 is 美しい"]
    vocabulary = compute_word_piece_vocabulary(texts, 100, lowercase=True)
    tokenizer = WordPieceTokenizer(vocabulary, lowercase=True)
    assert all(tokenizer.unk_token_id not in ids for ids in tokenizer(texts))


def test_order_of_texts_does_not_matter():
    words = [f"w{random.Random(i).randint(0, 10**6)}" for i in range(300)]
    expected = compute_word_piece_vocabulary(words, 200)
    random.Random(0).shuffle(words)
    assert compute_word_piece_vocabulary(words, 200) == expected


def test_forms_of_data_agree(tmp_path):
    lines = ["the quick brown fox", "the lazy dog", ""]
    expected = compute_word_piece_vocabulary(lines, 60)
    path = tmp_path / "text.txt"
    path.write_text("\n".join(lines))
    assert compute_word_piece_vocabulary([path], 60) == expected
    assert compute_word_piece_vocabulary([str(path)], 60) == expected
    assert compute_word_piece_vocabulary((line for line in lines), 60) == expected
    words = [line.split() for line in lines]
    assert compute_word_piece_vocabulary(words, 60, split=False) == expected


def test_a_dataset_gives_the_same():
    reason = "a tf.data.Dataset needs TensorFlow, which is not installed"
    tf = pytest.importorskip("tensorflow", reason=reason)
    lines = ["the quick brown fox", "the lazy dog", ""]
    expected = compute_word_piece_vocabulary(lines, 60)
    dataset = tf.data.Dataset.from_tensor_slices(lines)
    assert compute_word_piece_vocabulary(dataset, 60) == expected
    assert compute_word_piece_vocabulary(dataset.batch(2), 60) == expected
    words = dataset.map(tf.strings.split)
    assert compute_word_piece_vocabulary(words, 60, split=False) == expected
    with pytest.raises(TypeError, match="strings"):
        compute_word_piece_vocabulary(tf.data.Dataset.range(3), 60)


def test_settings_of_the_splitter():
    accents = compute_word_piece_vocabulary(["É é"], 20, lowercase=True, strip_accents=True)
    assert accents == [*RESERVED, "e"]
    assert "中文" in compute_word_piece_vocabulary(
        ["中文"], 20, split_on_cjk=False, suffix_indicator="@@"
    )


def test_other_suffix_indicator_and_reserved_tokens(tmp_path):
    path = tmp_path / "vocabulary.txt"
    vocabulary = compute_word_piece_vocabulary(
        ["aab aab"], 10, path, suffix_indicator="@@", reserved_tokens=["<unk>", "<s>"]
    )
    assert vocabulary == ["<unk>", "<s>", "a", "@@a", "@@b", "@@ab", "aab"]
    assert path.read_text().split("\n") == [*vocabulary, ""]
    assert WordPieceTokenizer(vocabulary, suffix_indicator="@@", oov_token="<unk>")("aab aa") == [
        6,
        2,
        3,
    ]


def test_a_size_out_of_reach_is_reported():
    with pytest.warns(UserWarning, match="vocabulary_size=20 cannot be reached.* 9 pieces"):
        vocabulary = compute_word_piece_vocabulary(["ab b"], 20)
    assert vocabulary == [*RESERVED, "a", "b", "##b", "ab"]


def test_long_words_are_ignored():
    assert compute_word_piece_vocabulary(["a " + "b" * 101], 20) == [*RESERVED, "a"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"data": "one text", "vocabulary_size": 20}, TypeError, "list"),
        ({"data": 3, "vocabulary_size": 20}, TypeError, "data"),
        ({"data": ["a", 3], "vocabulary_size": 20}, TypeError, "got 3"),
        ({"data": [], "vocabulary_size": 20}, ValueError, "got none"),
        ({"data": ["abc"], "vocabulary_size": 7}, ValueError, "at least 8"),
        (
            {"data": ["a"], "vocabulary_size": 9, "reserved_tokens": ["x", "x"]},
            ValueError,
            "must be distinct",
        ),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        compute_word_piece_vocabulary(**arguments)


def test_files_need_split(tmp_path):
    with pytest.raises(ValueError, match="split"):
        compute_word_piece_vocabulary([tmp_path / "text.txt"], 20, split=False)


@pytest.mark.parametrize("form", [Series, Arrow, Sequence])
def test_a_column_of_texts(form):
    texts = ["the fox", "the quick fox"]
    assert compute_word_piece_vocabulary(form(texts), 30) == compute_word_piece_vocabulary(
        texts, 30
    )


def test_a_table_is_refused():
    with pytest.raises(TypeError, match="of a table, one column"):
        compute_word_piece_vocabulary(Frame({"text": ["a"]}), 30)
