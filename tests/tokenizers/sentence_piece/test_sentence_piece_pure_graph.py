"""SentencePieceTokenizer in tf.data, and by TensorFlow operations alone."""

import pytest

from nlpkit.tokenizers import SentencePieceTokenizer, compute_sentence_piece_proto
from nlpkit.tokenizers.sentence_piece.proto import Piece, PieceKind, SentencePieceProto

tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
pytest.importorskip("tensorflow_text", reason="tensorflow-text is not installed")
pytestmark = pytest.mark.pure_graph

TEXTS = [
    "the quick brown fox jumps over the lazy dog",
    "  The movie was  GREAT!!!! unbelievable ",
    "",
    "cafe\u0301 ﬁne ㎏ \uff54\uff48\uff45 Ⱟ ΑΣ",
    "Привет 你好 👍🏽 zero\u200bwidth",
    "``quoted'' \\ text",
]
BYTES = {"byte_fallback": True}


def _proto(model_type, size, **arguments):
    return compute_sentence_piece_proto(TEXTS, size, model_type, **arguments)


@pytest.mark.parametrize(
    "proto",
    [
        _proto("unigram", 60),
        _proto("bpe", 60),
        _proto("unigram", 315, **BYTES),
        _proto("bpe", 315, **BYTES),
    ],
    ids=["unigram", "bpe", "unigram-bytes", "bpe-bytes"],
)
@pytest.mark.parametrize(
    "arguments",
    [
        {"add_bos": True, "add_eos": True, "sequence_length": 12, "truncation": "silent"},
        {
            "lowercase": True,
            "strip_accents": True,
            "replacements": {"``": '"', "\\": r"\1"},
            "special_tokens": ["</s>", "<pad>"],
            "special_tokens_in_strings": True,
        },
    ],
    ids=["dense", "normalised"],
)
def test_graph_equals_python(proto, arguments):
    texts = [*TEXTS, "the </s> fox</s><pad> "]
    python = SentencePieceTokenizer(proto, **arguments)
    expected = [list(map(int, row)) for row in python(texts)]
    graph = SentencePieceTokenizer(proto, pure_graph=True, **arguments)
    for tokenizer in (python, graph):
        (batch,) = tf.data.Dataset.from_tensor_slices(texts).batch(9).map(tokenizer)
        rows = batch.numpy() if "sequence_length" in arguments else batch
        assert [list(map(int, row)) for row in rows] == expected


def test_user_defined_pieces_and_repeated_characters():
    pieces = [
        Piece("<unk>", kind=PieceKind.UNKNOWN),
        Piece("<u>", kind=PieceKind.USER_DEFINED),
        *(Piece(text, score) for text, score in (("▁", -2), ("a", -2), ("aa", -3), ("!", -2))),
    ]
    proto = SentencePieceProto.build(pieces).to_bytes()
    texts = ["aaa<u>aaaaa!", "<u><u> a", "!!!!!"]
    graph = SentencePieceTokenizer(proto, pure_graph=True)
    assert graph(tf.constant(texts)).to_list() == SentencePieceTokenizer(proto)(texts)


class _Shifted(SentencePieceTokenizer):
    def _arrange(self, pieces):
        first, unknown, *others = pieces
        return [first, *others, unknown, Piece("<mask>", kind=PieceKind.CONTROL)]


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_arranged_ids(model_type):
    proto = _proto(model_type, 60)
    texts = [*TEXTS, "unknown ☃ snowman"]
    expected = _Shifted(proto)(texts)
    assert 59 in expected[-1]
    assert _Shifted(proto, pure_graph=True)(tf.constant(texts)).to_list() == expected


def test_a_saved_model_tokenizes(tmp_path):
    proto = _proto("unigram", 60)
    tokenizer = SentencePieceTokenizer(proto, pure_graph=True, lowercase=True)

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def __call__(self, texts):
            return tokenizer(texts).to_tensor(-1)

    tf.saved_model.save(Model(), str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    expected = SentencePieceTokenizer(proto, lowercase=True)("The fox")
    assert loaded(tf.constant(["The fox"]))[0].numpy().tolist() == expected


def test_detokenize_tensors():
    tokenizer = SentencePieceTokenizer(_proto("unigram", 60))
    ids = tokenizer(tf.constant(TEXTS[:1]))
    assert tokenizer.detokenize(ids).numpy().tolist() == [TEXTS[0].encode()]
