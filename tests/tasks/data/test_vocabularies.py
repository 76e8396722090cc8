"""A task's tokenizer has no more tokens than its backbone, whatever form the vocabulary has."""

import pytest

import nlpkit
from conformance.cases.decoders import DECODERS
from conformance.cases.seq2seqs import SEQ2SEQ
from nlpkit.tokenizers import ByteTokenizer, UnicodeCodepointTokenizer

SIZES = {"num_layers": 1, "num_heads": 1, "hidden_dim": 4, "intermediate_dim": 4}


@pytest.mark.parametrize("name", ["GPT2Backbone", "LlamaBackbone", "BloomBackbone"])
def test_a_vocabulary_that_is_too_large_is_refused(name):
    task = next(case for case in DECODERS if case.name == name).build()
    backbone = task.backbone
    small = type(backbone).from_config({**backbone.get_config(), "vocabulary_size": 9})
    count = task.preprocessor.tokenizer.vocabulary_size()
    with pytest.raises(ValueError, match=f"vocabulary has {count} entries, more than the 9 rows"):
        type(task)(small, task.preprocessor)


@pytest.mark.parametrize(
    ("tokenizer", "message"),
    [
        (ByteTokenizer(), "vocabulary has 256 entries, more than the 99 rows"),
        (UnicodeCodepointTokenizer(vocabulary_size=128), "vocabulary has 128 entries"),
    ],
)
def test_tokenizers_without_files_are_asked_too(tokenizer, message):
    backbone = nlpkit.models.GPT2Backbone(99, **SIZES, max_sequence_length=8)
    preprocessor = nlpkit.models.CausalLMPreprocessor(tokenizer, 8, add_end_token=False)
    with pytest.raises(ValueError, match=message):
        nlpkit.models.CausalLM(backbone, preprocessor)


@pytest.mark.by_turns
def test_a_mask_token_needs_no_row_where_nothing_is_masked():
    task = next(case for case in SEQ2SEQ if case.name == "BartBackbone").build()
    tokenizer, config = task.preprocessor.tokenizer, task.backbone.get_config()
    tokens = [token for token in tokenizer.get_vocabulary() if token != "[MASK]"]
    ids = {token: i for i, token in enumerate([*tokens, "[MASK]"])}
    given = {**tokenizer.get_config(), "vocabulary": ids, "merges": tokenizer.merges}
    preprocessor = type(task.preprocessor)(type(tokenizer)(**given))
    small = type(task.backbone).from_config({**config, "vocabulary_size": len(tokens)})
    assert type(task)(small, preprocessor).spelled_words == len(tokens)
    smaller = type(small).from_config({**config, "vocabulary_size": len(tokens) - 1})
    with pytest.raises(ValueError, match=f"more than the {len(tokens) - 1} rows"):
        type(task)(smaller, preprocessor)


def test_what_the_tokenizer_cannot_spell_is_not_generated():
    backbone = nlpkit.models.GPT2Backbone(300, **SIZES, max_sequence_length=8)
    preprocessor = nlpkit.models.CausalLMPreprocessor(ByteTokenizer(), 8, add_end_token=False)
    assert nlpkit.models.CausalLM(backbone, preprocessor).spelled_words == 256
