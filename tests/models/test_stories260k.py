"""A trained Llama, where the shared data are at hand: karpathy's tinyllamas stories260K."""

from pathlib import Path

import keras
import numpy as np
import pytest

from nlpkit.models import LlamaCausalLM

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "stories260K"
BEGINNING = (
    "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. "
    "One day, she saw a big, red ball."
)
TOKENS = 200
OTHERS = ["Lily", "One day, a boy", "The dog", "Once upon", "He was very happy and", "Tom", "It"]

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"the shared data are not there: {FOLDER}"
)


@pytest.fixture(scope="module")
def model():
    model = LlamaCausalLM.from_preset(str(FOLDER))
    model.compile(sampler="greedy")
    return model


@pytest.fixture(scope="module")
def story(model):
    """The start token and the 200 after it."""
    (ids,) = model.generate([[1]], max_new_tokens=TOKENS, stop_token_ids=None)
    return ids


def _text(model, ids):
    return model.preprocessor.generate_postprocess({"token_ids": ids})


def test_the_story_is_the_known_one(model, story):
    assert len(story) == 1 + TOKENS
    assert _text(model, story).lstrip().startswith(BEGINNING)


def test_an_empty_prompt_is_the_start_token(model, story):
    text = model.generate("", max_new_tokens=TOKENS, stop_token_ids=None)
    assert text == _text(model, story)


def test_one_run_over_the_story_chooses_the_same_tokens(model, story):
    features = {"token_ids": np.array([story]), "padding_mask": np.ones((1, len(story)), bool)}
    logits = keras.ops.convert_to_numpy(model(features))[0]
    assert logits[:-1].argmax(axis=-1).tolist() == story[1:]


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_row_among_eight_is_as_alone(model, story, side):
    tokenizer = model.preprocessor.tokenizer
    rows = [[1], *([1, *tokenizer(text)] for text in OTHERS)]
    length = max(map(len, rows)) + 2
    token_ids, mask = np.zeros((8, length), "int32"), np.zeros((8, length), bool)
    for i, row in enumerate(rows):
        place = slice(0, len(row)) if side == "right" else slice(length - len(row), length)
        token_ids[i, place], mask[i, place] = row, True
    features = {"token_ids": token_ids, "padding_mask": mask}
    options = {"max_new_tokens": TOKENS, "stop_token_ids": None}
    found = model.generate(features, **options)
    together = [
        x[m].tolist() for x, m in zip(found["token_ids"], found["padding_mask"], strict=True)
    ]
    assert together[0] == story
    alone = [model.generate([row], **options)[0] for row in (rows[2], rows[5])]
    assert [together[2], together[5]] == alone


def test_the_streamed_story_is_the_same(model, story):
    pieces = list(model.generate("", max_new_tokens=TOKENS, stop_token_ids=None, stream=True))
    assert "".join(pieces) == _text(model, story)
    assert len(pieces) > TOKENS // 2
