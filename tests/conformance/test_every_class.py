"""What holds for every public class: a case, configuration, registration, documentation."""

import inspect
import json
import re

import keras
import numpy as np
import pytest

from conformance.cases.case import NAMESPACES, defaults, value_of
from conformance.cases.every_class import CASES
from nlpkit._config import argument_names, configuration_names
from nlpkit._registry import registered_class

# What a family's classes are bindings of; `from_preset` finds the family.
GENERIC = {
    "Backbone",
    "CausalLM",
    "CausalLMPreprocessor",
    "Classifier",
    "MaskedLM",
    "MaskedLMPreprocessor",
    "Preprocessor",
    "Seq2SeqLM",
    "Seq2SeqLMPreprocessor",
    "SpeechToText",
    "SpeechToTextPreprocessor",
    "Task",
    "TextClassifier",
    "TextClassifierPreprocessor",
    "Tokenizer",
}


def by_turns(case):
    """What a class is built from is the same on every backend; the other modules use it on each."""
    return True


def test_every_public_class_has_a_case():
    public = {name: getattr(space, name) for space in NAMESPACES for name in space.__all__}
    covered = {case.cls for case in CASES}
    without = {n for n, x in public.items() if inspect.isclass(x) and x not in covered}
    assert without == GENERIC & set(public)


def test_case_has_another_value_for_every_argument(case):
    given = [case.arguments(), *(arguments() for arguments in case.others.values())]
    changed = {
        name
        for name, default in defaults(case.cls).items()
        if any(name in arguments and not same(arguments[name], default) for arguments in given)
    }
    assert changed | case.refused.keys() == set(defaults(case.cls))
    for name, value in case.refused.items():
        with pytest.raises(ValueError, match=name):
            case.build(**{name: value})


def test_arguments_are_stored_unaltered(case):
    for variant in case.variants():
        arguments = variant.arguments()
        instance = case.cls(**arguments)
        for name in arguments.keys() & set(configuration_names(case.cls)):
            assert same(getattr(instance, name), arguments[name]), name


def test_arguments_survive_the_configuration(case):
    for variant in case.variants():
        instance = variant.build()
        revived = case.cls.from_config(json.loads(json.dumps(instance.get_config())))
        if isinstance(instance, keras.Layer):
            assert revived.name == instance.name
            assert revived.dtype_policy.name == instance.dtype_policy.name
        for name in defaults(case.cls).keys() - set(case.cls.assets):
            assert same(value_of(revived, name), value_of(instance, name)), name


def test_revived_by_registered_name(case):
    assert registered_class(case.cls.__name__) is case.cls
    instance = case.build()
    serialized = keras.saving.serialize_keras_object(instance)
    assert serialized["registered_name"] == f"nlpkit>{case.cls.__name__}"
    assert type(keras.saving.deserialize_keras_object(serialized)) is case.cls


def test_documented_arguments_are_the_signature(case):
    documented = {
        name
        for ancestor in case.cls.__mro__
        if ancestor.__module__.startswith("nlpkit")
        for name in documented_arguments(ancestor)
    }
    assert documented - {"name", "dtype"} == set(argument_names(case.cls))


def documented_arguments(cls: type) -> set[str]:
    """The names under `Args:` of a class; several may share a description.

    Positional-only ones are left out: they are for its subclasses.
    """
    docstring = inspect.cleandoc(vars(cls).get("__doc__") or "")
    section = re.search(r"^Args:\n((?:(?: .*)?\n?)+)", docstring, re.MULTILINE)
    heads = re.findall(r"^    ([\w, ]+):", section[1] if section else "", re.MULTILINE)
    parameters = inspect.signature(cls.__init__).parameters
    return {
        name
        for head in heads
        for name in re.findall(r"\w+", head)
        if name not in parameters or parameters[name].kind is not inspect.Parameter.POSITIONAL_ONLY
    }


def same(left, right) -> bool:
    """Whether two argument values are equal, by what they are rather than by identity."""
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        return np.array_equal(left, right)
    if hasattr(left, "get_config"):
        return type(left) is type(right) and same(left.get_config(), right.get_config())
    return left is right or bool(left == right)
