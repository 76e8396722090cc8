"""Encodings: offsets into the text, windows of whole words, showing tokens."""

import pytest

from nlpkit.tokenizers import WordPieceTokenizer

VOCABULARY = [
    "[UNK]",
    "[SEP]",
    "the",
    "qu",
    "##ick",
    "brown",
    "fox",
    "cafe",
    "!",
    "ﬁ",
    "中",
    "i",
    "##s",
]
TEXT = "The quick  brown\tCafe\u0301s!"


def make(**arguments) -> WordPieceTokenizer:
    defaults = {"lowercase": True, "strip_accents": True, "special_tokens": ["[SEP]"]}
    return WordPieceTokenizer(VOCABULARY, **defaults | arguments)


def pieces(text: str, **arguments) -> list[tuple[str, str]]:
    encoding = make(**arguments).encode(text)
    spans = [text[start:end] for start, end in encoding.offsets]
    return list(zip(encoding.tokens, spans, strict=True))


def test_tokens_and_the_text_they_stand_for():
    assert pieces(TEXT) == [
        ("the", "The"),
        ("qu", "qu"),
        ("##ick", "ick"),
        ("brown", "brown"),
        ("cafe", "Cafe"),  # The accent, dropped, belongs to no token.
        ("##s", "s"),
        ("!", "!"),
    ]


def test_offsets_count_characters_of_every_width():
    assert pieces("😀中 f\u200box") == [("[UNK]", "😀"), ("中", "中"), ("fox", "f\u200box")]


def test_words_are_counted():
    assert make().encode(TEXT).word_ids == [0, 1, 1, 2, 3, 3, 4]


def test_special_tokens_found_in_a_text_are_words():
    encoding = make(special_tokens_in_strings=True).encode("fox[SEP]quick")
    assert encoding.tokens == ["fox", "[SEP]", "qu", "##ick"]
    assert encoding.offsets == [(0, 3), (3, 8), (8, 10), (10, 13)]
    assert encoding.word_ids == [0, 1, 2, 2]


def test_forms_of_input():
    tokenizer = make()
    single = tokenizer.encode("the fox")
    assert tokenizer.encode(["the fox", "fox"]) == [single, tokenizer.encode("fox")]
    assert tokenizer.encode(b"the fox") == single
    assert tokenizer.encode("").ids == []
    with pytest.raises(TypeError, match="takes a string"):
        tokenizer.encode(3)


def test_windows_never_split_a_word():
    windows = make().encode("the quick brown fox", max_length=2, stride=0)
    assert [window.tokens for window in windows] == [["the"], ["qu", "##ick"], ["brown", "fox"]]
    assert [window.offsets[0][0] for window in windows] == [0, 4, 10]


def test_windows_repeat_whole_words():
    windows = make().encode("the quick brown fox", max_length=4, stride=3)
    assert [window.tokens for window in windows] == [
        ["the", "qu", "##ick", "brown"],
        ["qu", "##ick", "brown", "fox"],
    ]
    assert make().encode("", max_length=4, stride=2) == [make().encode("")]


@pytest.mark.parametrize("max_length", [2, 3, 4, 5])
@pytest.mark.parametrize("stride", [0, 1])
def test_windows_cover_every_token_in_order(max_length, stride):
    text = "the quick quick the brown fox the the quick"
    whole = make().encode(text)
    seen = 0
    for window in make().encode(text, max_length=max_length, stride=stride):
        assert 0 < len(window) <= max_length
        start = next(i for i, place in enumerate(whole.offsets) if place == window.offsets[0])
        assert seen - stride <= start <= seen
        assert whole[start : start + len(window)] == window
        assert start + len(window) > seen
        seen = start + len(window)
    assert seen == len(whole)


def test_cut_encodings_are_reported():
    with pytest.warns(UserWarning, match="cut 2 tokens from 1 of 2 examples to fit max_length=2"):
        first, second = make().encode(["the fox the fox", "fox"], max_length=2)
    assert (first.tokens, second.tokens) == (["the", "fox"], ["fox"])
    with pytest.raises(ValueError, match="max_length=2"):
        make(truncation="error").encode("the fox fox", max_length=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_length": 1, "stride": 0}, "never splits a word.* characters 4 to 9 has 2 tokens"),
        ({"max_length": 2, "stride": 2}, "stride must be from 0 to max_length - 1"),
        ({"max_length": 0}, "max_length must be at least 1"),
        ({"stride": 1}, "stride needs max_length"),
    ],
)
def test_impossible_windows_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        make().encode("the quick", **arguments)


def test_tokens_can_be_looked_at():
    shown = make().show("The quick <fox")
    assert "##ick" in repr(shown)
    assert "'ick'" in repr(shown)
    assert len(repr(shown).splitlines()) == 6
    html = shown._repr_html_()
    assert "##ick" in html
    assert "<fox" not in html
