"""Marian's tokenizer, whose ids are those of vocabularies beside its models."""

import json

import pytest
import transformers
from sentencepiece import SentencePieceProcessor

from conformance.cases.hard_strings import HARD_STRINGS
from nlpkit.models import MarianTokenizer
from nlpkit.tokenizers import Tokenizer, compute_sentence_piece_proto

CODES = [">>fra<< the movie", ">>xyz<< the movie", ">>fra<<", ">>fra", " >>fra<< a", ">>a\nb<< c"]
# What the models do not know, and the vocabulary may know all the same.
UNKNOWN = ["the 電影 was", "電影", "Æ"]
SPECIAL = {"</s>": 0, "<unk>": 1, ">>fra<<": 2, "電影": 3, "<pad>": 4}
TEXTS = {
    "source": "the movie was great, naïve café",
    "target": "un film était génial, le café naïf",
}
FIRST = [pytest.mark.by_turns(0), pytest.mark.by_turns(1)]


def vocabulary(*models):
    """Two of three pieces of models, after the special tokens."""
    processors = [SentencePieceProcessor(model_proto=model) for model in models]
    pieces = [p.id_to_piece(i) for p in processors for i in range(len(p)) if i % 3]
    others = [piece for piece in dict.fromkeys(pieces) if piece not in SPECIAL]
    return {**SPECIAL, **{piece: len(SPECIAL) + i for i, piece in enumerate(others)}}


def files(folder, separate):
    """transformers' tokenizer of tiny models, and those of ours that are to equal it."""
    models = {side: compute_sentence_piece_proto([text], 32, "bpe") for side, text in TEXTS.items()}
    for side, model in models.items():
        (folder / f"{side}.spm").write_bytes(model)
    sides = list(models.values())
    own = vocabulary(*(sides[:1] if separate else sides))
    (folder / "vocab.json").write_text(json.dumps(own))
    (folder / "target_vocab.json").write_text(json.dumps(vocabulary(sides[1])))
    theirs = transformers.MarianTokenizer.from_pretrained(folder, separate_vocabs=separate)
    theirs.save_pretrained(folder / "theirs")
    config = json.loads((folder / "theirs" / "tokenizer_config.json").read_text())
    return theirs, MarianTokenizer.from_files(folder / "theirs", config)


@pytest.mark.parametrize(
    "separate",
    [pytest.param(False, marks=FIRST[0]), pytest.param(True, marks=FIRST[1])],
    ids=["joint", "separate"],
)
def test_ids_are_those_of_transformers(separate, tmp_path):
    theirs, ours = files(tmp_path, separate)
    ours.save_to_preset(tmp_path / "ours")
    again = transformers.AutoTokenizer.from_pretrained(tmp_path / "ours")
    reopened = Tokenizer.from_preset(tmp_path / "ours")
    for text in [*HARD_STRINGS, *TEXTS.values(), *CODES, *UNKNOWN]:
        source = theirs(text, add_special_tokens=False)["input_ids"]
        target = theirs(text_target=text, add_special_tokens=False)["input_ids"]
        for tokenizer in (ours, reopened):
            assert tokenizer(text) == source
            assert tokenizer.target_tokenizer()(text) == target
        assert again(text)["input_ids"] == [*source, 0]
        assert again(text_target=text)["input_ids"] == [*target, 0]
        decoded = theirs.decode(target, skip_special_tokens=False)
        if 1 not in target:  # Unknown pieces are spelled otherwise.
            assert ours.target_tokenizer().detokenize(target) == decoded


@pytest.mark.by_turns(0)
def test_pure_graph_knows_what_the_model_does_not(tmp_path):
    tf = pytest.importorskip("tensorflow")
    pytest.importorskip("tensorflow_text")
    _, ours = files(tmp_path, separate=False)
    texts = [*HARD_STRINGS, *CODES, *UNKNOWN]
    graph = MarianTokenizer(**ours._asset_arguments(), pure_graph=True)
    assert tf.function(graph.tokenize)(tf.constant(texts)).to_list() == ours(texts)


@pytest.mark.by_turns(1)
def test_vocabularies_must_agree_on_special_tokens(tmp_path):
    _, ours = files(tmp_path, separate=False)
    other = {**vocabulary(), "<pad>": 7}
    with pytest.raises(ValueError, match="target_vocabulary must give the special tokens"):
        MarianTokenizer(**{**ours._asset_arguments(), "target_vocabulary": other})
