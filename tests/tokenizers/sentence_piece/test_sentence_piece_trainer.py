"""compute_sentence_piece_proto."""

import random

import keras
import pytest

from nlpkit.tokenizers import SentencePieceTokenizer, compute_sentence_piece_proto

LINES = ["the quick brown fox", "the lazy dog", "", "low lower lowest the"]


def test_golden_vocabulary_and_ids():
    proto = compute_sentence_piece_proto(["Drifting Along"], 15)
    tokenizer = SentencePieceTokenizer(proto)
    assert sorted(tokenizer.get_vocabulary()[4:]) == sorted([*"▁DriftngAlo"])
    assert tokenizer.get_vocabulary()[:4] == ["<pad>", "<unk>", "<s>", "</s>"]
    # As KerasHub documents it.
    expected = [4, 8, 12, 5, 9, 14, 5, 6, 13, 4, 7, 10, 11, 6, 13]
    assert tokenizer("Drifting Along") == expected


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_order_of_texts_does_not_matter(model_type):
    words = [f"w{random.Random(i).randint(0, 10**5)}" for i in range(300)]
    expected = compute_sentence_piece_proto(words, 60, model_type)
    random.Random(0).shuffle(words)
    assert compute_sentence_piece_proto([" ".join(words)], 60, model_type) == expected


def test_frequent_words_count_more():
    proto = compute_sentence_piece_proto(["ab " * 100, "cd", "ef gh"], 15, "bpe")
    merged = [p for p in SentencePieceTokenizer(proto).get_vocabulary()[4:] if len(p) > 1]
    assert merged == ["▁ab", "▁a"] or merged[0] in ("ab", "▁a")


def test_forms_of_data_agree(tmp_path):
    expected = compute_sentence_piece_proto(LINES, 30)
    path = tmp_path / "text.txt"
    path.write_text("\n".join(LINES))
    assert compute_sentence_piece_proto([path], 30) == expected
    assert compute_sentence_piece_proto([str(path)], 30) == expected
    assert compute_sentence_piece_proto((line for line in LINES), 30) == expected
    assert compute_sentence_piece_proto(["\t\r\n ".join(LINES)], 30) == expected


def test_a_dataset_gives_the_same():
    reason = "a tf.data.Dataset needs TensorFlow, which is not installed"
    tf = pytest.importorskip("tensorflow", reason=reason)
    dataset = tf.data.Dataset.from_tensor_slices(LINES)
    expected = compute_sentence_piece_proto(LINES, 30)
    assert compute_sentence_piece_proto(dataset, 30) == expected
    assert compute_sentence_piece_proto(dataset.batch(2), 30) == expected


def test_the_file_is_written(tmp_path):
    proto = compute_sentence_piece_proto(LINES, 30, proto_output_file=tmp_path / "m.model")
    assert (tmp_path / "m.model").read_bytes() == proto


def test_settings():
    folded = SentencePieceTokenizer(compute_sentence_piece_proto(["A a B b"], 8, lowercase=True))
    assert folded("A B") == folded("a b")
    proto = compute_sentence_piece_proto(["ab"], 264, byte_fallback=True, special_tokens=["<m>"])
    with_bytes = SentencePieceTokenizer(proto)
    assert with_bytes.detokenize(with_bytes("aé")) == "aé"
    assert with_bytes.token_to_id("<m>") == 4
    words = compute_sentence_piece_proto(["ab cd ab"], 6, "word")
    assert SentencePieceTokenizer(words)("ab cd") == [4, 5]


def test_long_words_are_not_lost():
    tokenizer = SentencePieceTokenizer(compute_sentence_piece_proto(["x" * 5000], 7))
    assert "x" in tokenizer.get_vocabulary()


def test_a_message_appears_when_it_takes_a_while(capsys, monkeypatch):
    from nlpkit.tokenizers.sentence_piece import trainer

    monkeypatch.setattr(trainer, "_SECONDS_BEFORE_MESSAGE", 0.0)
    words = [f"w{i}" for i in range(2_000)]
    compute_sentence_piece_proto(words, 100)
    assert capsys.readouterr().out == (
        "Training a SentencePiece model on 2000 distinct words ...\n"
    )
    keras.config.disable_interactive_logging()
    try:
        compute_sentence_piece_proto(words, 100)
    finally:
        keras.config.enable_interactive_logging()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"data": "one text"}, TypeError, "list"),
        ({"data": {"file": "text.txt"}}, TypeError, "list"),
        ({"data": ["a", 3]}, TypeError, "got 3"),
        ({"data": []}, ValueError, "got none"),
        ({"data": [" ", "\n"]}, ValueError, "got none"),
        ({"data": ["\u200b"]}, ValueError, "got only whitespace"),
        ({"data": ["a\ud800"]}, ValueError, "surrogate"),
        (
            {"data": ["hello world help"], "vocabulary_size": 100},
            ValueError,
            "give at most 14 pieces",
        ),
        ({"data": ["hello"], "vocabulary_size": 6}, ValueError, "at least 9"),
        ({"data": ["hello"], "model_type": "char"}, ValueError, "give at most 9 pieces"),
        ({"data": ["hello"], "model_type": "word"}, ValueError, "give at most 5 pieces"),
        ({"data": ["a"], "model_type": "x"}, ValueError, "model_type must be one of"),
        ({"data": ["a"], "vocabulary_size": 4}, ValueError, "at least 5"),
        ({"data": ["a"], "character_coverage": 0.5}, ValueError, "from 0.98"),
        ({"data": ["a"], "special_tokens": ["<s>"]}, ValueError, "must be distinct"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        compute_sentence_piece_proto(**{"vocabulary_size": 20, **arguments})


def test_what_is_said_to_be_reachable_is():
    for text, size in (("hello world help", 14), ("hello", 9)):
        proto = compute_sentence_piece_proto([text], size)
        assert SentencePieceTokenizer(proto).vocabulary_size() == size
