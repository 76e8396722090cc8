"""BytePairTokenizer by TensorFlow operations alone: the ids of Python."""

import random

import pytest

from nlpkit.tokenizers import BytePairTokenizer, compute_byte_pair_vocabulary
from nlpkit.tokenizers.byte_pair.byte_alphabet import BYTE_SYMBOLS
from nlpkit.tokenizers.byte_pair.splitting.patterns import SPLIT_PATTERNS

reason = "pure_graph needs tensorflow-text, which is not installed"
tf = pytest.importorskip("tensorflow", reason=reason)
pytest.importorskip("tensorflow_text", reason=reason)
pytestmark = pytest.mark.pure_graph

PARTS = [
    *" \n\t\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u3000\u2028\u200b\x00\x01\x7f'/.!?([{#€",
    *(
        "  ",
        "   ",
        "\r\n",
        " \n",
        "'s",
        "'LL",
        "'\u017f",
        "/\n",
        "!\n\n",
        "word",
        "Words",
        "camelCase",
    ),
    *("12345", "²³½", "٣", "Ⅷ", "é", "e\u0301", "\u0301", "ǅ", "İ", "中文", "한", "हिन्दी", "שלום"),
    *("😀", "👍🏽", "👨‍👩‍👧", "\ue000", "\U0001fbf9", "\U00010d40", "\U000e0001", "\U0010ffff"),
]


def hard_strings():
    chosen = random.Random(0)
    texts = ["", " ", "\n", "\x00", "a" * 500, " " * 500, "\n" * 50 + "x"]
    return texts + ["".join(chosen.choices(PARTS, k=chosen.randint(1, 20))) for _ in range(600)]


TEXTS = hard_strings()
VOCABULARY, MERGES = compute_byte_pair_vocabulary(TEXTS, 700)
# As ranks, with two tokens that merges do not make.
RANKS = {bytes([i]): i for i in range(256)} | {
    b"th": 256,
    b"the": 257,
    b" the": 258,
    b"aa": 259,
    b"  ": 260,
    b"word": 270,
    b"\xc3\xa9": 271,
}


def graph_ids(tokenizer, texts):
    return tf.function(tokenizer.tokenize)(tf.constant(texts)).to_list()


@pytest.mark.parametrize("split_pattern", SPLIT_PATTERNS)
def test_hard_strings(split_pattern):
    tokenizer = BytePairTokenizer(VOCABULARY, MERGES, split_pattern=split_pattern, pure_graph=True)
    assert graph_ids(tokenizer, TEXTS) == tokenizer(TEXTS)


@pytest.mark.parametrize(
    "arguments",
    [
        {"add_prefix_space": True},
        {"normalization": "NFC", "split_pattern": "qwen2"},
        {"special_tokens": {"<s>": 800, "xyz": 801}, "special_tokens_in_strings": True},
        {"unsplittable_tokens": ["xyz", "<s>"], "special_tokens": {"<s>": 800, "xyz": 801}},
        {"ignore_merges": True},
        {"dtype": "int64"},
    ],
    ids=lambda arguments: next(iter(arguments)),
)
def test_arguments(arguments):
    texts = [*TEXTS[:100], "<s> a xyz <s>xyz z", "é e\u0301"]
    tokenizer = BytePairTokenizer(VOCABULARY, MERGES, **arguments, pure_graph=True)
    assert graph_ids(tokenizer, texts) == tokenizer(texts)


def test_ranks():
    tokenizer = BytePairTokenizer(RANKS, pure_graph=True)
    texts = ["the the word words é", "aaaa aaaaa", *TEXTS]
    assert tokenizer("word") == [270]
    assert graph_ids(tokenizer, texts) == tokenizer(texts)


def test_missing_bytes():
    vocabulary = {symbol: i for i, symbol in enumerate("abcĠ")} | {"ab": 4}
    texts = ["ab c", "adb", "\x00"]
    ignoring = BytePairTokenizer(vocabulary, ["a b"], errors="ignore", pure_graph=True)
    assert graph_ids(ignoring, texts) == ignoring(texts) == [[4, 3, 2], [4], []]
    strict = BytePairTokenizer(vocabulary, ["a b"], pure_graph=True)
    assert graph_ids(strict, ["ab"]) == [[4]]
    with pytest.raises(tf.errors.InvalidArgumentError, match="every byte of a text"):
        graph_ids(strict, texts)


def test_a_pattern_of_the_users_is_an_error():
    tokenizer = BytePairTokenizer(VOCABULARY, MERGES, split_pattern=r"\d+", pure_graph=True)
    with pytest.raises(ValueError, match="pure_graph=True needs a split_pattern of"):
        graph_ids(tokenizer, ["1"])


def test_a_saved_model(tmp_path):
    tokenizer = BytePairTokenizer(RANKS, pure_graph=True)
    module = tf.Module()
    signature = [tf.TensorSpec([None], "string")]
    module.tokenize = tf.function(lambda x: tokenizer(x).to_tensor(-1), signature)
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    expected = module.tokenize(tf.constant(TEXTS)).numpy()
    assert (loaded.tokenize(tf.constant(TEXTS)).numpy() == expected).all()


def test_all_bytes_have_their_symbol():
    tokenizer = BytePairTokenizer(VOCABULARY, MERGES, pure_graph=True)
    (ids,) = graph_ids(tokenizer, ["".join(map(chr, range(256)))])
    assert {tokenizer.id_to_token(i) for i in ids} & set(BYTE_SYMBOLS[:32]) >= {"Ā", "ğ"}
