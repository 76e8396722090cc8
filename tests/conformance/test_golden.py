"""Each backend computes the committed arrays, hence what the others compute."""

import numpy as np
import pytest

from conformance.cases.case import assert_close
from conformance.golden import CASES, PATH, outputs

__all__ = ["CASES"]


@pytest.fixture(scope="module")
def golden():
    with np.load(PATH) as arrays:
        return dict(arrays)


def test_agrees_with_the_golden_arrays(case, golden):
    for name, array in outputs(case).items():
        assert name in golden, f"{name} is missing: cd tests; python -m conformance.golden"
        assert_close(array, golden[name])
