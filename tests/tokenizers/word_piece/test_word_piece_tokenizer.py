"""WordPieceTokenizer in plain Python: ids, forms of input, special tokens, errors."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpkit.tokenizers import Tokenizer, WordPieceTokenizer

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "qu", "##ick", "br", "##own", "fox", "."]
VOCABULARY += [
    "cafe",
    "café",
    "é",
    "##é",
    "中",
    "文",
    "un",
    "##able",
    "!",
    "-",
    "$",
    "[",
    "]",
    "cls",
]
VOCABULARY += [*"abcdefghijklmnopqrstuvwxyz", *("##" + c for c in "abcdefghijklmnopqrstuvwxyz")]


def make(**arguments) -> WordPieceTokenizer:
    return WordPieceTokenizer(VOCABULARY, **({"lowercase": True} | arguments))


def tokens(text: str, **arguments) -> list[str]:
    return make(dtype="string", **arguments)(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The quick brown fox.", [4, 5, 6, 7, 8, 9, 10]),
        ("  the\tfox\r\n", [4, 9]),
        ("unable!-$", [17, 18, 19, 20, 21]),
        ("", []),
        (" \n ", []),
        ("the Ω", [4, 1]),
    ],
    ids=["sentence", "spaces", "symbols", "empty", "blank", "unknown"],
)
def test_golden_ids(text, expected):
    assert make()(text) == expected


def test_the_longest_piece_wins():
    assert tokens("quickly") == ["qu", "##ick", "##l", "##y"]


def test_accents_stay_or_go():
    assert tokens("Café") == ["café"]
    assert tokens("Café", strip_accents=True) == ["cafe"]
    assert tokens("Café", strip_accents=None) == ["cafe"]
    assert tokens("café", strip_accents=None, lowercase=False) == ["café"]


def test_case_stays_without_lowercase():
    assert tokens("The fox", lowercase=False) == ["[UNK]", "fox"]


def test_cjk_characters_stand_alone_unless_told_otherwise():
    assert tokens("a中文b") == ["a", "中", "文", "b"]
    assert tokens("a中文b", split_on_cjk=False) == ["[UNK]"]


@pytest.mark.parametrize("separator", [" ", "\t", "\n", "\r", "\xa0", "\u2003", "\u2028", "\u3000"])
def test_spaces_separate(separator):
    assert tokens(f"the{separator}fox") == ["the", "fox"]


@pytest.mark.parametrize(
    "control", ["\0", "\x0b", "\x0c", "\x1c", "\x85", "\u200b", "\ufffd", "\ue000"]
)
def test_control_characters_are_dropped(control):
    assert tokens(f"f{control}ox") == ["fox"]


def test_words_of_more_characters_than_allowed_are_unknown():
    assert tokens("a" * 101) == ["[UNK]"]
    assert len(tokens("a" * 100)) == 100
    assert tokens("fox", max_characters_per_word=2) == ["[UNK]"]


def test_other_suffix_indicator():
    tokenizer = WordPieceTokenizer(["[UNK]", "qu", "@@ick"], suffix_indicator="@@")
    assert tokenizer("quick") == [1, 2]
    assert tokenizer.detokenize([1, 2]) == "quick"


def test_a_memo_that_starts_anew_gives_the_same_ids():
    tokenizer = make()
    tokenizer._algorithm.memo._half = 2
    texts = ["the fox", "quick brown", "the quick fox", "a b c d e f g"] * 3
    assert tokenizer(texts) == [make()(text) for text in texts]


def test_forms_of_input_agree():
    tokenizer = make()
    texts = ["The fox.", "", "caf\u00e9"]
    expected = [tokenizer(text) for text in texts]
    for form in (
        texts,
        tuple(texts),
        np.array(texts),
        np.array(texts, dtype=object),
        np.char.encode(np.array(texts), "utf-8"),
        [text.encode() for text in texts],
    ):
        assert tokenizer(form) == expected
    assert tokenizer(np.array(texts[0])) == expected[0]
    assert tokenizer([texts, ["fox"]]) == [expected, [[9]]]
    assert tokenizer(np.array([texts, texts])) == [expected, expected]
    assert tokenizer([]) == []


@pytest.mark.parametrize("wrong", [3, None, 2.5, ["the", 3], {"a": "b"}, np.arange(3), ["a", []]])
def test_other_types_are_refused(wrong):
    with pytest.raises(TypeError, match="takes a string"):
        make()(wrong)


def test_bytes_must_be_utf8():
    with pytest.raises(ValueError, match="UTF-8"):
        make()(b"fox \xff")


@pytest.mark.parametrize("wrong", [b"fox\xff", "fox\ud800", [b"fox\xff", "fox"]])
def test_invalid_text_is_replaced_or_ignored_if_asked_for(wrong):
    with pytest.raises(ValueError, match='errors="replace"'):
        make()(wrong)
    single = not isinstance(wrong, list)
    for errors in ("replace", "ignore"):
        ids = make(errors=errors)(wrong)
        assert (ids if single else ids[0]) == [9]
    with pytest.raises(ValueError, match="errors must be one of"):
        make(errors="maybe")


def test_sequence_length_makes_dense_arrays():
    tokenizer = make(sequence_length=3, truncation="silent")
    np.testing.assert_array_equal(
        tokenizer(["the quick fox", "fox"]), np.array([[4, 5, 6], [9, 0, 0]])
    )
    assert tokenizer("fox").dtype == np.int32
    assert tokenizer("fox").shape == (3,)
    assert tokenizer([]).shape == (0, 3)
    assert tokenizer(np.array([["fox", "the"]])).shape == (1, 2, 3)
    strings = make(sequence_length=3, dtype="string")
    assert strings("fox").tolist() == ["fox", "", ""]


def test_cut_text_is_reported():
    with pytest.warns(UserWarning, match="cut 2 tokens from 1 of 2 examples"):
        make(sequence_length=2)(["the quick fox", "fox"])
    with pytest.raises(ValueError, match="sequence_length=2"):
        make(sequence_length=2, truncation="error")("the quick fox")


def test_without_split_an_example_is_a_list_of_words():
    tokenizer = make(split=False, dtype="string")
    assert tokenizer("The fox") == ["[UNK]"]
    assert tokenizer(["The", "fox", "quick"]) == ["the", "fox", "qu", "##ick"]
    assert tokenizer([["The", "fox"], ["quick"]]) == [["the", "fox"], ["qu", "##ick"]]


def test_special_tokens_in_text_are_plain_text():
    assert tokens("fox [CLS]") == ["fox", "[", "cls", "]"]
    plain = WordPieceTokenizer(["UNK", "PAD", "P", "##A", "##D"], oov_token="UNK")
    assert plain("PAD UNK") == [1, 0]
    special = WordPieceTokenizer(
        ["UNK", "PAD", "P", "##A", "##D"], oov_token="UNK", special_tokens=["PAD"]
    )
    assert special("PAD") == [2, 3, 4]
    assert make(split=False, special_tokens=["[CLS]"])(["[CLS]"]) == [1]


def test_special_tokens_in_text_are_recognised_if_asked_for():
    arguments = {"special_tokens": ["[CLS]", "[SEP]"], "special_tokens_in_strings": True}
    assert tokens("[CLS]The fox[SEP].", **arguments) == ["[CLS]", "the", "fox", "[SEP]", "."]
    assert make(split=False, **arguments)(["[CLS]", "fox"]) == [2, 9]


def test_special_tokens_are_attributes():
    tokenizer = make()
    assert tokenizer.special_tokens_map == {"unk_token": "[UNK]"}
    assert tokenizer.unk_token_id == 1


def test_vocabulary_must_hold_special_tokens():
    with pytest.raises(ValueError, match=r"unk_token='\[UNK\]'"):
        WordPieceTokenizer(["the"])
    with pytest.raises(ValueError, match="'<x>'"):
        make(special_tokens=["<x>"])


@pytest.mark.parametrize(
    ("vocabulary", "error"),
    [([], ValueError), (["[UNK]", "a", "a"], ValueError), (["[UNK]", 3], TypeError)]
    + [(["[UNK]", "a\n"], ValueError), ("/no/such/file.txt", ValueError)],
)
def test_bad_vocabularies_are_refused(vocabulary, error):
    with pytest.raises(error, match="vocabulary"):
        WordPieceTokenizer(vocabulary)


def test_without_vocabulary_it_says_so():
    tokenizer = WordPieceTokenizer()
    for use in (
        lambda: tokenizer("fox"),
        lambda: tokenizer.detokenize([1]),
        tokenizer.vocabulary_size,
        lambda: tokenizer.unk_token_id,
    ):
        with pytest.raises(ValueError, match="has no vocabulary"):
            use()
    tokenizer.set_vocabulary(VOCABULARY)
    assert tokenizer("fox") == [9]


def test_vocabulary_look_ups():
    tokenizer = make()
    assert tokenizer.vocabulary_size() == len(VOCABULARY)
    assert tokenizer.get_vocabulary() == VOCABULARY
    assert tokenizer.id_to_token(9) == "fox"
    assert tokenizer.token_to_id("fox") == 9
    for use in (lambda: tokenizer.id_to_token(len(VOCABULARY)), lambda: tokenizer.id_to_token(-1)):
        with pytest.raises(ValueError, match="id must be"):
            use()
    with pytest.raises(ValueError, match="'zzz'"):
        tokenizer.token_to_id("zzz")


def test_detokenize_joins_pieces():
    tokenizer = make()
    assert tokenizer.detokenize([4, 5, 6, 9, 10]) == "the quick fox ."
    assert tokenizer.detokenize([[4, 5, 6], [9]]) == ["the quick", "fox"]
    assert tokenizer.detokenize(np.array([[4, 9], [9, 9]])) == ["the fox", "fox fox"]
    assert tokenizer.detokenize([]) == ""


def test_detokenize_takes_tensors_of_the_backend():
    ids = keras.ops.convert_to_tensor([[4, 9]])
    result = make().detokenize(ids)
    assert [getattr(text, "numpy", lambda text=text: text)() for text in result] in (
        ["the fox"],
        [b"the fox"],
    )


@pytest.mark.parametrize("wrong", [[999], [-1], [[4], [999]]])
def test_detokenize_refuses_ids_outside_the_vocabulary(wrong):
    with pytest.raises(ValueError, match="ids must be from 0"):
        make().detokenize(wrong)


def test_detokenize_refuses_what_is_no_id():
    with pytest.raises(TypeError, match="integer ids"):
        make().detokenize([1.5])


@pytest.mark.parametrize("arguments", [{"dtype": "float32"}, {"truncation": "maybe"}])
def test_bad_arguments_are_refused(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        make(**arguments)


@given(st.lists(st.text(max_size=40), max_size=5))
def test_batch_equals_single(texts):
    tokenizer = make(strip_accents=True)
    assert tokenizer.tokenize(texts) == [make(strip_accents=True).tokenize(t) for t in texts]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_the_memo_gives_the_ids_of_whole_texts(text):
    """What the memo relies on: nothing on one side of a space bears on the other."""
    tokenizer = make(strip_accents=True)
    assert tokenizer(text) == tokenizer.encode(text).ids


def test_a_tokenizer_can_be_made_by_subclassing():
    class Letters(Tokenizer):
        def tokenize(self, inputs):
            return [ord(letter) for letter in inputs]

    assert Letters()("ab") == [97, 98]
    with pytest.raises(NotImplementedError, match="Letters must define tokenize and detokenize"):
        Letters().detokenize([97])
    with pytest.raises(NotImplementedError, match="Tokenizer must define tokenize"):
        Tokenizer()("ab")
