"""What is seen of `CausalLM.generate` while it works: pieces of text, and a progress bar."""

import inspect

import pytest
from tasks.generators import SPELLED

from nlpkit import _progress

HALF = "\N{REPLACEMENT CHARACTER}"


def test_streamed_characters_are_whole(speller):
    pieces = list(speller.generate("a", sampler="greedy", stream=True, strip_prompt=True))
    assert "".join(pieces) == SPELLED
    assert not any(HALF in piece for piece in pieces)
    # A piece as soon as a character is there, of several bytes or not.
    assert len(pieces) > len(SPELLED) // 2


@pytest.mark.by_turns(0)
@pytest.mark.parametrize("seed", range(4))
def test_streamed_pieces_of_any_bytes_join_to_the_text(model, seed):
    prompts = ["good", "é bad"]
    options = {"max_new_tokens": 40, "seed": seed, "sampler": "random"}
    texts = model.generate(prompts, **options)
    rows = list(zip(*model.generate(prompts, stream=True, **options), strict=True))
    for text, pieces in zip(texts, rows, strict=True):
        assert "".join(pieces) == text
        assert HALF in text or not any(HALF in piece for piece in pieces)
    stream = model.generate(prompts[0], stream=True, strip_prompt=True, **options)
    assert not isinstance(stream, str)
    assert inspect.isgenerator(stream)
    assert "".join(stream) == texts[0].removeprefix(prompts[0])


@pytest.mark.parametrize("work", ["generate", "score"])
def test_a_bar_appears_when_several_batches_take_a_while(model, work, monkeypatch, capsys):
    texts = ["good was the é", "bad", "the 🙂 was good"]
    options = {"max_new_tokens": 2, "sampler": "greedy"} if work == "generate" else {}

    def shown(batch_size, verbose="auto"):
        getattr(model, work)(texts, batch_size=batch_size, verbose=verbose, **options)
        return capsys.readouterr().out

    monkeypatch.setattr(_progress, "_SECONDS_BEFORE_BAR", 1e9)
    assert shown(1) == ""
    monkeypatch.setattr(_progress, "_SECONDS_BEFORE_BAR", 0.0)
    assert "3/3" in shown(1)
    assert shown(1, verbose=0) == ""
    assert shown(3) == ""
