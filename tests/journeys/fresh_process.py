"""Run a program in a process of its own, as a person would, and take what it reports."""

import json
import os
import subprocess
import sys
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"


def with_tests():
    """The environment of a process that imports modules of the tests."""
    paths = [str(PROGRAMS.parents[1]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def run(program, folder, *arguments, **environment):
    """Run a file of `programs` in `folder`; it writes its report to the path that it is given."""
    report = folder / "report.json"
    result = subprocess.run(
        [sys.executable, str(PROGRAMS / program), str(report), *map(str, arguments)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert result.returncode == 0, f"{program} failed:\n{result.stdout}\n{result.stderr}"
    return json.loads(report.read_text())
