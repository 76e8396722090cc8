"""Windows: every token in one or two of them, answered for once; units of texts are exact."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.cases.hard_strings import HARD_STRINGS
from conformance.cases.sentence_piece import tiny_proto
from conformance.cases.tokenizers import BYTE_PAIR_ASSETS, VOCABULARY
from nlpkit.models import BertTokenizer, TokenClassifierPreprocessor
from nlpkit.preprocessors.examples.text_units import join_words, units_of, units_of_words
from nlpkit.preprocessors.examples.windows import windows
from nlpkit.tokenizers import BytePairTokenizer, SentencePieceTokenizer

pytestmark = pytest.mark.by_turns
TEXTS = [
    *HARD_STRINGS,
    "今天天气很好" * 126,  # 756 characters without a space.
    "ภาษาไทยไม่มีช่องว่าง ราคา ๑๒๓ บาท",
    "한국어는 띄어쓰기가 있다.",
    "हिन्दी में मात्राएँ",
    "👩\u200d🔬 woman, 🇩🇪 flag,   e\u0301le\u0300ve\n\tend ",
]


@pytest.fixture(scope="module", params=["word pieces", "byte pairs", "pieces"])
def tokenizer(request):
    if request.param == "word pieces":
        return BertTokenizer(VOCABULARY)
    if request.param == "byte pairs":
        return BytePairTokenizer(**BYTE_PAIR_ASSETS)
    return SentencePieceTokenizer(tiny_proto("unigram"))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 4), max_size=30), st.integers(4, 12), st.integers(0, 11))
def test_windows_cover_a_sequence(sizes, length, stride):
    ends = [0, *np.cumsum(sizes).tolist()]
    found = windows(ends, length, min(stride, length - 1))
    assert found[0].start == found[0].first == 0
    assert found[-1].end == found[-1].last == ends[-1]
    for one, two in itertools.pairwise(found):
        assert one.start < two.start <= one.end < two.end
        assert one.end - two.start <= stride
        assert one.last == two.first
    for window in found:
        assert window.end - window.start <= length
        assert window.start <= window.first <= window.last <= window.end
        assert {*window} <= {*ends}


def test_tokens_of_an_overlap_are_answered_for_where_they_have_more_context():
    first, second = windows(range(13), 8, 4)
    assert (first.end, second.start, first.last) == (8, 4, 6)


@pytest.mark.parametrize("whole_words", [True, False])
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_units_are_exact(tokenizer, text, whole_words):
    encoding = tokenizer.encode(text)
    units = units_of(text, encoding, whole_words)
    assert units.splits[-1] == len(encoding)
    assert units.splits == sorted(set(units.splits))
    assert {*units.tokens} <= {*units.splits}
    spans = list(zip(units.starts, units.ends, strict=True))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    rest = "".join(
        text[a:b] for a, b in zip([0, *units.ends], [*units.starts, len(text)], strict=True)
    )
    kept = [c for c in rest if c.isalnum()]
    assert not kept  # Every letter and digit is in a unit.


def test_words_do_not_depend_on_the_tokenizer():
    text = "Unbelievable: the movie's cafe\u0301 in 東京 cost 12.50!"
    expected = ["Unbelievable", ":", "the", "movie", "'", "s", "cafe\u0301", "in"]
    expected += ["東", "京", "cost", "12", ".", "50", "!"]
    found = BytePairTokenizer(**BYTE_PAIR_ASSETS)
    units = units_of(text, found.encode(text), True)
    assert [text[a:b] for a, b in zip(units.starts, units.ends, strict=True)] == expected


def test_given_words_have_the_tokens_of_their_characters(tokenizer):
    words = ["The", "movie's", "", "電", "影", "good", "cafe\u0301", "New York"]
    text, starts, ends = join_words(words)
    assert text == "The movie's  電影 good cafe\u0301 New York"
    assert [text[a:b] for a, b in zip(starts, ends, strict=True)] == words
    encoding = tokenizer.encode(text)
    units = units_of_words(text, encoding, starts, ends)
    assert units.tokens[2] == -1
    for token, (start, end) in zip(units.tokens, zip(starts, ends, strict=True), strict=True):
        if start < end:
            first, last = encoding.offsets[token]
            assert text[first:last].strip()
            assert start <= last - len(text[first:last].lstrip()) < end


def test_text_without_spaces_is_read_in_windows():
    preprocessor = TokenClassifierPreprocessor(BertTokenizer(VOCABULARY), 64)
    features = preprocessor("今天天气很好" * 126)
    assert features["token_ids"].shape[0] == 16
    assert features["padding_mask"].sum() > 756


def test_a_word_longer_than_a_window_is_refused():
    preprocessor = TokenClassifierPreprocessor(BertTokenizer(VOCABULARY), 8)
    with pytest.raises(
        ValueError, match="never splits a word, and 'goodgoodgood', at character 5 of row 1"
    ):
        preprocessor(["good", "good goodgoodgood"])
    every = TokenClassifierPreprocessor(BertTokenizer(VOCABULARY), 8, subwords="all")
    assert every(["good goodgoodgood"])["token_ids"].shape == (2, 8)


def test_a_row_without_room_is_refused():
    with pytest.raises(ValueError, match="sequence_length"):
        TokenClassifierPreprocessor(BertTokenizer(VOCABULARY), 2)("good")
