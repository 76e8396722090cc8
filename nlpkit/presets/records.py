"""Records of named presets."""

import difflib
import functools
import html
import importlib.resources
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

BUNDLED = "bundled"
_TABLE = "builtin.tsv"
_NAME = re.compile(r"[\w.-]+", re.ASCII)
_COLUMNS = ("name", "family", "parameters", "tasks", "languages", "license", "description")
_REGISTERED: dict[str, "PresetRecord"] = {}


@dataclass(frozen=True)
class PresetRecord:
    """The facts of a named preset.

    Attributes:
        name: str. The name for `from_preset`.
        family: str. The model's family, such as "bert".
        sources: tuple of str. Handles or folders; the first that can be read is used. "bundled"
            for presets that are part of nlpkit.
        description: str. Architecture and training data.
        parameters: int or None. The number of the backbone's parameters; None if not known.
        tasks: tuple of str. Classes whose head is in the preset, such as "MaskedLM".
        languages: tuple of str. Language codes.
        license: str or None. Its SPDX identifier; None if not known.

    Example:
        >>> record = nlpkit.presets.show("bert_nano_en_uncased_sst2")
        >>> record.family, record.sources
        ('bert', ('bundled',))
    """

    name: str
    family: str
    sources: tuple[str, ...]
    description: str = ""
    parameters: int | None = None
    tasks: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    license: str | None = None

    def __str__(self) -> str:
        lines = [f"{column:12}{_cell(self, column)}" for column in _COLUMNS[1:]]
        return "\n".join([self.name, *lines, f"{'sources':12}{', '.join(self.sources)}"])


class PresetTable(tuple[PresetRecord, ...]):
    """Records, displayed as a table."""

    def __repr__(self) -> str:
        rows = [_COLUMNS, *([_cell(record, column) for column in _COLUMNS] for record in self)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(_COLUMNS))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{column}</th>" for column in _COLUMNS)
        rows = [
            "".join(f"<td>{html.escape(_cell(record, column))}</td>" for column in _COLUMNS)
            for record in self
        ]
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def list_records(family: str | None = None, task: str | type | None = None) -> PresetTable:
    """List the named presets.

    Args:
        family: str. Only this family's, such as "bert". Default all.
        task: str or class. Only those whose weights include the head of this task, such as
            "TextClassifier". Default all.

    Returns:
        A tuple of `PresetRecord`, which a notebook displays as a table.

    Raises:
        ValueError: no preset is of that family or for that task.

    Example:
        >>> records = nlpkit.presets.list(family="bert", task="TextClassifier")
        >>> "bert_nano_en_uncased_sst2" in [record.name for record in records]
        True
    """
    records = known_records().values()
    # BertTextClassifier is a TextClassifier.
    wanted = {base.__name__ for base in task.__mro__} if isinstance(task, type) else {task}
    _require_known("family", {family}, {record.family for record in records})
    _require_known("task", wanted, {name for record in records for name in record.tasks})
    return PresetTable(
        record
        for record in records
        if family in (None, record.family) and (task is None or wanted & {*record.tasks})
    )


def show(name: str) -> PresetRecord:
    """Show the facts of a preset; printed, it has one line for each.

    Raises:
        ValueError: there is no such name; the message suggests similar ones.

    Example:
        >>> nlpkit.presets.show("gpt2_nano_en_shakespeare").family
        'gpt2'
    """
    if name not in known_records():
        raise ValueError(f"There is no preset {name!r}.{nearest(name, known_records())}")
    return known_records()[name]


def register(name: str, *sources: str, family: str, **facts: Any) -> PresetRecord:
    """Register a name for a preset of your own, in this process.

    Args:
        name: str. The name for `from_preset`.
        *sources: str. Handles or folders; the first that can be read is used.
        family: str. The model's family, such as "bert".
        **facts: `description`, `parameters`, `tasks`, `languages`, `license` of `PresetRecord`.

    Returns:
        The record.

    Raises:
        ValueError: the name is invalid or already used, or there is no source.

    Example:
        >>> record = nlpkit.presets.register(
        ...     "our_bert", "https://models.example.org/our_bert", family="bert"
        ... )
        >>> record.name
        'our_bert'
        >>> nlpkit.models.BertBackbone.from_preset("our_bert")  # doctest: +SKIP
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"name must be of letters, digits, '_', '.' and '-'; got {name!r}.")
    if not sources:
        raise ValueError(f"{name!r} needs a source: a handle or a folder.")
    record = PresetRecord(name, family, tuple(map(str, sources)), **_frozen(facts))
    if known_records().get(name, record) != record:
        raise ValueError(f"There is a preset {name!r} already; choose another name.")
    _REGISTERED[name] = record
    return record


def known_records() -> dict[str, PresetRecord]:
    """All records by name."""
    return {**_builtin(), **_REGISTERED}


def nearest(name: str, known: Iterable[str]) -> str:
    """A sentence that suggests names similar to one, or an empty string."""
    near = difflib.get_close_matches(name, [*dict.fromkeys(known)], n=3)
    return f" Did you mean {' or '.join(near)}?" if near else ""


@functools.cache
def _builtin() -> dict[str, PresetRecord]:
    text = (importlib.resources.files("nlpkit.presets") / _TABLE).read_text(encoding="utf-8")
    header, *rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    records = [_from_row(dict(zip(header, row, strict=True))) for row in rows]
    return {record.name: record for record in records}


def _from_row(row: dict[str, str]) -> PresetRecord:
    return PresetRecord(
        row["name"],
        row["family"],
        tuple(row["sources"].split()),
        row["description"],
        int(row["parameters"]) if row["parameters"] else None,
        tuple(row["tasks"].split()),
        tuple(row["languages"].split()),
        row["license"] or None,
    )


def _frozen(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()
    }


def _require_known(what: str, values: set[Any], known: set[str]) -> None:
    if values != {None} and not values & known:
        raise ValueError(
            f"No preset has {what}={min(map(str, values))!r}; there are {', '.join(sorted(known))}."
        )


def _cell(record: PresetRecord, column: str) -> str:
    value = getattr(record, column)
    if value is None:
        return ""
    if column == "parameters":
        return f"{value / 1e6:.1f} M"
    return ", ".join(value) if isinstance(value, tuple) else str(value)
