"""Saving that is interrupted: by a kill or a full disk at any operation on files, or by readers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from presets.folders.saving_states import SIZES, TRANSITIONS

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="The system has no fork")


@pytest.fixture(scope="module")
def states():
    """What was there after each interruption; it is made sure there that it is whole."""
    program = Path(__file__).with_name("saving_states.py")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    result = subprocess.run([sys.executable, program], capture_output=True, env=environment)
    assert not result.returncode, result.stderr.decode()
    return json.loads(result.stdout)


@pytest.mark.parametrize("how", ["killed", "full disk"])
@pytest.mark.parametrize("i", range(len(TRANSITIONS)), ids=[f"{a} to {b}" for a, b in TRANSITIONS])
def test_old_or_new_preset_is_there_whatever_operation_is_the_last(states, i, how):
    (old, new), found = TRANSITIONS[i], states["tries"][i][how]
    assert len(found) > 20
    assert {*found} == {old, new}
    # One operation makes it the new one, and none the old one again.
    assert how != "killed" or found == sorted(found, key=lambda name: name == new)


@pytest.mark.parametrize("how", ["killed in a write", "full in a write"])
@pytest.mark.parametrize("i", range(len(TRANSITIONS)), ids=[f"{a} to {b}" for a, b in TRANSITIONS])
def test_old_preset_is_there_if_a_write_is_not_finished(states, i, how):
    found = states["tries"][i][how]
    assert len(found) == len(SIZES)
    assert found[0] == TRANSITIONS[i][0]


def test_readers_see_one_preset_or_the_other_while_presets_are_saved(states):
    assert len({*states["read"]}) == 3
    assert None not in states["read"]
