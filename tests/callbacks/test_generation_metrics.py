"""GenerationMetrics logs metrics of what a model generates."""

import keras
import numpy as np
import pytest

from nlpkit.callbacks import GenerationMetrics
from nlpkit.metrics import Bleu, RougeL, WordErrorRate


class Parrot(keras.Sequential):
    """A model that generates what it is given, and forgets a word each time."""

    def __init__(self):
        super().__init__([keras.Input((1,)), keras.layers.Dense(1)])
        self.compile("sgd", "mse")
        self.calls = []

    def generate(self, inputs, max_new_tokens=None):
        self.calls.append(max_new_tokens)
        return [" ".join(text.split()[len(self.calls) - 1 :]) for text in inputs]


TEXTS = ["one two three four five", "six seven eight nine ten"]


def train(*callbacks, epochs=4):
    model = Parrot()
    data = np.ones((2, 1))
    return model, model.fit(data, data, epochs=epochs, verbose=0, callbacks=[*callbacks]).history


def test_results_are_logged_for_other_callbacks():
    metrics = GenerationMetrics((TEXTS, TEXTS), [WordErrorRate(), RougeL(), Bleu()])
    stop = keras.callbacks.EarlyStopping("generated_word_error_rate", mode="min", patience=2)
    _, logs = train(metrics, stop)
    assert logs["generated_word_error_rate"] == pytest.approx([0, 0.2, 0.4])
    assert logs["generated_rouge-l_recall"] == pytest.approx([1, 0.8, 0.6])
    assert logs["generated_bleu"][0] == 1
    assert logs["generated_bleu"][2] < logs["generated_bleu"][1] < 1


@pytest.mark.by_turns
def test_it_generates_every_so_many_epochs_and_at_the_end():
    pairs = [*zip(TEXTS, TEXTS, strict=True)]
    metrics = GenerationMetrics(pairs, WordErrorRate(), every=3, prefix="own_", max_new_tokens=7)
    model, logs = train(metrics, epochs=5)
    assert model.calls == [7, 7]
    assert logs["own_word_error_rate"] == pytest.approx([0, 0.2])


@pytest.mark.by_turns
def test_what_does_not_fit_is_refused():
    for data, told in [
        (([], []), "got 0 and 0"),
        ([], "got 0 and 0"),
        ((TEXTS, TEXTS[:1]), "got 2 and 1"),
        ((TEXTS,), "two columns; got 1"),
        ([TEXTS, ["one"]], "a list of pairs"),
    ]:
        with pytest.raises(ValueError, match=told):
            GenerationMetrics(data, Bleu())
    with pytest.raises(ValueError, match="different names"):
        GenerationMetrics((TEXTS, TEXTS), [Bleu(), Bleu()])
    with pytest.raises(ValueError, match="every must"):
        GenerationMetrics((TEXTS, TEXTS), Bleu(), every=0)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match="with `generate`"):
        model.fit(
            np.ones((2, 1)),
            np.ones((2, 1)),
            verbose=0,
            callbacks=[GenerationMetrics((TEXTS, TEXTS), Bleu())],
        )
