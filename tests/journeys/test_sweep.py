"""Every public class: opened, trained for two steps, saved, and the same in a new process.

The classes are those that have a case in `conformance`: a class without one fails there.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from journeys.fresh_process import with_tests
from journeys.sweeping import of_kerashub

from conformance.cases.every_class import CASES

HERE = Path(__file__).parent
NAMES = [*dict.fromkeys(case.cls.__name__ for case in CASES), *of_kerashub()]


@pytest.fixture(scope="module")
def problems(tmp_path_factory):
    """What went wrong in either process, by name."""
    folder = tmp_path_factory.mktemp("sweep")
    for script in ("sweep_writing.py", "sweep_reading.py"):
        subprocess.run([sys.executable, HERE / script, folder], env=with_tests(), check=True)
    reports = ("problems.json", "problems_again.json")
    found = [json.loads((folder / report).read_text()) for report in reports]
    return {name: [*found[0].get(name, []), *found[1].get(name, [])] for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_same_in_a_new_process(problems, name):
    assert problems[name] == []
