"""WordCounter: the words of the native engine, counted."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers.pre_tokenizers import BertPreTokenizer

from nlpkit.tokenizers.word_piece import word_counts
from nlpkit.tokenizers.word_piece.algorithm import build_normalizer
from nlpkit.tokenizers.word_piece.word_counts import WordCounter

ASCII = st.text(st.characters(max_codepoint=127), max_size=12)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(deadline=None, max_examples=200)
@given(st.lists(ASCII | ANY, max_size=6), st.booleans(), st.booleans(), st.booleans())
def test_words_are_those_of_the_engine(texts, lowercase, strip_accents, split_on_cjk):
    counter = WordCounter(lowercase, strip_accents, True, split_on_cjk, longest_word=5)
    normalize = build_normalizer(counter).normalize_str
    splits = [BertPreTokenizer().pre_tokenize_str(normalize(text)) for text in texts]
    words = Counter(word for split in splits for word, _ in split if len(word) <= 5)
    assert counter(texts) == words


def test_without_split_a_text_is_a_word():
    counter = WordCounter(True, False, False, True, longest_word=9)
    assert counter(["A b.", "a B.", "", "\u4e2dx"]) == {"a b.": 2, "\u4e2dx": 1}


def test_memory_holds_distinct_words(monkeypatch):
    monkeypatch.setattr(word_counts, "_MOST_CHUNKS", 3)
    counter = WordCounter(False, False, True, True, longest_word=9)
    assert counter(f"a{i % 2} b." for i in range(40)) == {"a0": 20, "a1": 20, "b": 40, ".": 40}
