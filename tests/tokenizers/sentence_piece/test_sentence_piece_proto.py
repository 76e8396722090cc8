"""Reading and writing SentencePiece models."""

import pytest
from sentencepiece import SentencePieceProcessor

from nlpkit.tokenizers import SentencePieceTokenizer, compute_sentence_piece_proto
from nlpkit.tokenizers.sentence_piece.proto import Piece, PieceKind, SentencePieceProto
from nlpkit.tokenizers.sentence_piece.protobuf_wire import read_fields, write_fields

UNKNOWN = Piece("<unk>", 0.0, PieceKind.UNKNOWN)


def _processor(proto):
    processor = SentencePieceProcessor()
    processor.LoadFromSerializedProto(proto)
    return processor


def test_a_model_survives_reading_and_writing():
    data = compute_sentence_piece_proto(["low lower lowest"], 15, special_tokens=["<mask>"])
    model = SentencePieceProto.parse(data)
    assert SentencePieceProto.parse(model.to_bytes()) == model
    kinds = {piece.text: piece.kind for piece in model.pieces}
    assert kinds["<unk>"] == PieceKind.UNKNOWN
    assert kinds["<mask>"] == PieceKind.CONTROL
    ours, original = _processor(model.to_bytes()), _processor(data)
    assert ours.encode("low lowest x") == original.encode("low lowest x")
    assert ours.bos_id() == original.bos_id() == 2


def test_sentencepiece_reads_what_is_built():
    pieces = [UNKNOWN, Piece("ab", -0.5), Piece("a", -1.5), Piece("b", -2.5)]
    built = SentencePieceProto.build(pieces, model_type="bpe", add_dummy_prefix=False)
    processor = _processor(built.to_bytes())
    assert processor.encode("abb") == [1, 3]
    assert [processor.get_score(i) for i in range(4)] == [0, -0.5, -1.5, -2.5]


def test_characters_alone_are_split_in_transformers_as_in_sentencepiece(tmp_path):
    import transformers

    alone = [Piece(text, 0.0, PieceKind.USER_DEFINED) for text in "()"]
    pieces = [Piece("▁", -2.0), Piece("a", -3.0), Piece("▁a", -4.0), Piece("b", -3.0)]
    model = SentencePieceProto.build([UNKNOWN, *alone, *pieces])
    tokenizer = SentencePieceTokenizer(model.to_bytes())
    tokenizer.save_to_preset(tmp_path)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    for text in ("a (b) (a)", "((a b", ") )"):
        assert theirs(text, add_special_tokens=False)["input_ids"] == tokenizer(text)


def test_pieces_can_be_rearranged():
    model = SentencePieceProto.build([UNKNOWN, Piece("▁a", -1)])
    swapped = model.with_pieces([Piece("<s>", kind=PieceKind.CONTROL), *reversed(model.pieces)])
    processor = _processor(swapped.to_bytes())
    assert processor.encode("a b") == [1, *processor.encode("b")]
    assert (processor.piece_to_id("<s>"), processor.unk_id()) == (0, 2)


def test_plain_unigram_models():
    def is_plain(*pieces, **settings):
        return SentencePieceProto.build([UNKNOWN, *pieces], **settings).is_plain_unigram

    assert is_plain(Piece("a"))
    assert is_plain(Piece("<sep>", kind=PieceKind.USER_DEFINED))
    assert not is_plain(Piece("ﬁ", kind=PieceKind.USER_DEFINED))
    assert not is_plain(Piece("<0x00>", kind=PieceKind.BYTE))
    assert not is_plain(Piece("a"), model_type="bpe")
    assert not is_plain(Piece("a"), treat_whitespace_as_suffix=True)


def test_fields_survive_writing_and_reading():
    fields = [(1, 0), (2, 300), (1000, 2**40), (3, b"\x00\xff"), (4, "é"), (5, -1)]
    read = [(number, value) for number, value, _, _ in read_fields(write_fields(fields))]
    assert read == [*fields[:4], (4, "é".encode()), (5, 2**64 - 1)]


@pytest.mark.parametrize(
    "message", [b"\x0a", b"\x0a\x05abc", b"\x0d\x00", b"\x0b", b"\xff" * 20, b"\x08\x80"]
)
def test_no_message(message):
    with pytest.raises(ValueError, match="not a protobuf message"):
        list(read_fields(message))
    with pytest.raises(ValueError, match="not a SentencePiece model"):
        SentencePieceProto.parse(message)


@pytest.mark.parametrize("piece", [[(1, 5)], [(1, b"a"), (2, b"toolong")], [(1, b"\xff")]])
def test_no_piece(piece):
    message = write_fields([(1, write_fields(piece))])
    with pytest.raises(ValueError, match="not a SentencePiece model"):
        SentencePieceProto.parse(message)
