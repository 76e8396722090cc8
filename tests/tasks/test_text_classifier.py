import html

import keras
import numpy as np
import pytest
from tasks import miniature
from tasks.miniature import LABELS, SECOND_TEXTS, TEXTS, WORDS

from conformance.cases.case import assert_close
from nlpkit.models import (
    Backbone,
    BertBackbone,
    BertClassifier,
    BertMaskedLMPreprocessor,
    BertPreprocessor,
    TextClassifier,
)
from nlpkit.preprocessors import TextClassifierPreprocessor


def fit(classifier, **arguments):
    data = {"x": TEXTS, "y": LABELS, "batch_size": 2, "shuffle": False, "verbose": 0}
    return classifier.fit(**{**data, **arguments}).history


def weights_of(model):
    return np.concatenate([weights.ravel() for weights in model.get_weights()])


def test_the_summary_starts_with_the_preprocessor(classifier):
    printed = []
    classifier.summary(print_fn=lambda text, line_break=False: printed.append(text))
    assert printed[0].startswith('Preprocessor: "')
    assert f"vocabulary: {classifier.preprocessor.tokenizer.vocabulary_size()}" in printed[0]
    assert "Total params" in printed[-1]


@pytest.mark.parametrize(
    ("activation", "from_logits"), [(None, True), ("linear", True), ("softmax", False)]
)
def test_compiles_itself(activation, from_logits):
    task = miniature.classifier(activation=activation)
    assert task.compiled
    assert isinstance(task.optimizer, keras.optimizers.Adam)
    assert float(task.optimizer.learning_rate) == pytest.approx(5e-5)
    assert type(task.loss) is keras.losses.SparseCategoricalCrossentropy
    assert task.loss.from_logits is from_logits
    assert task._compile_metrics._user_metrics[0].name == "accuracy"


def test_activation_is_of_the_outputs(classifier):
    task = miniature.classifier(activation="softmax")
    logits, outputs = (model.predict_on_batch(TEXTS[:2]) for model in (classifier, task))
    exp = np.exp(logits)
    np.testing.assert_allclose(outputs, exp / exp.sum(-1, keepdims=True), atol=1e-5)


def test_loss_and_accuracy_are_those_of_the_outputs(classifier):
    logits = classifier.predict_on_batch(TEXTS[:2]).astype("float64")
    log_odds = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    loss, accuracy = classifier.test_on_batch(TEXTS[:2], LABELS[:2])
    assert loss == pytest.approx(-log_odds[[0, 1], LABELS[:2]].mean(), abs=1e-5)
    assert accuracy == pytest.approx((logits.argmax(-1) == LABELS[:2]).mean())


def test_a_seed_makes_training_repeatable(classifier):
    results = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        miniature.filled(classifier)
        fit(classifier, shuffle=True)
        results.append(weights_of(classifier))
    np.testing.assert_array_equal(results[0], results[1])
    assert not np.allclose(results[0], results[2])


def test_validation_split_holds_out_the_last(classifier):
    history = fit(classifier, validation_split=0.33)
    held = classifier.evaluate(TEXTS[4:], LABELS[4:], batch_size=2, verbose=0)
    assert history["val_loss"][0] == pytest.approx(held[0], abs=1e-5)
    trained = weights_of(classifier)
    fit(miniature.filled(classifier), x=TEXTS[:4], y=LABELS[:4])
    np.testing.assert_allclose(weights_of(classifier), trained, atol=1e-5)


def test_validation_split_takes_pairs_and_weights_along(classifier):
    pairs, weights = (TEXTS, SECOND_TEXTS), np.arange(6.0)
    history = fit(classifier, x=pairs, sample_weight=weights, validation_split=0.33)
    held = (TEXTS[4:], SECOND_TEXTS[4:]), LABELS[4:]
    loss, _ = classifier.evaluate(*held, sample_weight=weights[4:], batch_size=2, verbose=0)
    assert history["val_loss"][0] == pytest.approx(loss, abs=1e-5)


def test_validation_data_goes_before_validation_split(classifier):
    data = {"validation_data": (TEXTS[:2], LABELS[:2]), "validation_split": 0.5}
    history = fit(classifier, **data)
    trained = weights_of(classifier)
    loss, _ = classifier.evaluate(TEXTS[:2], LABELS[:2], verbose=0)
    assert history["val_loss"][0] == pytest.approx(loss, abs=1e-5)
    fit(miniature.filled(classifier))
    np.testing.assert_allclose(weights_of(classifier), trained, atol=1e-5)


def test_class_weight_is_the_weight_of_its_examples(classifier):
    fit(classifier, class_weight={0: 0.25, 1: 2.0})
    by_class = weights_of(classifier)
    fit(miniature.filled(classifier), sample_weight=np.where(LABELS == 0, 0.25, 2.0))
    np.testing.assert_allclose(weights_of(classifier), by_class, atol=1e-5)
    fit(miniature.filled(classifier))
    assert not np.allclose(weights_of(classifier), by_class, atol=1e-3)


@pytest.mark.parametrize(
    "x", ["good", b"good", np.array("good"), ("good", "bad")], ids=["str", "bytes", "array", "pair"]
)
@pytest.mark.parametrize("method", ["predict", "predict_on_batch", "fit", "evaluate"])
def test_a_single_example_is_refused(classifier, x, method):
    with pytest.raises(ValueError, match=r"x must be a batch of examples, such as \[x\]"):
        getattr(classifier, method)(x)


@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_labels_of_another_length_are_refused(classifier, method):
    with pytest.raises(ValueError, match="x and y must have the same length; got 6 and 5"):
        getattr(classifier, method)(TEXTS, LABELS[:5], verbose=0)


class OtherBackbone(BertBackbone):
    """Of another family, as far as BertClassifier is concerned."""


class BackboneClassifier(BertClassifier):
    backbone_class = OtherBackbone


def test_a_backbone_of_another_family_is_refused():
    assert issubclass(OtherBackbone, Backbone)
    message = "backbone must be a OtherBackbone; got .* of type BertBackbone"
    with pytest.raises(ValueError, match=message):
        BackboneClassifier(miniature.backbone(), num_classes=2)


def test_a_preprocessor_of_another_family_is_refused():
    other = TextClassifierPreprocessor(miniature.tokenizer())
    masking = BertMaskedLMPreprocessor(miniature.tokenizer())
    for wrong in (other, masking):
        message = f"preprocessor must be a BertPreprocessor; got .* of type {type(wrong).__name__}"
        with pytest.raises(ValueError, match=message):
            miniature.classifier(preprocessor=wrong)


def test_a_vocabulary_larger_than_the_embedding_is_refused():
    larger = BertPreprocessor(miniature.tokenizer([*WORDS, "great"]))
    with pytest.raises(ValueError, match="12 entries, more than the 11 rows"):
        miniature.classifier(preprocessor=larger)


def test_a_smaller_vocabulary_will_do():
    smaller = BertPreprocessor(miniature.tokenizer(WORDS[:-1]))
    assert miniature.classifier(preprocessor=smaller).preprocessor is smaller


@pytest.mark.parametrize("num_classes", [0, -1])
def test_no_classes_are_refused(num_classes):
    with pytest.raises(ValueError, match=f"integer from 1 to .*; got num_classes={num_classes}"):
        miniature.classifier(num_classes=num_classes)


def test_an_unknown_activation_is_refused():
    with pytest.raises(ValueError, match="sotfmax"):
        miniature.classifier(activation="sotfmax")


def test_the_generic_class_takes_any_backbone(classifier):
    task = TextClassifier(miniature.backbone(), num_classes=2, preprocessor=classifier.preprocessor)
    task.set_weights(classifier.get_weights())
    outputs = [model.predict_on_batch(TEXTS[:2]) for model in (task, classifier)]
    np.testing.assert_allclose(*outputs, atol=1e-6)


@pytest.fixture(scope="module")
def bare(compiled_classifier):
    """The same classifier without its preprocessor."""
    task = BertClassifier(compiled_classifier.backbone, num_classes=2, dropout=0.0)
    task.get_layer("logits").set_weights(compiled_classifier.get_layer("logits").get_weights())
    task.compile(keras.optimizers.SGD(0.5), task.loss, metrics=["accuracy"])
    return task


@pytest.fixture
def features(classifier):
    return classifier.preprocessor(TEXTS)


def test_without_a_preprocessor_arrays_are_taken(bare, classifier, features):
    expected = classifier.predict(TEXTS, batch_size=2, verbose=0)
    outputs = miniature.filled(bare).predict(features, batch_size=2, verbose=0)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    fit(classifier)
    trained = weights_of(classifier)
    fit(miniature.filled(bare), x=features)
    np.testing.assert_allclose(weights_of(bare), trained, atol=1e-5)


def test_without_a_preprocessor_arrays_are_split(bare, features):
    history = fit(miniature.filled(bare), x=features, validation_split=0.33)
    held = {name: x[4:] for name, x in features.items()}
    loss, _ = bare.evaluate(held, LABELS[4:], batch_size=2, verbose=0)
    assert history["val_loss"][0] == pytest.approx(loss, abs=1e-5)


def test_validation_batch_size_counts(bare, features):
    class Batches(keras.callbacks.Callback):
        count = 0

        def on_test_batch_end(self, batch, logs=None):
            self.count += 1

    seen = Batches()
    data = {"validation_data": (features, LABELS), "validation_batch_size": 3}
    fit(miniature.filled(bare), x=features, callbacks=[seen], **data)
    assert seen.count == 2


@pytest.mark.parametrize(
    "method", ["predict", "evaluate", "fit", "predict_on_batch", "test_on_batch", "train_on_batch"]
)
def test_ids_past_the_vocabulary_are_refused(bare, features, method):
    wrong = {**features, "token_ids": features["token_ids"] + 5}
    labels = [] if method.startswith("predict") else [LABELS]
    with pytest.raises(ValueError, match=r"token_ids must lie in \[0, 11\); got ids from 5 to 15"):
        getattr(bare, method)(wrong, *labels)


@pytest.mark.parametrize("make", [miniature.backbone, miniature.classifier])
def test_a_misspelt_argument_is_refused(make):
    with pytest.raises(TypeError, match=r"has no argument 'hiden_dim'\. It has"):
        make(hiden_dim=3)


def test_another_dtype_than_the_backbones_is_refused():
    assert miniature.classifier(dtype="float32").dtype_policy.name == "float32"
    with pytest.raises(ValueError, match="backbone's dtype, 'float32'; got dtype='bfloat16'"):
        miniature.classifier(dtype="bfloat16")


def test_inputs_that_the_model_lacks_are_left_out(bare, features):
    expected = bare.predict_on_batch(features)
    with pytest.warns(UserWarning, match=r"it ignores \['a_mask'\]"):
        outputs = bare.predict_on_batch({"a_mask": features["padding_mask"], **features})
    np.testing.assert_allclose(outputs, expected, atol=1e-6)


def test_segments_that_the_model_does_not_tell_apart_are_left_out(features):
    one = miniature.filled(BertClassifier(miniature.backbone(num_segments=1), 2))
    named = {name: x for name, x in features.items() if name != "segment_ids"}
    expected = one.predict(named, verbose=0)
    np.testing.assert_allclose(one.predict(features, verbose=0), expected, atol=1e-6)


def test_absent_segments_are_zeros(bare, features):
    given = {**features, "segment_ids": np.zeros_like(features["segment_ids"])}
    expected = bare.predict(given, verbose=0)
    del given["segment_ids"]
    np.testing.assert_allclose(bare.predict(given, verbose=0), expected, atol=1e-6)


def test_long_texts_are_read_in_windows(classifier):
    texts = ["a good film", "bad film a fine film a", "fine"]
    plain = classifier.predict(["a good film", "bad film a fine film a", "film a"], verbose=0)
    assert_close(classifier.predict(texts[:2], windows="mean", verbose=0), plain[:2])
    long = [texts[0], "bad film a fine film a good film", texts[2]]
    # Six tokens fit a row, of which a window repeats one.
    parts = classifier.predict(["bad film a fine film a", "a good film"], verbose=0)
    mean, most = (classifier.predict(long, windows=how, verbose=0) for how in ("mean", "max"))
    assert_close(mean[1], parts.mean(axis=0))
    assert_close(most[1], parts.max(axis=0))
    assert_close(mean[0], plain[0])


@pytest.mark.by_turns
@pytest.mark.parametrize("problem", ["single_label", "multi_label", "regression"])
def test_windows_are_shown_with_what_they_say(problem):
    kind = problem if problem == "regression" else f"{problem}_classification"
    labels = ["<no>", "yes"]
    classifier = miniature.classifier(problem_type=kind, labels=labels)
    text = "bad film a fine film a good film"
    shown = classifier.show_windows(text)
    assert "".join(text[w.first : w.last] for w in shown.windows) == text
    extents = [text[w.start : w.end] for w in shown.windows]
    assert extents == ["bad film a fine film a", "a good film"]
    outputs = classifier.predict(extents, verbose=0)
    for window, row in zip(shown.windows, outputs, strict=True):
        chosen = {"single_label": row >= row.max(), "multi_label": row >= 0}
        names = [
            name for name, is_on in zip(labels, chosen.get(problem, row), strict=True) if is_on
        ]
        said = [part.partition(":")[0] for part in window.said.split(", ")]
        numbers = [f"{x:.3g}" for x in row]
        assert said == (numbers if problem == "regression" else names or ["none"])
        assert html.escape(window.said) in shown._repr_html_()
        assert window.said in repr(shown)


@pytest.mark.by_turns
def test_windows_need_single_strings(classifier):
    with pytest.raises(ValueError, match="windows"):
        classifier.predict(["good"], windows="median")
    with pytest.raises(ValueError, match="single texts"):
        classifier.predict([("good", "bad")], windows="mean")
    with pytest.raises(ValueError, match="preprocessor"):
        miniature.classifier(preprocessor=None).predict(["good"], windows="mean")
