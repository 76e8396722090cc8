import warnings

import keras
import numpy as np
import pytest
from preprocessors.test_causal_lm_preprocessor import WORDS, WithoutStartOrPad, build

PROMPTS = ["a b c", "d"]


def check(features, token_ids, padding_mask):
    np.testing.assert_array_equal(features["token_ids"], token_ids)
    np.testing.assert_array_equal(features["padding_mask"], np.array(padding_mask, bool))
    assert features["token_ids"].dtype == "int32"
    assert features["padding_mask"].dtype == "bool"


def test_a_prompt_has_a_start_and_no_end():
    expected = [[2, 4, 5, 6, 0, 0], [2, 7, 0, 0, 0, 0]], [[1, 1, 1, 1, 0, 0], [1, 1, 0, 0, 0, 0]]
    check(build().generate_preprocess(PROMPTS), *expected)
    check(build().generate_preprocess({"prompts": PROMPTS}), *expected)
    check(build(9).generate_preprocess(PROMPTS, sequence_length=6), *expected)


def test_rows_padded_on_the_left_are_as_long_as_the_longest():
    features = build(100).generate_preprocess(PROMPTS, padding_side="left")
    check(features, [[2, 4, 5, 6], [0, 0, 2, 7]], [[1, 1, 1, 1], [0, 0, 1, 1]])
    check(build(100, padding_side="left").generate_preprocess("a b"), [2, 4, 5], [True, True, True])


def test_a_prompt_that_just_fits_is_not_cut():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        features = build().generate_preprocess("a b", 3, truncation="left")
    check(features, [2, 4, 5], [True, True, True])


def test_a_prompt_past_the_length_is_an_error():
    with pytest.raises(ValueError, match="at most sequence_length=3 tokens; got 4 in prompt 1"):
        build(3).generate_preprocess(["a", "a b c"])


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_prompt_is_cut_on_the_left_if_asked(side):
    preprocessor = build(3)
    for _ in range(2):
        with pytest.warns(UserWarning, match="cut 3 tokens on the left of 2 of 3 prompts"):
            features = preprocessor.generate_preprocess(
                ["a b c", "d", "a b c d"], padding_side=side, truncation="left"
            )
    short = [0, 2, 7] if side == "left" else [2, 7, 0]
    np.testing.assert_array_equal(features["token_ids"], [[2, 5, 6], short, [2, 6, 7]])


@pytest.mark.parametrize("prompts", ["", ["a", ""], []])
def test_an_empty_prompt_is_an_error(prompts):
    with pytest.raises(
        ValueError, match="Every prompt must have at least one token; got none in prompts"
    ):
        build(add_start_token=False).generate_preprocess(prompts)
    with pytest.raises(ValueError, match="Every prompt must have at least one token"):
        build(6, WithoutStartOrPad(WORDS)).generate_preprocess(prompts)


def test_an_empty_prompt_with_a_start_token_is_one():
    check(build().generate_preprocess("", padding_side="left"), [2], [True])


def test_prompts_with_responses_are_refused():
    with pytest.raises(ValueError, match=r"keys \('prompts',\); got \['prompts', 'responses'\]"):
        build().generate_preprocess({"prompts": PROMPTS, "responses": PROMPTS})


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="truncation must be one of 'error', 'left'; got 'warn'"):
        build().generate_preprocess(PROMPTS, truncation="warn")
    with pytest.raises(ValueError, match="padding_side must be one of"):
        build().generate_preprocess(PROMPTS, padding_side="both")


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("prompts", ["a b", PROMPTS])
def test_python_equals_tf_data(tf, prompts, side):
    def prepare(x):
        return build().generate_preprocess(x, padding_side=side)

    dataset = tf.data.Dataset.from_tensors(prompts).map(prepare)
    check(prepare(prompts), **next(iter(dataset.as_numpy_iterator())))


@pytest.mark.parametrize(
    "convert",
    [
        list,
        np.array,
        keras.ops.convert_to_tensor,
        lambda rows: [*map(np.array, rows)],
        lambda rows: [*map(keras.ops.convert_to_tensor, rows)],
    ],
)
def test_text_comes_back_without_special_tokens(convert):
    rows = [[0, 0, 2, 4, 5, 3], [2, 6, 1, 7, 3, 9]]
    mask = [[False, False, True, True, True, True], [True, True, True, True, True, False]]
    texts = build().generate_postprocess(
        {"token_ids": convert(rows), "padding_mask": convert(mask)}
    )
    assert texts == ["a b", "c <unk> d"]


def test_text_of_rows_of_different_lengths_and_of_one():
    postprocess = build().generate_postprocess
    assert postprocess({"token_ids": [[2, 4], [], [5, 6, 7, 3]]}) == ["a", "", "b c d"]
    assert postprocess({"token_ids": [2, 4, 0], "padding_mask": [True, True, False]}) == "a"
    assert postprocess({"token_ids": np.array([2, 4, 0])}) == "a"


def test_prompts_come_back():
    preprocessor = build()
    for side in ("left", "right"):
        features = preprocessor.generate_preprocess(PROMPTS, padding_side=side)
        assert preprocessor.generate_postprocess(features) == PROMPTS
