"""UnicodeCodepointTokenizer; what it shares with ByteTokenizer is tested there."""

import numpy as np
import pytest

from nlpkit.tokenizers import UnicodeCodepointTokenizer


def test_golden_ids():
    tokenizer = UnicodeCodepointTokenizer()
    assert tokenizer("Hé👍") == [104, 233, 128077]
    assert tokenizer.detokenize([104, 233, 128077]) == "hé👍"
    assert tokenizer.detokenize([[104, 0, 105, 0, 0]]) == ["h\0i"]


def test_larger_code_points_become_the_last_id():
    tokenizer = UnicodeCodepointTokenizer(vocabulary_size=128, errors="strict")
    assert tokenizer("hé👍") == [104, 127, 127]
    assert tokenizer.encode("hé👍").ids == [104, 127, 127]
    assert tokenizer.vocabulary_size() == 128
    assert tokenizer.get_config()["vocabulary_size"] == 128
    assert len(tokenizer.get_vocabulary()) == 128
    with pytest.raises(ValueError, match="from 0 to 127"):
        tokenizer.detokenize([128])


def test_ids_outside_the_vocabulary_become_text_as_errors_says():
    rows = [[104, 10_000_000, 105], [0xD800, -1, 106]]
    for arguments, texts in (
        ({}, ["h\ufffdi", "\ufffd\ufffdj"]),
        ({"replacement_char": 75}, ["hKi", "KKj"]),
        ({"errors": "ignore"}, ["hi", "j"]),
    ):
        tokenizer = UnicodeCodepointTokenizer(**arguments)
        assert tokenizer.detokenize(rows) == texts
    small = UnicodeCodepointTokenizer(vocabulary_size=128, replacement_char=9731)
    assert small.detokenize([104, 233]) == "h☃"
    with pytest.raises(TypeError, match="integer ids"):
        small.detokenize([0.5])


def test_vocabulary_is_all_of_unicode():
    tokenizer = UnicodeCodepointTokenizer(errors="strict")
    assert tokenizer.vocabulary_size() == 0x110000
    assert tokenizer.id_to_token(0x1F44D) == "👍"
    assert tokenizer.token_to_id("👍") == 0x1F44D
    for token in ("ab", "", "\ud800"):
        with pytest.raises(ValueError, match="vocabulary"):
            tokenizer.token_to_id(token)
    with pytest.raises(ValueError, match="no token"):
        tokenizer.detokenize([0xD800])
    with pytest.raises(ValueError, match="from 0 to 1114111"):
        tokenizer.detokenize([0x110000])


def test_bytes_in_other_encodings():
    text = "hé👍"
    expected = [104, 233, 128077]
    for encoding in ("UTF-16-BE", "UTF-32-BE"):
        tokenizer = UnicodeCodepointTokenizer(input_encoding=encoding)
        data = text.encode(encoding)
        assert tokenizer(text) == tokenizer(data) == tokenizer.encode(data).ids == expected
        assert tokenizer([[data], [text]]) == [[expected], [expected]]
        assert tokenizer(np.array([data], object)) == [expected]
    strict = UnicodeCodepointTokenizer(input_encoding="UTF-16-BE", errors="strict")
    with pytest.raises(ValueError, match="must be UTF-16-BE"):
        strict(b"\xd8")


def test_tensors_in_other_encodings():
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    strange = UnicodeCodepointTokenizer(errors="ignore").detokenize(tf.constant([[104, 1 << 30]]))
    assert strange.numpy().tolist() == [b"h"]
    encoding = "UTF-16-BE"
    data = tf.constant(["hé👍".encode(encoding)])
    for pure_graph in (False, True):
        tokenizer = UnicodeCodepointTokenizer(
            input_encoding=encoding, output_encoding=encoding, pure_graph=pure_graph
        )
        assert tokenizer(data).to_list() == [[104, 233, 128077]]
        assert tokenizer.detokenize(tokenizer(data)).numpy()[0] == data.numpy()[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vocabulary_size": 0}, "from 1 to 1114112"),
        ({"vocabulary_size": 0x110001}, "from 1 to 1114112"),
        ({"input_encoding": "latin-1"}, "input_encoding must be one of"),
        ({"output_encoding": "UTF-7"}, "output_encoding must be one of"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        UnicodeCodepointTokenizer(**arguments)
