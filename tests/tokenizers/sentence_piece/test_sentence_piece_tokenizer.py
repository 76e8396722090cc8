"""SentencePieceTokenizer."""

import base64
import random
from functools import cache

import numpy as np
import pytest
from sentencepiece import SentencePieceProcessor

from nlpkit.tokenizers import SentencePieceTokenizer, compute_sentence_piece_proto
from nlpkit.tokenizers.sentence_piece.proto import Piece, PieceKind, SentencePieceProto

TEXTS = [
    "the quick brown fox jumps over the lazy dog",
    "the movie was great, unbelievable!",
    "fine café, 12 kg of ''quoted'' text",
    "Привет мир 你好",
]
HARD = [
    "",
    "   ",
    " the  fox ",
    "ﬁne ㎏ \uff54\uff48\uff45 cafe\u0301",
    "the 👍🏽 fox",
    "the\u3000fox\u00a0was\tgreat\n",
    "null\x00character",
    "▁the ▁▁fox",
    "</s> <unk> <0x41>",
    "x" * 500,
]


@cache
def proto(**arguments):
    return compute_sentence_piece_proto(TEXTS, 50, **arguments)


@cache
def proto_with_bytes(model_type="unigram"):
    return compute_sentence_piece_proto(TEXTS, 306, model_type, byte_fallback=True)


def hand_made(*pieces, **settings):
    """A model without normalisation; the first piece is the unknown one."""
    pieces = [Piece(p) if isinstance(p, str) else p for p in pieces]
    unknown = Piece("<unk>", kind=PieceKind.UNKNOWN)
    return SentencePieceProto.build([unknown, *pieces], **settings).to_bytes()


GOLDEN = hand_made(Piece("▁the", -1), Piece("▁fox", -2), Piece("▁", -3), Piece("e", -4))


def test_golden_ids():
    tokenizer = SentencePieceTokenizer(GOLDEN)
    assert tokenizer("the fox") == [1, 2]
    assert tokenizer(["the e fox", "dog"]) == [[1, 3, 4, 2], [3, 0]]
    assert tokenizer.detokenize([1, 3, 4, 2]) == "the e fox"
    assert tokenizer.get_vocabulary() == ["<unk>", "▁the", "▁fox", "▁", "e"]


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_ids_and_texts_are_those_of_sentencepiece(model_type):
    for model in (proto(model_type=model_type), proto_with_bytes(model_type)):
        tokenizer, reference = SentencePieceTokenizer(model), SentencePieceProcessor()
        reference.LoadFromSerializedProto(model)
        rows = reference.encode(TEXTS + HARD)
        assert tokenizer(TEXTS + HARD) == rows
        assert [tokenizer(text) for text in TEXTS + HARD] == rows
        assert tokenizer.detokenize(rows) == [reference.decode(row) for row in rows]


def test_every_source_of_the_model(tmp_path):
    (tmp_path / "m.model").write_bytes(GOLDEN)
    coded = base64.b64encode(GOLDEN).decode()
    for source in (GOLDEN, coded, tmp_path / "m.model", str(tmp_path / "m.model")):
        tokenizer = SentencePieceTokenizer(source)
        assert tokenizer("the fox") == [1, 2]
        assert tokenizer.proto is source


def test_begin_and_end_of_sentence():
    tokenizer = SentencePieceTokenizer(proto(), add_bos=True, add_eos=True)
    plain = SentencePieceTokenizer(proto())
    assert tokenizer("the fox") == [2, *plain("the fox"), 3]
    assert tokenizer.encode("the fox").ids == tokenizer("the fox")
    assert tokenizer.detokenize(tokenizer("the fox")) == "the fox"
    with pytest.raises(ValueError, match="add_eos must be False"):
        SentencePieceTokenizer(GOLDEN, add_eos=True)


def test_text_that_spells_a_special_token_is_text():
    plain = SentencePieceTokenizer(proto(), special_tokens=["</s>"])
    asked = SentencePieceTokenizer(proto(), special_tokens=["</s>"], special_tokens_in_strings=True)
    assert 3 not in plain("the </s> fox")
    assert asked("the </s>fox") == [*plain("the "), 3, *plain("fox")]


def test_a_user_defined_special_token_is_found_only_if_asked_for():
    model = hand_made(
        Piece("<sep>", 0, PieceKind.USER_DEFINED),
        Piece("<own>", 0, PieceKind.USER_DEFINED),
        *(Piece(c, -1) for c in "▁<>sepown"),
    )
    text = "<sep><own>"
    both = SentencePieceTokenizer(model)
    assert {1, 2} <= set(both(text))
    special = {"special_tokens": ["<sep>"]}
    assert set(SentencePieceTokenizer(model, **special)(text)) & {1, 2} == {2}
    asked = SentencePieceTokenizer(model, **special, special_tokens_in_strings=True)
    assert {1, 2} <= set(asked(text))


def test_a_normal_piece_that_is_special_is_not_spelled():
    model = hand_made(Piece("▁the", -1), *(Piece(c, -5) for c in "▁the"))
    assert SentencePieceTokenizer(model)("the") == [1]
    assert SentencePieceTokenizer(model, special_tokens=["▁the"])("the") == [2, 3, 4, 5]


class _Shifted(SentencePieceTokenizer):
    def _arrange(self, pieces):
        unknown, *others = pieces
        added = [Piece(token, kind=PieceKind.CONTROL) for token in ("<s>", "<mask>")]
        return [added[0], unknown, *others, added[1]]


def test_a_family_arranges_the_ids(tmp_path):
    tokenizer = _Shifted(GOLDEN, special_tokens=["<mask>"], special_tokens_in_strings=True)
    assert tokenizer.get_vocabulary()[:2] == ["<s>", "<unk>"]
    assert tokenizer("the<mask> fox dog") == [2, 6, 3, 4, 1]
    tokenizer.save_assets(tmp_path)
    revived = _Shifted()
    revived.load_assets(tmp_path)
    assert revived("the fox") == [2, 3]
    written = ["tokenizer.model", "tokenizer.json", "tokenizer_config.json"]
    assert revived.save_files(tmp_path) == written
    assert (tmp_path / "tokenizer.model").read_bytes() == GOLDEN


def _words(text):
    """The words of a text for SentencePiece, to which "▁" is a space; it drops null characters."""
    return text.replace("▁", " ").replace("\x00", "").split()


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_spans_point_at_the_text(model_type):
    tokenizer = SentencePieceTokenizer(proto_with_bytes(model_type))
    for text in TEXTS + HARD:
        encoding = tokenizer.encode(text)
        assert encoding.ids == tokenizer(text)
        covered = "".join(text[s:e] for s, e in dict.fromkeys(encoding.offsets))
        assert _words(covered) == _words(text)
        assert encoding.word_ids == sorted(encoding.word_ids)


def test_spans_of_normalised_text():
    encoding = SentencePieceTokenizer(proto_with_bytes()).encode("a ㎏ ﬁ👍")
    spans = dict(zip(encoding.tokens, encoding.offsets, strict=True))
    assert spans["k"] == spans["g"] == (2, 3)
    assert {spans[f"<0x{byte:02X}>"] for byte in "👍".encode()} == {(5, 6)}
    assert encoding.word_ids == sorted(encoding.word_ids)
    assert encoding.word_ids[-1] == 2


def test_spans_after_replacing_and_stripping():
    model = hand_made("▁", *'abcdehit"')
    tokenizer = SentencePieceTokenizer(
        model, lowercase=True, strip_accents=True, replacements={"``": '"'}
    )
    encoding = tokenizer.encode("``E\u0301d A")
    assert tokenizer.detokenize(encoding.ids) == '"ed a'
    assert encoding.offsets == [(0, 0), (0, 2), (2, 3), (4, 5), (5, 6), (6, 7)]


def test_windows_never_split_a_word():
    tokenizer = SentencePieceTokenizer(proto())
    windows = tokenizer.encode(TEXTS[0], max_length=12, stride=4)
    assert len(windows) > 2
    assert all(len(window) <= 12 for window in windows)
    assert all(window.tokens[0].startswith("▁") for window in windows)


def test_dense_and_string_results():
    tokenizer = SentencePieceTokenizer(GOLDEN, sequence_length=3)
    np.testing.assert_array_equal(tokenizer(["the fox", "the"]), [[1, 2, 0], [1, 0, 0]])
    assert SentencePieceTokenizer(GOLDEN, dtype="string")("the fox") == ["▁the", "▁fox"]


def test_configuration_and_saving(tmp_path):
    tokenizer = SentencePieceTokenizer(proto(), add_eos=True, lowercase=True)
    tokenizer.save_assets(tmp_path)
    revived = SentencePieceTokenizer.from_config(tokenizer.get_config())
    with pytest.raises(ValueError, match="no vocabulary"):
        revived("the")
    revived.load_assets(tmp_path)
    assert revived("The FOX") == tokenizer("The FOX")
    tokenizer.save_files(tmp_path)
    loaded = SentencePieceTokenizer.from_files(tmp_path, {"add_eos_token": True}, lowercase=True)
    assert loaded("The FOX") == tokenizer("The FOX")


def test_files_of_other_names_and_settings(tmp_path):
    with pytest.raises(ValueError, match="no SentencePiece model"):
        SentencePieceTokenizer.from_files(tmp_path, {})
    (tmp_path / "spiece.model").write_bytes(GOLDEN)
    assert SentencePieceTokenizer.from_files(tmp_path, {})("the") == [1]
    with pytest.raises(ValueError, match="sp_model_kwargs"):
        SentencePieceTokenizer.from_files(tmp_path, {"sp_model_kwargs": {"alpha": 0.1}})


def _damaged():
    whole, rng = proto(), random.Random(0)
    yield from (b"", b"\x00" * 100, b"not a model" * 50, whole[: len(whole) // 2], whole[:-1])
    for _ in range(20):
        yield rng.randbytes(300)
        yield whole[: rng.randrange(1, len(whole))]
    for _ in range(50):  # Some of these load: nothing but loading is asked of them.
        flipped = bytearray(whole)
        for _ in range(10):
            flipped[rng.randrange(len(whole))] = rng.randrange(256)
        yield bytes(flipped)


def test_damaged_models_are_refused_or_work():
    refused = []
    for damaged in _damaged():
        try:
            SentencePieceTokenizer(damaged)(HARD)
        except ValueError as error:
            refused.append(str(error))
    assert len(refused) > 45
    assert all("proto is not a SentencePiece model" in message for message in refused)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"proto": "/no/such.model"}, ValueError, "no file '/no/such.model'"),
        ({"proto": 3}, TypeError, "got 3"),
        ({"proto": GOLDEN, "special_tokens": ["<s>"]}, ValueError, "it lacks"),
        ({"proto": GOLDEN, "replacements": {"": "x"}}, ValueError, "empty"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        SentencePieceTokenizer(**arguments)


def test_bad_ids_and_texts():
    tokenizer = SentencePieceTokenizer(GOLDEN)
    with pytest.raises(ValueError, match="from 0 to 4"):
        tokenizer.detokenize([5])
    with pytest.raises(ValueError, match="surrogate"):
        tokenizer("the \ud800")
    assert SentencePieceTokenizer(GOLDEN, errors="ignore")("the\ud800 fox") == [1, 2]
    with pytest.raises(ValueError, match="UTF-8"):
        tokenizer(b"\xff")


def test_a_long_word():
    tokenizer = SentencePieceTokenizer(hand_made("▁", "a", "b", model_type="bpe"))
    assert len(tokenizer("ab" * 100_000)) == 200_001
