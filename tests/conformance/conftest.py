"""Runs each check on each case of its module's CASES; an exemption is a strict failure.

A module's ONLY says, for some of its checks, which cases they are for.
"""

import pytest


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        check = metafunc.function.__name__.removeprefix("test_")
        applies = getattr(metafunc.module, "ONLY", {}).get(check, lambda case: True)
        cases = [_parameter(case, check) for case in metafunc.module.CASES if applies(case)]
        metafunc.parametrize("case", cases)


def _parameter(case, check):
    marks = []
    if check in case.exempt:
        marks = [pytest.mark.xfail(reason=case.exempt[check], strict=True)]
    return pytest.param(case, id=case.name, marks=marks)
