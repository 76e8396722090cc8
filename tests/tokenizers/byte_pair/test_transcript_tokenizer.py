"""Whisper's special tokens: prompts of transcripts, and their timestamps."""

import pytest

from nlpkit.tokenizers.byte_pair.transcript_tokenizer import Segment, TranscriptTokenizer

pytestmark = pytest.mark.by_turns
NAMED = ["<|endoftext|>", "<|startoftranscript|>"]
TASKS = ["<|translate|>", "<|transcribe|>", "<|startofprev|>", "<|notimestamps|>"]


def tokenizer(*languages):
    letters = [*"abcdĠ", "Ġb"]
    tokens = [*letters, *NAMED, *(f"<|{code}|>" for code in languages), *TASKS]
    return TranscriptTokenizer(
        {token: i for i, token in enumerate(tokens)},
        ["Ġ b"],
        special_tokens=[t for t in tokens if t.startswith("<|")],
    )


def test_a_prompt_names_language_task_and_timestamps():
    several = tokenizer("en", "de", "yue")
    assert several.languages == {"en": 8, "de": 9, "yue": 10}
    assert several.prompt_ids("de") == [7, 9, 12, 14]
    assert several.prompt_ids("yue", "translate", timestamps=True) == [7, 10, 11]
    alone = tokenizer()
    assert alone.languages == {}
    assert alone.prompt_ids() == alone.prompt_ids("en") == [7, 11]


@pytest.mark.parametrize(
    ("languages", "arguments", "told"),
    [
        (["en", "de"], {"language": "xx"}, "one of en, de; got 'xx'"),
        (["en", "de"], {}, "one of en, de; got None"),
        ([], {"language": "de"}, "en, the only one"),
        (["en"], {"language": "en", "task": "sing"}, "'transcribe' or 'translate'; got 'sing'"),
        ([], {"task": "translate"}, "task must be 'transcribe'; got 'translate'"),
    ],
)
def test_an_unknown_language_or_task_is_refused(languages, arguments, told):
    with pytest.raises(ValueError, match=told):
        tokenizer(*languages).prompt_ids(**arguments)


def test_timestamps_split_a_transcript():
    made = tokenizer("en")
    first = made.no_timestamps_token_id + 1
    ids = [*made.prompt_ids("en", timestamps=True), first, *made("a b"), first + 100]
    ids += [first + 100, *made("c"), first + 1500, first + 1500, *made("d"), made.eos_token_id]
    assert made.segments(ids) == [
        Segment(0.0, 2.0, "a b"),
        Segment(2.0, 30.0, "c"),
        Segment(30.0, None, "d"),
    ]
    assert made.segments([]) == []


def test_the_configuration_rebuilds_it():
    made = tokenizer("en", "de")
    revived = TranscriptTokenizer.from_config(made.get_config())
    revived.set_vocabulary_and_merges(made.vocabulary, made.merges)
    assert revived.prompt_ids("de") == made.prompt_ids("de")
    assert revived.special_token_names == made.special_token_names
