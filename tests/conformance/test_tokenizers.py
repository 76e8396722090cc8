"""What holds for every tokenizer."""

import copy
import pickle

import keras
import numpy as np
import pytest

import nlpkit
from conformance.cases.decoders import DECODER_TOKENIZERS
from conformance.cases.encoders import ENCODER_TOKENIZERS
from conformance.cases.hard_strings import HARD_STRINGS, SPECIAL
from conformance.cases.seq2seqs import SEQ2SEQ_TOKENIZERS
from conformance.cases.speeches import SPEECH_TOKENIZERS
from conformance.cases.tokenizers import TOKENIZERS

CASES = [
    variant
    for case in TOKENIZERS
    + DECODER_TOKENIZERS
    + ENCODER_TOKENIZERS
    + SEQ2SEQ_TOKENIZERS
    + SPEECH_TOKENIZERS
    for variant in case.variants()
    if variant.name.split("-", 1)[-1] in case.others
]

FIRST_OF_A_KIND = [
    next(case for case in CASES if case.cls is cls)
    for cls in (
        nlpkit.tokenizers.BytePairTokenizer,
        nlpkit.tokenizers.ByteTokenizer,
        nlpkit.tokenizers.SentencePieceTokenizer,
        nlpkit.tokenizers.UnicodeCodepointTokenizer,
        nlpkit.tokenizers.WordPieceTokenizer,
    )
]
# Without special tokens, which transformers always finds, and without a space at their start.
FOR_TRANSFORMERS = ("the movie was  good", "Ünbelievable\nmovie, a 12 🎬!", "xyz" * 9)
# All are cut and padded alike.
ONLY = {
    "pure_graph_of_a_length_equals_python": lambda case: case in FIRST_OF_A_KIND,
    "transformers_gives_the_same_ids": lambda case: case.cls.packing is not None,
}


def by_turns(case):
    """Texts become ids in the same way on every backend."""
    return True


def test_text_survives_the_round_trip(case):
    tokenizer = case.build()
    unknown = getattr(tokenizer, "unk_token_id", None)
    spelled = [ids for ids in tokenizer(HARD_STRINGS) if unknown not in ids]
    assert len(spelled) > 10
    for ids in spelled:
        assert tokenizer(tokenizer.detokenize(ids)) == ids


def test_batch_equals_single(case):
    tokenizer = case.build()
    batch = tokenizer(HARD_STRINGS)
    assert batch == [tokenizer(text) for text in HARD_STRINGS]
    assert tokenizer(np.array(HARD_STRINGS, object)) == batch
    assert tokenizer.detokenize(batch) == [tokenizer.detokenize(ids) for ids in batch]


@pytest.mark.parametrize("sequence_length", [None, 5])
def test_python_equals_tf_data(case, sequence_length):
    tf = pytest.importorskip("tensorflow")
    tokenizer = case.build(sequence_length=sequence_length, truncation="silent")
    expected = [list(map(int, ids)) for ids in tokenizer(HARD_STRINGS)]
    dataset = tf.data.Dataset.from_tensor_slices(HARD_STRINGS)
    assert [ids.numpy().tolist() for ids in dataset.map(tokenizer)] == expected
    (batch,) = dataset.batch(len(HARD_STRINGS)).map(tokenizer)
    rows = batch.to_list() if sequence_length is None else batch.numpy().tolist()
    assert rows == expected


def test_pure_graph_equals_python(case):
    tf = tensorflow_with_its_texts()
    tokenizer = case.build(pure_graph=True)
    if case.cls is nlpkit.models.BloomTokenizer:  # Its pattern has no name.
        with pytest.raises(ValueError, match="pure_graph=True needs a split_pattern"):
            tf.function(tokenizer.tokenize)(tf.constant(HARD_STRINGS))
        return
    batch = tf.function(tokenizer.tokenize)(tf.constant(HARD_STRINGS))
    assert batch.to_list() == case.build()(HARD_STRINGS)


def test_pure_graph_of_a_length_equals_python(case):
    tf = tensorflow_with_its_texts()
    arguments = {"sequence_length": 5, "truncation": "silent"}
    tokenizer = case.build(**arguments, pure_graph=True)
    batch = tf.function(tokenizer.tokenize)(tf.constant(HARD_STRINGS))
    np.testing.assert_array_equal(batch, case.build(**arguments)(HARD_STRINGS))


def tensorflow_with_its_texts():
    pytest.importorskip("tensorflow_text")
    return pytest.importorskip("tensorflow")


def test_encodings_agree_with_ids_and_point_at_their_text(case):
    tokenizer = case.build()
    for text, ids in zip(HARD_STRINGS, tokenizer(HARD_STRINGS), strict=True):
        encoding = tokenizer.encode(text)
        assert encoding.ids == ids
        assert encoding.tokens == [tokenizer.id_to_token(i) for i in ids]
        assert all(0 <= start <= end <= len(text) for start, end in encoding.offsets)
        starts = [start for start, _ in encoding.offsets]
        assert starts == sorted(starts)
        assert encoding.word_ids == sorted(encoding.word_ids)


def test_transformers_gives_the_same_ids(case, tmp_path):
    """Of a text alone and of two that are packed together; decoders' get a start token, at most."""
    import transformers

    tokenizer = case.build()
    tokenizer.save_to_preset(tmp_path)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    for text in FOR_TRANSFORMERS:
        assert theirs(text, add_special_tokens=False)["input_ids"] == tokenizer(text)
    first, second = FOR_TRANSFORMERS[:2]
    preprocessor = nlpkit.models.TextClassifierPreprocessor(tokenizer, sequence_length=64)
    for given, columns in (((first,), [first]), ((first, second), ([first], [second]))):
        ours, found = preprocessor(columns), theirs(*given)
        real = ours["padding_mask"][0]
        assert found["input_ids"] == ours["token_ids"][0][real].tolist()
        if "segment_ids" in ours:
            assert found["token_type_ids"] == ours["segment_ids"][0][real].tolist()


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"]
)
def test_copies_give_the_same_ids(case, copied):
    tokenizer = case.build()
    twin = copied(tokenizer)
    assert twin.name == tokenizer.name
    assert twin(HARD_STRINGS) == tokenizer(HARD_STRINGS)


def test_special_tokens_in_text_are_plain_text(case):
    text = " ".join(SPECIAL)
    plain = case.build()(text)
    asked = case.build(special_tokens=SPECIAL, special_tokens_in_strings=True)
    special = {asked.token_to_id(token) for token in SPECIAL}
    special -= {getattr(asked, "unk_token_id", None)}
    assert not special & set(plain)
    assert special <= set(asked(text))


def test_assets_save_and_reload(case, tmp_path):
    tokenizer = case.build()
    tokenizer.save_assets(str(tmp_path))
    revived = case.cls.from_config(tokenizer.get_config())
    with pytest.raises(ValueError, match="vocabulary"):
        revived("no vocabulary yet")
    revived.load_assets(str(tmp_path))
    assert revived(HARD_STRINGS) == tokenizer(HARD_STRINGS)


def test_saved_as_keras_file(case, tmp_path):
    tokenizer = case.build()
    keras.saving.save_model(tokenizer, tmp_path / "tokenizer.keras")
    revived = keras.saving.load_model(tmp_path / "tokenizer.keras")
    assert revived(HARD_STRINGS) == tokenizer(HARD_STRINGS)


def test_vocabulary_is_a_bijection(case):
    tokenizer = case.build()
    tokens = tokenizer.get_vocabulary()
    assert tokenizer.vocabulary_size() == len(tokens) == len(set(tokens))
    assert [tokenizer.token_to_id(token) for token in tokens] == list(range(len(tokens)))
    assert [tokenizer.id_to_token(i) for i in range(len(tokens))] == tokens


def test_cut_text_is_reported(case):
    arguments = {"sequence_length": 2}
    with pytest.warns(UserWarning, match="sequence_length"):
        dense = case.build(**arguments)(["the movie was great", "the"])
    assert dense.shape == (2, 2)
    with pytest.raises(ValueError, match="sequence_length"):
        case.build(**arguments, truncation="error")(["the movie was great"])
