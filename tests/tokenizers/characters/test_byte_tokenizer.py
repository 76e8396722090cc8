"""ByteTokenizer, and what it shares with UnicodeCodepointTokenizer."""

import copy
import pickle
import unicodedata

import numpy as np
import pytest

from nlpkit.tokenizers import ByteTokenizer, UnicodeCodepointTokenizer

HARD = [
    "",
    " \t\n",
    "Straße ﬁ ㎏ İ ΑΣ",
    "cafe\u0301 é e\u0323\u0302\u0301",
    "null\x00within",
    "zero\u200bwidth \u00ad\ufeff",
    "한글 \u1112\u1161\u11ab",
    "thumbs 👍🏽",
    "مرحبا שלום",
    "a\u200d\u0301b",
]
SETTINGS = [
    {},
    {"lowercase": False},
    {"normalization_form": "NFKD"},
    {"lowercase": False, "normalization_form": "NFC"},
    {"replacement_char": ord("?")},
]
CLASSES = [ByteTokenizer, UnicodeCodepointTokenizer]


def test_golden_ids():
    tokenizer = ByteTokenizer()
    assert tokenizer("Hé!") == [104, 195, 169, 33]
    assert tokenizer(["ß", ""]) == [[115, 115], []]
    assert tokenizer.detokenize([104, 195, 169, 33]) == "hé!"
    assert ByteTokenizer(lowercase=False)("Hé") == [72, 195, 169]
    assert ByteTokenizer(normalization_form="NFD")("é") == [101, 204, 129]


def test_vocabulary():
    tokenizer = ByteTokenizer()
    assert tokenizer.vocabulary_size() == 256
    assert tokenizer.get_vocabulary()[97:99] == ["a", "b"]
    assert tokenizer.id_to_token(255) == "ÿ"
    assert ByteTokenizer(dtype="string")("é") == ["Ã", "©"]
    with pytest.raises(ValueError, match="from 0 to 255"):
        tokenizer.detokenize([256])


def test_case_is_folded_as_unicode_says():
    characters = "".join(map(chr, range(1, 0x250)))
    folded = UnicodeCodepointTokenizer()(characters)
    expected = unicodedata.normalize("NFKC", characters.replace("\xad", "")).casefold()
    assert folded == list(map(ord, unicodedata.normalize("NFKC", expected)))


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("settings", SETTINGS)
def test_every_text_comes_back(cls, settings):
    tokenizer = cls(**settings)
    for text in HARD:
        normalized = tokenizer._algorithm.normalizer(text)
        assert tokenizer.detokenize(tokenizer(text)) == normalized
        assert tokenizer(normalized) == tokenizer(text)


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("settings", SETTINGS)
def test_spans_point_at_the_text(cls, settings):
    tokenizer = cls(**settings)
    for text in HARD:
        encoding = tokenizer.encode(text)
        assert encoding.ids == tokenizer(text)
        for start, end in set(encoding.offsets):
            ids = [
                i
                for i, place in zip(encoding.ids, encoding.offsets, strict=True)
                if place == (start, end)
            ]
            assert tokenizer(text[start:end]) == ids


def test_words_and_padding():
    encoding = ByteTokenizer().encode("a bé  c")
    assert encoding.word_ids == [0, 1, 1, 1, 1, 2, 2, 2][: len(encoding)]
    dense = ByteTokenizer(sequence_length=4)(["ab", "abcd"])
    np.testing.assert_array_equal(dense, [[97, 98, 0, 0], [97, 98, 99, 100]])
    assert ByteTokenizer().detokenize(dense) == ["ab", "abcd"]


def test_what_cannot_be_read():
    assert ByteTokenizer()(b"a\xff") == [97, *"\ufffd".encode()]
    assert ByteTokenizer(replacement_char=63)(["a\ud800", b"a\xff"]) == [[97, 63]] * 2
    assert ByteTokenizer(errors="ignore")(b"a\xffb") == [97, 98]
    assert ByteTokenizer().detokenize([97, 255]) == "a\ufffd"
    assert ByteTokenizer(replacement_char=63).detokenize([97, 255]) == "a?"
    assert ByteTokenizer(errors="ignore").detokenize([97, 255]) == "a"
    strict = ByteTokenizer(errors="strict")
    with pytest.raises(ValueError, match="UTF-8"):
        strict(b"a\xff")
    with pytest.raises(ValueError, match="bytes of UTF-8"):
        strict.detokenize([97, 255])


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"normalization_form": "NFX"}, "normalization_form must be one of"),
        ({"errors": "x"}, "errors must be one of"),
        ({"replacement_char": 0xD800}, "replacement_char must be"),
        ({"dtype": "float32"}, "dtype"),
    ],
)
def test_bad_arguments(cls, arguments, message):
    with pytest.raises(ValueError, match=message):
        cls(**arguments)


@pytest.mark.parametrize("cls", CLASSES)
def test_copies(cls):
    tokenizer = cls(lowercase=False, normalization_form="NFC", replacement_char=63)
    revived = (pickle.loads(pickle.dumps(tokenizer)), copy.deepcopy(tokenizer))
    for other in (*revived, cls.from_config(tokenizer.get_config())):
        assert other(HARD) == tokenizer(HARD)
        assert other(b"\xff") == tokenizer(b"\xff")


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("settings", SETTINGS)
def test_graph_equals_python(cls, settings):
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    pytest.importorskip("tensorflow_text", reason="tensorflow-text is not installed")
    expected = cls(**settings)(HARD)
    for pure_graph in (False, True):
        tokenizer = cls(pure_graph=pure_graph, **settings)
        (batch,) = tf.data.Dataset.from_tensor_slices(HARD).batch(99).map(tokenizer)
        assert batch.to_list() == expected
    texts = cls(**settings).detokenize(batch)
    assert [text.decode() for text in texts.numpy()] == cls(**settings).detokenize(expected)
