#!/usr/bin/env python
"""Format, lint, types, import layers and sizes, as configured in pyproject.toml.

`python tools/check.py` is what CI runs; with `--fix` it formats and mends what the linter can.
"""

import argparse
import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("nlpkit", "tests", "tools", "examples")
LONGEST_FILE = 300
LONGEST_FUNCTION = 50


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
            text = path.read_text()
            if (lines := text.count("\n")) > LONGEST_FILE:
                yield f"{path.relative_to(ROOT)}: {lines} lines; {LONGEST_FILE} at most"
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef) and _length(node) > LONGEST_FUNCTION:
                    place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                    yield f"{place}: {_length(node)} lines; {LONGEST_FUNCTION} at most"


def _length(function: ast.FunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


if __name__ == "__main__":
    sys.exit(main())
