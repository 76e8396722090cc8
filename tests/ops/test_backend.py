"""Which backend runs is asked once, and each offers the same names."""

import ast
import re
from pathlib import Path

import pytest

import nlpkit
from nlpkit.ops import backend
from nlpkit.ops.backend import default

ROOT = Path(nlpkit.__file__).parent
FOLDER = ROOT / "ops" / "backend"


def test_code_asks_which_backend_runs_in_one_place():
    question = re.compile(
        r"[=!]= keras\.(backend|config)\.backend\(\)|\.backend\(\) (==|!=|in|not)"
    )
    asking = [path for path in ROOT.rglob("*.py") if question.search(path.read_text())]
    assert asking == [FOLDER / "__init__.py"]


@pytest.mark.parametrize("name", ["jax", "tensorflow", "torch"])
def test_a_backend_has_no_name_that_others_lack(name):
    tree = ast.parse((FOLDER / name / "__init__.py").read_text())
    (listed,) = (
        x.value for x in tree.body if isinstance(x, ast.Assign) and "__all__" in ast.unparse(x)
    )
    assert set(ast.literal_eval(listed)) <= set(default.__all__)


def test_every_name_is_there():
    assert all(hasattr(backend, name) for name in default.__all__)
