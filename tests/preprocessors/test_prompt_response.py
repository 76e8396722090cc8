"""A prompt and its response are one text: tokenized whole, and weighted from the response on."""

import keras
import numpy as np
import pytest

from conformance.families.llama import CASES as LLAMAS
from nlpkit.preprocessors import CausalLMPreprocessor
from nlpkit.tokenizers import Tokenizer

PROMPTS = ["the movie\n", "good ", "the mov", "", "großes ", "\n"]
RESPONSES = ["the end", " movie", "ie was good", "the", "\N{CAT FACE} end", ""]


@pytest.fixture(params=["LlamaTokenizer", "Llama3Tokenizer"])
def tokenizer(request):
    return LLAMAS[0].tokenizers[request.param].build(request.param)


def preprocess(tokenizer, prompts, responses, **arguments):
    preprocessor = CausalLMPreprocessor(
        tokenizer, 64, add_start_token=False, add_end_token=False, **arguments
    )
    return preprocessor({"prompts": prompts, "responses": responses})


def test_ids_are_those_of_the_whole_text_and_weights_begin_with_the_response(tokenizer):
    features, _, weights = preprocess(tokenizer, PROMPTS, RESPONSES)
    for i, (prompt, response) in enumerate(zip(PROMPTS, RESPONSES, strict=True)):
        encoding = tokenizer.encode(prompt + response)
        ids = features["token_ids"][i][features["padding_mask"][i]]
        assert ids.tolist() == tokenizer(prompt + response)
        counted = [end > len(prompt) for _, end in encoding.offsets]
        np.testing.assert_array_equal(weights[i][: len(counted[1:])], counted[1:])


def test_a_response_has_no_space_of_a_beginning_text_before_it():
    tokenizer = LLAMAS[0].tokenizers["LlamaTokenizer"].build("LlamaTokenizer")
    features, _, _ = preprocess(tokenizer, "the mov", "ie")
    text = tokenizer.detokenize(features["token_ids"][features["padding_mask"]])
    assert text == "the movie"


def test_tensors_and_batches_of_one_are_the_same(tokenizer, tf):
    expected = keras.tree.flatten(preprocess(tokenizer, PROMPTS, RESPONSES))
    columns = {"prompts": PROMPTS, "responses": RESPONSES}
    dataset = tf.data.Dataset.from_tensor_slices(columns).batch(len(PROMPTS))
    batch = next(iter(dataset.map(lambda x: preprocess(tokenizer, **x))))
    single = next(iter(dataset.unbatch().map(lambda x: preprocess(tokenizer, **x))))
    plain = preprocess(tokenizer, PROMPTS[0], RESPONSES[0].encode())
    for i, values in enumerate(expected):
        np.testing.assert_array_equal(keras.tree.flatten(batch)[i], values)
        np.testing.assert_array_equal(keras.tree.flatten(single)[i], values[0])
        np.testing.assert_array_equal(keras.tree.flatten(plain)[i], values[0])


def test_without_places_in_the_text_the_parts_are_tokenized_apart():
    class Letters(Tokenizer):
        def tokenize(self, inputs):
            return [[ord(c) for c in text] for text in inputs]

    features, _, weights = preprocess(Letters(), ["ab"], ["c"])
    assert features["token_ids"][0, :4].tolist() == [97, 98, 99, 0]
    assert weights[0, :3].tolist() == [0, 1, 0]


def test_other_numbers_of_prompts_and_responses_are_an_error(tokenizer):
    with pytest.raises(ValueError, match="same size; got 6, one"):
        preprocess(tokenizer, PROMPTS, "a")
