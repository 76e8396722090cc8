"""What Hugging Face's configurations say of heads: names of classes, and the dropout."""

from collections.abc import Sequence
from typing import Any

from nlpkit._warning import warn
from nlpkit.backbones.heads import HeadTable
from nlpkit.presets.layouts.config_reader import ConfigReader


def read_names(reader: ConfigReader) -> tuple[int, list[str] | None]:
    """Read the number of classes, and their names if they have other ones than the usual."""
    names = reader.get("id2label", None, kind=dict)
    reader.ignore("label2id")  # The same the other way round.
    num_labels = reader.get("num_labels", reader.get("_num_labels", 2))
    if names is None:
        return num_labels, None
    classes = [str(i) for i in range(len(names))]
    if {*names} != {*classes}:
        warn(
            f"id2label names {list(names)} rather than the classes 0 to {len(names) - 1}; the "
            "names are ignored.",
        )
        return len(names), None
    labels = [str(names[i]) for i in classes]
    return len(labels), None if labels == usual_names(len(labels)) else labels


def write_names(labels: Sequence[str]) -> dict[str, Any]:
    """The inverse of `read_names`."""
    return {
        "id2label": {str(i): label for i, label in enumerate(labels)},
        "label2id": {label: i for i, label in enumerate(labels)},
    }


def usual_names(num_classes: int) -> list[str]:
    """The names that transformers gives to unnamed classes."""
    return [f"LABEL_{i}" for i in range(num_classes)]


def read_dropout(reader: ConfigReader, head: HeadTable | None) -> Any:
    """Read the dropout rate of a head, under the family's key for it."""
    key, rate = (head or HeadTable).dropout
    usual = reader.get("hidden_dropout_prob", 0.1) if rate is None else rate
    return reader.get(key, usual)


def write_dropout(rate: float, head: HeadTable | None) -> dict[str, Any]:
    """The inverse of `read_dropout`."""
    return {(head or HeadTable).dropout[0]: rate}
