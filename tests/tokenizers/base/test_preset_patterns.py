"""Regular expressions of presets: published and plain ones, others if the caller says so."""

import json

import pytest
from tokenizers import Regex

from nlpkit.presets.loading.pattern_permission import patterns_of_presets
from nlpkit.tokenizers import BytePairTokenizer, Tokenizer
from nlpkit.tokenizers.byte_pair.byte_alphabet import BYTE_SYMBOLS
from nlpkit.tokenizers.byte_pair.splitting.patterns import SPLIT_PATTERNS
from nlpkit.tokenizers.hugging_face_json.preset_patterns import _PUBLISHED, check_pattern, is_plain

IDS = {symbol: i for i, symbol in enumerate(BYTE_SYMBOLS)}
SLOW = "(a+)+$"
TEXT = "a" * 40 + "b"


@pytest.fixture
def path(tmp_path):
    split = {"type": "Split", "pattern": {"Regex": SLOW}, "behavior": "Isolated", "invert": False}
    level = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
    content = {
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, level]},
        "model": {"type": "BPE", "vocab": IDS, "merges": []},
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    return tmp_path / "tokenizer.json"


@pytest.mark.parametrize(
    "regex",
    [
        r"\p{N}{1,3}",
        r"[一-龥]+|\s+|\p{L}+",
        r"\s?\p{L}+",
        "[0-9][0-9][0-9]",
        " {2,}",
        r"\s{2,}|[\n\r\t]",
        r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+",
    ],
)
def test_plain_patterns(regex):
    assert is_plain(regex)
    Regex(regex)


@pytest.mark.parametrize(
    "regex",
    [
        SLOW,
        "a*a*b",
        "a+b",
        "(a|a)*",
        r"(.)\1",
        "a?a?a?a?a",
        "",
        "(?=a)",
        r"\bfoo",
        "[[a]&&[b]]+",
        "a++",
        "a{1000}",
        "a" * 100,
        "(?>a)",
        "[a",
    ],
)
def test_other_patterns_are_not_plain(regex):
    assert not is_plain(regex)


def test_published_patterns_are_allowed():
    with patterns_of_presets(False):
        for regex in (*_PUBLISHED, *filter(None, SPLIT_PATTERNS.values())):
            Regex(regex)
            check_pattern(regex)
        with pytest.raises(ValueError, match="allow_patterns=True"):
            check_pattern(SLOW)
    check_pattern(SLOW)


def test_a_file_with_another_pattern_is_refused_unless_allowed(path):
    with pytest.raises(ValueError, match="allow_patterns=True"):
        Tokenizer.from_tokenizer_json(path)
    tokenizer = Tokenizer.from_tokenizer_json(path, allow_patterns=True)
    assert tokenizer.split_pattern == SLOW
    assert tokenizer("aab") == [IDS["a"], IDS["a"], IDS["b"]]


def test_a_panic_of_the_engine_is_an_error():
    """Its class is derived from BaseException, which nobody catches."""
    tokenizer = BytePairTokenizer(IDS, [], split_pattern=SLOW)
    with pytest.raises(ValueError, match="library tokenizers failed"):
        tokenizer(TEXT)
    with pytest.raises(ValueError, match="library tokenizers failed"):
        tokenizer.encode(TEXT)
