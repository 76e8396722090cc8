"""How text is split into words, by name and by patterns of the user's."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpkit.tokenizers.byte_pair.byte_alphabet import to_bytes
from nlpkit.tokenizers.byte_pair.splitting.chunks import Chunks
from nlpkit.tokenizers.byte_pair.splitting.patterns import (
    SPLIT_PATTERNS,
    build_pre_tokenizer,
    pattern_name,
)

TEXT = "I'LL be 12345   here's\n\n  XMLHttp (ok)!\n"
WORDS = {
    "gpt2": "I ' LL Ġbe Ġ12345 ĠĠ Ġhere 's ĊĊĠ ĠXMLHttp Ġ( ok )! Ċ",
    "llama3": "I 'LL Ġbe Ġ 123 45 ĠĠ Ġhere 's ĊĊ Ġ ĠXMLHttp Ġ( ok )!Ċ",
    "qwen2": "I 'LL Ġbe Ġ 1 2 3 4 5 ĠĠ Ġhere 's ĊĊ Ġ ĠXMLHttp Ġ( ok )!Ċ",
    "cl100k": "I 'LL Ġbe Ġ 123 45 ĠĠ Ġhere 's ĊĊ Ġ ĠXMLHttp Ġ( ok )!Ċ",
    "o200k": "I'LL Ġbe Ġ 123 45 ĠĠ Ġhere's ĊĊ Ġ ĠXMLHttp Ġ( ok )!Ċ",
    "tekken": "I 'LL Ġbe Ġ 1 2 3 4 5 ĠĠ Ġhere 's ĊĊ Ġ ĠXMLHttp Ġ( ok )!Ċ",
    "falcon": "I ' LL Ġbe Ġ 123 45 ĠĠ Ġhere ' s ĊĊĠ ĠXMLHttp Ġ ( ok )! Ċ",
}
TEXTS = st.lists(
    st.sampled_from([*" \n\t\r\x0b\x0c\x1c\x1f\x85\xa0\u3000\u2028'/.!(#aZéߛ中1²٣\u0301\x00😀"])
    | st.sampled_from(["  ", "'s", "'LL", "'\u017f", "word", "12345", "e\u0301", " x", "\n\n"])
    | st.characters(exclude_categories=["Cs"])
).map("".join)


def words(split_pattern, text):
    return [word for word, _ in build_pre_tokenizer(split_pattern).pre_tokenize_str(text)]


@pytest.mark.parametrize("name", SPLIT_PATTERNS)
def test_golden_words(name):
    assert words(name, TEXT) == WORDS[name].split(" ")


def test_a_pattern_of_the_users_makes_words_of_what_it_matches_and_of_the_rest():
    assert words(r"\d\d", "ab1234c") == ["ab", "12", "34", "c"]


@pytest.mark.parametrize("name", SPLIT_PATTERNS)
@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_words_are_those_of_chunks(name, text):
    chunks = Chunks(name, None, prefix=False)
    spelled = [chunks.spell(chunk) for chunk in chunks.split(text)]
    assert "".join(spelled) == text
    assert [word for chunk in spelled for word in words(name, chunk)] == words(name, text)
    assert b"".join(map(to_bytes, words(name, text))).decode() == text


def test_chunks_are_words_with_the_space_before_them():
    chunks = Chunks("gpt2", None, prefix=False)
    assert [chunks.spell(chunk) for chunk in chunks.split("a bc d")] == ["a", " bc", " d"]
    assert chunks.split("bc bc")[1] == "bc"


def test_a_space_is_put_before_text_that_has_none():
    chunks = Chunks("gpt2", None, prefix=True)
    for text, expected in [("a b", " a b"), (" a", " a"), ("\na", " \na"), ("", "")]:
        assert "".join(map(chunks.spell, chunks.split(text))) == chunks.prefixed(text) == expected


def test_text_stays_whole_for_unknown_patterns_and_compatibility_forms():
    assert Chunks(r"\d", None, prefix=False).whole
    assert Chunks("gpt2", "NFKC", prefix=False).whole
    assert not Chunks("gpt2", "NFC", prefix=False).whole


@pytest.mark.parametrize("wrong", ["gpt3", "llama-3", "", "(", 3])
def test_wrong_patterns(wrong):
    with pytest.raises(ValueError, match="split_pattern must be one of"):
        build_pre_tokenizer(wrong)


def test_published_patterns_are_known_by_name():
    assert pattern_name(SPLIT_PATTERNS["o200k"]) == "o200k"
    assert pattern_name(r"\s+") == r"\s+"
