"""Optional packages."""

import importlib.util
import sys

import numpy as np
import pytest

from nlpkit import _compat

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)


def test_an_installed_package_is_imported():
    assert _compat.require("numpy", "A test") is np


@pytest.mark.parametrize(
    ("name", "extra"), [("tensorflow_text", "tensorflow"), ("kagglehub", "kaggle")]
)
def test_a_missing_package_is_named_with_its_extra(monkeypatch, name, extra):
    monkeypatch.setitem(sys.modules, name, None)
    message = rf"tf\.data needs the package '{name}'.*pip install \"nlpkit\[{extra}\]\""
    with pytest.raises(ImportError, match=message):
        _compat.require(name, "tf.data")


def test_what_a_package_itself_lacks_is_not_disguised(monkeypatch, tmp_path):
    (tmp_path / "broken_package.py").write_text("import missing_below_it")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="missing_below_it"):
        _compat.require("broken_package", "A test")


@pytest.mark.parametrize("x", ["text", [1], np.zeros(2), None])
def test_other_values_are_none_of_tensorflow_s(x):
    assert not _compat.is_tensorflow_value(x)
    assert not _compat.is_tensorflow_dataset(x)


def test_without_tensorflow_nothing_is_its_value(monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    assert not _compat.is_tensorflow_value(np.zeros(2))
    assert "tensorflow" not in sys.modules


@needs_tensorflow
def test_values_of_tensorflow_are_known():
    import tensorflow as tf

    for value in (tf.constant(1), tf.ragged.constant([[1], []]), tf.Variable(1)):
        assert _compat.is_tensorflow_value(value)
        assert not _compat.is_tensorflow_dataset(value)
    dataset = tf.data.Dataset.range(2)
    assert _compat.is_tensorflow_dataset(dataset)
    assert not _compat.is_tensorflow_value(dataset)
