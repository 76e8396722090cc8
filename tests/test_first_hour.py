"""What people meet in their first hour: other libraries' names, cut texts, control tokens."""

import warnings

import pytest

import nlpkit
from conformance.cases.tokenizers import tokenizer
from conformance.families.llama import CASES as LLAMAS
from nlpkit.preprocessors import CausalLMPreprocessor
from nlpkit.tokenizers import ByteTokenizer


@pytest.fixture(scope="module")
def model():
    return LLAMAS[0].build()


def test_names_of_transformers_are_answered_with_ours(model):
    words = model.preprocessor.tokenizer
    preset = "bert_nano_en_uncased_sst2"
    calls = {
        "BeamSampler": lambda: model.generate("a", num_beams=2),
        "sampler=": lambda: model.generate("a", do_sample=True),
        "max_new_tokens": lambda: model.generate("a", max_tokens=2),
        "stop_strings": lambda: model.generate("a", stop=["b"]),
        "stop_token_ids": lambda: model.generate("a", eos_token_id=2),
        "packing=True of from_preset": lambda: model.fit(["a"], packing=True),
        "num_classes": lambda: nlpkit.models.TextClassifier.from_preset(preset, num_labels=2),
        "sequence_length": lambda: nlpkit.models.BertPreprocessor(tokenizer(), max_length=8),
        "which pads to it": lambda: words(["a"], padding=True),
        "detokenize": lambda: words.batch_decode([[1]]),
        "end_token_id": lambda: words.eos_token_id,
        r"vocabulary_size\(\)": lambda: words.vocab_size,
    }
    for advice, call in calls.items():
        with pytest.raises((TypeError, AttributeError), match=f"Use .*{advice}"):
            call()
    with pytest.raises(AttributeError, match="no attribute 'tokenise'$"):
        words.tokenise("a")


def test_cut_text_is_reported_at_the_line_that_gave_it_for_each_length():
    preprocessor = CausalLMPreprocessor(ByteTokenizer(), 4, add_end_token=False)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for length in (4, 4, 3, 4):
            preprocessor(["a long text"], sequence_length=length)
    assert ["=4." in str(w.message) for w in seen] == [True, False]
    assert {w.filename for w in seen} == {__file__}


def test_cut_text_in_fit_is_reported_at_the_line_of_fit(model):
    model.preprocessor.sequence_length = 5
    with pytest.warns(UserWarning, match="cut .* tokens") as seen:
        model.fit(["the movie was good"], verbose=0)
    assert [w.filename for w in seen if " cut " in str(w.message)] == [__file__]


def test_control_tokens_that_are_read_as_text_are_told_once():
    words = tokenizer()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        words("good [MASK]")
        words(["good", "[SEP]"])
        words.encode("good")
    (warning,) = seen
    assert "'[MASK]'" in str(warning.message)
    assert "special_tokens_in_strings=True" in str(warning.message)
    assert warning.filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nlpkit.models.BertTokenizer(words.get_vocabulary(), special_tokens_in_strings=True)("[SEP]")


def test_a_task_is_shown_in_a_line(model):
    size = f"{model.backbone.count_params():,}"
    expected = f"LlamaBackbone of {size} parameters, LlamaCausalLMPreprocessor>"
    assert repr(model) == f"<LlamaCausalLM {model.name!r}: {expected}"


@pytest.mark.parametrize("name", [*nlpkit.__all__, "preprocessors"])
def test_a_namespace_shows_what_is_public(name):
    namespace = __import__(f"nlpkit.{name}", fromlist=[name])
    assert dir(namespace) == sorted(namespace.__all__)
