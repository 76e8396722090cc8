"""Model cards: the README.md of published presets."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nlpkit.presets.folders.store import CONFIG, PresetFolder

CARD = "README.md"
_PIPELINES = {
    "ForSequenceClassification": "text-classification",
    "ForMaskedLM": "fill-mask",
    "ForCausalLM": "text-generation",
}


def model_card(
    folder: PresetFolder,
    repository: str,
    description: str,
    figures: Mapping[str, object],
    license: str | None,
    languages: Sequence[str],
) -> str:
    """Write a model card: a description, how to load the model, and its figures.

    Args:
        folder: `PresetFolder`. The preset, in nlpkit's own layout.
        repository: str. Where it will be.
        description: str. What the author says of it, in Markdown.
        figures: dict. Of training or evaluation.
        license: str or None. Its identifier.
        languages: list of str. Language codes.
    """
    manifest = folder.manifest or {}
    architecture = _architecture(folder)
    parts = [
        _front_matter(architecture, license, languages),
        f"# {repository.rpartition('/')[2]}",
        description or f"A `{manifest['class']}` made with nlpkit.",
        _table("Model", _sizes(manifest)),
        _usage("nlpkit", _nlpkit_code(manifest["class"], repository)),
    ]
    if architecture:
        parts.append(_usage("transformers", _transformers_code(architecture, repository, folder)))
    if figures:
        parts.append(_table("Figures", {name: str(value) for name, value in figures.items()}))
    return "\n\n".join(parts) + "\n"


def _front_matter(architecture: str, license: str | None, languages: Sequence[str]) -> str:
    facts: dict[str, Any] = {"library_name": "nlpkit", "tags": ["nlpkit", "keras"]}
    pipeline = next((name for end, name in _PIPELINES.items() if architecture.endswith(end)), None)
    facts |= {"pipeline_tag": pipeline, "license": license, "language": [*languages]}
    # JSON is YAML, and needs no care about what the values hold.
    lines = [f"{name}: {json.dumps(value)}" for name, value in facts.items() if value]
    return "\n".join(["---", *lines, "---"])


def _sizes(manifest: Mapping[str, Any]) -> dict[str, str]:
    arguments = manifest["arguments"]
    backbone = arguments.get("backbone") or {"class": manifest["class"], "arguments": arguments}
    sizes = {
        name: json.dumps(value)
        for name, value in backbone["arguments"].items()
        if value is None or isinstance(value, bool | int | float | str)
    }
    return {"class": manifest["class"], "backbone": backbone["class"], **sizes}


def _architecture(folder: PresetFolder) -> str:
    stated = folder.json(CONFIG).get("architectures") if folder.has(CONFIG) else None
    return str(stated[0]) if stated else ""


def _nlpkit_code(name: str, repository: str) -> list[str]:
    return [
        "import nlpkit",
        "",
        f'model = nlpkit.models.{name}.from_preset("hf://{repository}")',
    ]


def _transformers_code(architecture: str, repository: str, folder: PresetFolder) -> list[str]:
    has_tokenizer = folder.has("tokenizer_config.json")
    names = ", ".join(["AutoTokenizer"] * has_tokenizer + [architecture])
    lines = [f"from transformers import {names}", ""]
    if has_tokenizer:
        lines.append(f'tokenizer = AutoTokenizer.from_pretrained("{repository}")')
    return [*lines, f'model = {architecture}.from_pretrained("{repository}")']


def _usage(library: str, lines: list[str]) -> str:
    return "\n".join([f"## With {library}", "", "```python", *lines, "```"])


def _table(title: str, rows: Mapping[str, str]) -> str:
    lines = [f"| {_cell(name)} | {_cell(value)} |" for name, value in rows.items()]
    return "\n".join([f"## {title}", "", "| | |", "|---|---|", *lines])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
