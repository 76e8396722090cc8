#!/usr/bin/env python
"""Format, lint, types, import layers and sizes, as configured in pyproject.toml.

`python tools/check.py` is what CI runs; with `--fix` it formats and mends what the linter can.
"""

import argparse
import ast
import io
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("nlpkit", "tests", "tools", "examples")
LONGEST_FILE = 300
LONGEST_FUNCTION = 50
_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fix", action="store_true", help="format, and mend what can be")
    fix = parser.parse_args().fix
    stages = {
        "lint": ["ruff", "check", *(["--fix"] if fix else [])],
        "format": ["ruff", "format", *([] if fix else ["--check"])],
        "types": ["mypy"],
        "import layers": ["lint-imports", "--no-logo"],
    }
    failed = [name for name, command in stages.items() if not _run(name, command)]
    if oversized := list(_oversized()):
        print("== sizes", *oversized, sep="\n")
        failed.append("sizes")
    print(f"check: {'failed: ' + ', '.join(failed) if failed else 'all clean'}")
    return bool(failed)


def _run(name: str, command: list[str]) -> bool:
    print(f"== {name}", flush=True)
    # The tools of this interpreter's environment, active or not.
    program = Path(sys.executable).parent / command[0]
    return subprocess.run([program, *command[1:]], cwd=ROOT).returncode == 0


def _oversized() -> Iterator[str]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text, place = path.read_text(), path.relative_to(ROOT)
            whole = place.is_relative_to("nlpkit/models")  # A family is a page, docstrings and all.
            lines = text.count("\n") if whole else len(_code(text))
            if lines > LONGEST_FILE:
                yield f"{place}: {lines} lines; {LONGEST_FILE} at most"
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef) and _length(node) > LONGEST_FUNCTION:
                    length = f"{_length(node)} lines; {LONGEST_FUNCTION} at most"
                    yield f"{place}:{node.lineno} {node.name}: {length}"


def _code(text: str) -> set[int]:
    """The numbers of the lines that hold code: no docstring, comment or blank alone."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return lines.difference(*map(_docstring, ast.walk(ast.parse(text))))


def _docstring(node: ast.AST) -> range:
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
        return range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    return range(0)


def _length(function: ast.FunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


if __name__ == "__main__":
    sys.exit(main())
