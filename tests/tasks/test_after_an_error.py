"""Whatever error a call ends with, the model is as it was: it predicts, trains on and saves."""

import os
import signal
import threading

import keras
import numpy as np
import pytest
from tasks.miniature import LABELS, TEXTS, generator

from nlpkit.backbones.attached_state import _uninterrupted

COLUMNS = {"fit": (TEXTS, LABELS), "evaluate": (TEXTS, LABELS), "predict": (TEXTS,)}
HOOKS = {
    "fit": ("on_train_batch_begin", "on_train_batch_end", "on_epoch_end"),
    "evaluate": ("on_test_batch_begin", "on_test_batch_end", "on_test_begin"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end", "on_predict_begin"),
}


class BrokenError(Exception):
    """What goes wrong."""


@pytest.fixture
def model(classifier):
    rate = classifier.optimizer.learning_rate
    rate.assign(0.0)
    yield classifier
    rate.assign(0.5)


@pytest.mark.parametrize("method", COLUMNS)
def test_error_in_the_data(model, method, tmp_path):
    run, columns = getattr(model, method), COLUMNS[method]

    def rows_that_break(after):
        yield from (batch if method != "predict" else (batch,) for batch in rows(after))
        raise BrokenError

    def rows(count):
        return list(generator(*columns))[:count]

    for after in (0, 1, 2):
        with expected_error(model):
            run(rows_that_break(after), verbose=0)
    with expected_error(model):
        run([*TEXTS[:-1], None], *columns[1:], verbose=0)
    with expected_error(model):
        run([], *(column[:0] for column in columns[1:]), verbose=0)
    if method != "predict":
        with expected_error(model):
            run(TEXTS, np.zeros((len(TEXTS), 3, 4)), verbose=0)
    trains_and_saves(model, tmp_path)


@pytest.mark.parametrize("method", COLUMNS)
def test_error_in_a_callback(model, method, tmp_path):
    for hook in HOOKS[method]:
        for error in (BrokenError, KeyboardInterrupt):

            def fail(*_, error=error, **__):
                raise error

            with expected_error(model):
                callback = keras.callbacks.Callback()
                setattr(callback, hook, fail)
                getattr(model, method)(*COLUMNS[method], verbose=0, callbacks=[callback])
    trains_and_saves(model, tmp_path)


def test_interrupt_waits_for_the_end_of_a_step():
    before, done = signal.signal(signal.SIGINT, signal.default_int_handler), []

    def step():
        with _uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            done.append(True)

    try:
        with pytest.raises(KeyboardInterrupt):
            step()
        assert done
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_batches_that_do_not_fit(model, tmp_path):
    wrong = np.zeros((len(TEXTS), 3, 4))
    for run in (model.train_on_batch, model.test_on_batch):
        with expected_error(model):
            run(TEXTS, wrong)
    with expected_error(model):
        model.predict_on_batch(["good", None])
    trains_and_saves(model, tmp_path)


def test_callbacks_use_the_model(model):
    """In the middle of an epoch, and not by way of the callback's own reference to it."""
    expected, seen = predictions(model), []

    def look(*_, **__):
        seen.append(predictions(model))
        model.evaluate(TEXTS[:2], LABELS[:2], verbose=0)
        model.get_weights()

    callback = keras.callbacks.LambdaCallback(on_train_batch_end=look)
    model.fit(TEXTS, LABELS, batch_size=2, verbose=0, callbacks=[callback])
    assert len(seen) == 3
    np.testing.assert_allclose(np.stack(seen), np.stack([expected] * 3), atol=1e-6)


def test_threads_get_their_own_answers(model):
    """Several predict, evaluate and train at once, at a rate of 0."""
    expected, loss = predictions(model), model.evaluate(TEXTS, LABELS, verbose=0)[0]
    found, errors = [], []

    def attempt(function):
        try:
            found.extend(function() for _ in range(3))
        except Exception as error:  # What a thread raises, nobody would see.
            errors.append(error)

    jobs = [
        lambda: np.abs(predictions(model) - expected).max(),
        lambda: model.evaluate(TEXTS, LABELS, verbose=0)[0] - loss,
        lambda: model.fit(TEXTS, LABELS, shuffle=False, verbose=0).history["loss"][0] - loss,
    ]
    threads = [threading.Thread(target=attempt, args=(job,)) for job in [*jobs, *jobs]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert len(found) == 18
    np.testing.assert_allclose(found, 0, atol=1e-5)


def predictions(model):
    return model.predict(TEXTS, verbose=0)


class expected_error:  # noqa: N801
    """Assert that something raises, and that the model predicts as before."""

    def __init__(self, model):
        self.model = model

    def __enter__(self):
        self.before = predictions(self.model)

    def __exit__(self, kind, error, _):
        assert kind is not None, "No error was raised."
        np.testing.assert_allclose(predictions(self.model), self.before, atol=1e-6)
        return True


def trains_and_saves(model, folder):
    before = predictions(model)
    model.optimizer.learning_rate.assign(0.5)
    model.fit(TEXTS, LABELS, verbose=0)
    model.optimizer.learning_rate.assign(0.0)
    after = predictions(model)
    assert np.abs(after - before).max() > 1e-4
    model.save_weights(folder / "model.weights.h5")
    model.set_weights([w * 0 for w in model.get_weights()])
    model.load_weights(folder / "model.weights.h5")
    np.testing.assert_allclose(predictions(model), after, atol=1e-6)
