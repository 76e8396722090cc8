"""Docstrings: their examples run as printed, with nothing imported but nlpkit."""

import doctest
import importlib
from pathlib import Path

import pytest

import nlpkit

PACKAGE = Path(nlpkit.__file__).parent

# What says nothing of the backend, or compiles for seconds: on PyTorch, which compiles nothing.
ON_ONE_BACKEND = (
    "nlpkit.callbacks.",
    "nlpkit.layers.preprocessing.",
    "nlpkit.models.",
    "nlpkit.preprocessors.",
    "nlpkit.presets.",
    "nlpkit.tasks.",
    "nlpkit.tokenizers.",
)
NAMESPACES = ("callbacks", "layers", "losses", "metrics", "presets", "samplers", "tokenizers")


def _sources():
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        yield name, path.read_text(encoding="utf-8")


def _examples():
    """The examples of each class, method and function."""
    finder = doctest.DocTestFinder()
    for name, source in _sources():
        if ">>>" in source:
            found = finder.find(importlib.import_module(name), globs={"nlpkit": nlpkit})
            marks = [pytest.mark.by_turns(0)] if name.startswith(ON_ONE_BACKEND) else []
            yield from (pytest.param(e, id=e.name, marks=marks) for e in found if e.examples)


@pytest.mark.parametrize("examples", list(_examples()))
def test_examples_run(examples):
    report = []
    doctest.DocTestRunner(verbose=False).run(examples, out=report.append)
    assert not report, "".join(report)


@pytest.mark.by_turns
def test_examples_are_doctests():
    assert [name for name, source in _sources() if "    ```" in source] == []


@pytest.mark.by_turns
@pytest.mark.parametrize("namespace", NAMESPACES)
def test_what_is_public_has_an_example(namespace):
    module = getattr(nlpkit, namespace)
    documented = {name: getattr(module, name).__doc__ for name in module.__all__}
    assert [name for name, doc in documented.items() if ">>>" not in (doc or "")] == []
