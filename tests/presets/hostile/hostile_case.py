"""A hostile preset: a good one, what is done to it, and what the refusal must say."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The good presets that are spoilt: nlpkit's own, Hugging Face's, KerasHub's, all of a classifier.
OWN, HUGGING_FACE, KERASHUB, KERASNLP = "own", "hugging_face", "kerashub", "kerasnlp"
# Of an embedder, in both layouts;
EMBEDDER, OWN_EMBEDDER = "embedder", "own_embedder"
# of a language model, from Hugging Face's files; and a tokenizer of KerasHub's alone.
GPT2, LLAMA, KERASHUB_GPT2 = "gpt2", "llama", "kerashub_gpt2"


@dataclass(frozen=True)
class Case:
    """One hostile preset.

    Attributes:
        name: says the mechanism; with the published weakness it is of, if there is one.
        base: which good preset it is made from.
        spoil: changes the folder; its second argument is a file outside that must stay closed.
        match: pattern of the error's message.
        options: further arguments of `from_preset`, by name, or such as are True.
    """

    name: str
    base: str
    spoil: Callable[[Path, Path], object]
    match: str
    options: tuple[str, ...] | Mapping[str, Any] = ()


def edit(name, **changes):
    """Replace values of a JSON file; a key may be a path with dots."""

    def spoil(folder, outside):
        path = folder / name
        content = json.loads(path.read_text())
        for key, value in changes.items():
            *parents, last = key.split("__")
            inner = content
            for parent in parents:
                inner = inner[parent]
            inner[last] = value(outside) if callable(value) else value
        path.write_text(json.dumps(content))

    return spoil


def write(name, content):
    """Put other content into a file."""

    def spoil(folder, outside):
        (folder / name).unlink(missing_ok=True)
        made = content(outside) if callable(content) else content
        (folder / name).write_bytes(made.encode() if isinstance(made, str) else made)

    return spoil


def replace_text(name, old, new):
    """Replace a piece of a text file."""

    def spoil(folder, outside):
        text = (folder / name).read_text()
        if old not in text:
            raise LookupError(f"{name} has no {old}")
        (folder / name).write_text(text.replace(old, new))

    return spoil


def link(name, target=None):
    """Make a file a link to the one outside, or to a target."""

    def spoil(folder, outside):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target or outside)

    return spoil


def both(*spoilers):
    """Do several things to a preset."""

    def spoil(folder, outside):
        for one in spoilers:
            one(folder, outside)

    return spoil
