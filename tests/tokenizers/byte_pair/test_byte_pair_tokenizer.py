"""BytePairTokenizer."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpkit.tokenizers import BytePairTokenizer
from nlpkit.tokenizers.byte_pair.byte_alphabet import BYTE_SYMBOLS

MERGES = ["l o", "lo w", "Ġ low", "e r", "Ġlow er", "1 2", "Ã ©"]
BYTES = {symbol: byte for byte, symbol in enumerate(BYTE_SYMBOLS)}
VOCABULARY = BYTES | {merge.replace(" ", ""): 256 + i for i, merge in enumerate(MERGES)}
SPECIAL = {"<|end|>": 300, "lowest": 301}
RANKS = {bytes([i]): i for i in range(256)} | {
    b"lo": 256,
    b"ow": 257,
    b"low": 258,
    b" low": 259,
    b"lowlow": 260,
}


def build(**arguments):
    return BytePairTokenizer(VOCABULARY, MERGES, **arguments)


def test_golden_ids():
    tokenizer = build()
    assert tokenizer("low lower 12é") == [257, 260, 32, 261, 262]
    assert tokenizer(["slow\n", ""]) == [[115, 257, 10], []]
    assert build(dtype="string")("low lower é") == ["low", "Ġlower", "Ġ", "Ã©"]


def test_earlier_merges_come_first_and_of_equal_ones_the_leftmost():
    tokenizer = BytePairTokenizer(BYTES | {"bc": 256, "ab": 257, "aa": 258}, ["b c", "a b", "a a"])
    assert tokenizer("abc") == [97, 256]
    assert tokenizer("aaa") == [258, 97]


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_detokenize_inverts_tokenize(text):
    assert DEFAULT.detokenize(DEFAULT(text)) == text


DEFAULT = build()


def test_ids_that_end_within_a_character():
    tokenizer = build()
    assert tokenizer.detokenize([0xF0, 0x9F, 97]) == "\ufffda"
    assert tokenizer.detokenize(tokenizer("中")[:2]) == "\ufffd"


def test_special_tokens_are_text_unless_asked_for():
    text = "low<|end|> lowest"
    plain = build(special_tokens=SPECIAL)(text)
    assert not {300, 301} & set(plain)
    asked = build(special_tokens=SPECIAL, special_tokens_in_strings=True)
    assert asked(text) == [257, 300, 32, 301]


def test_no_word_is_a_special_token():
    tokenizer = build(special_tokens=SPECIAL, ignore_merges=True)
    assert tokenizer("lowest") == [257, 101, 115, 116]
    assert tokenizer.detokenize([301, 300]) == "lowest<|end|>"


def test_a_byte_that_is_a_special_token_stays_a_byte():
    assert build(special_tokens=["!"])("!") == [BYTES["!"]]


def test_words_are_looked_up_before_merges():
    vocabulary = VOCABULARY | {"lowland": 290}
    assert 290 not in BytePairTokenizer(vocabulary, MERGES)("lowland")
    looking_up = BytePairTokenizer(vocabulary, MERGES, ignore_merges=True)
    assert looking_up("lowland lowland") == [290, 258, 108, 97, 110, 100]


def test_unsplittable_tokens_are_found_in_any_text():
    vocabulary = VOCABULARY | {"<a b>": 290, "<a": 291, "é!": 292}
    unsplittable = ["<a", "<a b>", "é!"]
    tokenizer = BytePairTokenizer(vocabulary, MERGES, unsplittable_tokens=unsplittable)
    assert tokenizer("low<a b> low<a>é!") == [257, 290, 258, 291, BYTES[">"], 292]
    assert tokenizer.detokenize([290, 292]) == "<a b>é!"
    with pytest.raises(ValueError, match="unsplittable_tokens; it lacks \\['<c>'\\]"):
        build(unsplittable_tokens=["<c>"])


def test_prefix_space():
    tokenizer = build(add_prefix_space=True)
    assert tokenizer(["low", " low", ""]) == [[258], [258], []]
    assert tokenizer.detokenize(tokenizer("low")) == " low"
    encoding = tokenizer.encode("low low")
    assert encoding.offsets == [(0, 3), (3, 7)]


def test_normalization():
    text = "e\u0301"
    assert build()(text) == [101, 0xCC, 0x81]
    assert build(normalization="NFC")(text) == [262]
    assert build(normalization="NFC").encode(f"low {text}").offsets[-1] == (4, 6)
    assert build(normalization="NFKC")("\uff4c\uff4f\uff57") == [257]
    with pytest.raises(ValueError, match="normalization must be None or one of"):
        build(normalization="nfc")


def test_a_pattern_of_the_users():
    assert build(split_pattern="[ow]")("low low") == [*b"low low"]
    assert build(split_pattern="[ow]", add_prefix_space=True)("l") == [32, 108]


def test_encodings_point_at_their_text():
    text = "low é中 lower"
    encoding = build().encode(text)
    assert [text[start:end] for start, end in encoding.offsets] == [
        *("low", " ", "é", "中", "中", "中", " lower")
    ]
    assert encoding.word_ids == [0, 1, 1, 1, 1, 1, 2]
    windows = build().encode(text, max_length=5, stride=0)
    assert [len(window) for window in windows] == [1, 5, 1]


class TestRanks:
    """A vocabulary as tiktoken has it."""

    def test_any_pair_that_is_a_token_merges_the_least_rank_first(self):
        tokenizer = BytePairTokenizer(RANKS)
        assert tokenizer("low ow lowlow") == [258, 32, 257, 259, 258]
        assert tokenizer("lowlow") == [260]

    def test_a_word_that_is_a_token_is_looked_up_first(self):
        ranks = RANKS | {b"xyz": 261}
        assert BytePairTokenizer(ranks)("xyz") == [261]
        assert BytePairTokenizer(ranks, ignore_merges=False)("xyz") == [*b"xyz"]

    def test_a_file(self, tmp_path):
        path = tmp_path / "x.tiktoken"
        lines = (f"{base64.b64encode(token).decode()} {rank}" for token, rank in RANKS.items())
        path.write_text("\n".join(lines) + "\n")
        assert BytePairTokenizer(str(path))("low ow lowlow") == [258, 32, 257, 259, 258]

    def test_special_tokens_come_with_their_ids_and_may_leave_gaps(self):
        tokenizer = BytePairTokenizer(RANKS, special_tokens={"<|end|>": 270})
        assert tokenizer.vocabulary_size() == 271
        assert tokenizer.token_to_id("<|end|>") == 270
        assert tokenizer.get_vocabulary()[265] is None
        assert tokenizer.detokenize([258, 270]) == "low<|end|>"
        for call in (tokenizer.id_to_token, lambda i: tokenizer.detokenize([i])):
            with pytest.raises(ValueError, match="265"):
                call(265)

    @pytest.mark.parametrize("special", [{"<|end|>": 258}, {"lo": 300}])
    def test_ids_that_are_taken(self, special):
        with pytest.raises(ValueError, match="special_tokens gives"):
            BytePairTokenizer(RANKS, special_tokens=special)

    def test_all_bytes_need_one(self):
        with pytest.raises(ValueError, match="all 256 bytes"):
            BytePairTokenizer({b"a": 0, b"b": 1})


class TestMissingBytes:
    """A vocabulary without some bytes, as Falcon's."""

    VOCABULARY = {symbol: i for i, symbol in enumerate("abcĠ")}

    def test_text_that_needs_them_is_an_error(self):
        tokenizer = BytePairTokenizer(self.VOCABULARY, [])
        assert tokenizer("ab c") == [0, 1, 3, 2]
        for call in (tokenizer, tokenizer.encode):
            with pytest.raises(ValueError, match="lacks 252 bytes.*'abd'"):
                call(["ab", "abd"])

    def test_they_may_be_left_out(self):
        assert BytePairTokenizer(self.VOCABULARY, [], errors="ignore")("adb") == [0, 1]


def test_without_a_vocabulary():
    tokenizer = BytePairTokenizer()
    with pytest.raises(ValueError, match="no vocabulary yet"):
        tokenizer("low")
    tokenizer.set_vocabulary_and_merges(VOCABULARY, MERGES)
    assert tokenizer("low") == [257]
    with pytest.raises(ValueError, match="merges need a vocabulary"):
        BytePairTokenizer(merges=MERGES)


def test_a_special_token_that_the_vocabulary_lacks():
    with pytest.raises(ValueError, match="special_tokens; it lacks \\['<s>'\\]"):
        build(special_tokens=["<s>"])


def test_special_tokens_with_ids_of_their_own_are_kept_by_a_preset(tmp_path):
    tokenizer = BytePairTokenizer({"a": 0, "b": 1}, [], special_tokens={"<end>": 7})
    tokenizer.save_to_preset(tmp_path)
    assert BytePairTokenizer.from_preset(tmp_path).special_tokens == {"<end>": 7}
