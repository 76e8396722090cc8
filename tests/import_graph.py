"""What nlpkit's modules import of each other when they are imported themselves."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import nlpkit

ROOT = Path(nlpkit.__file__).parent
FILES = {
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in ROOT.rglob("*.py")
}


@functools.cache
def depth(module: str) -> int:
    """The length of the longest chain of imports that starts with a module."""
    return 1 + max(map(depth, imports(module)), default=0)


@functools.cache
def imports(module: str) -> set[str]:
    """The modules of nlpkit that a module imports at once."""
    body = ast.parse(FILES[module].read_text(encoding="utf-8")).body
    return set(named(body)) - {module}


def imports_for_types(module: str) -> set[tuple[str, str, str]]:
    """What a module imports for type checkers: its name here, the module and its name there."""
    body = ast.parse(FILES[module].read_text(encoding="utf-8")).body
    return {
        (alias.asname or alias.name, str(node.module), alias.name)
        for block in body
        if _is_for_types(block)
        for node in block.body
        for alias in node.names
    }


def named(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield from {submodule, node.module} & FILES.keys() or ()
        elif isinstance(node, ast.If | ast.Try) and not _is_for_types(node):
            yield from named(node.body)


def _is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
