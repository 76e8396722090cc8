"""Runs each check on each case of its module's CASES; an exemption is a strict failure.

A family that combines what others have is for one backend each, but for what a module marks itself.
A module's ONLY says, for some of its checks, which cases they are for; its `by_turns`, which cases
are for one backend each.
"""

import pytest

from conformance.cases.families import combines


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        module, check = metafunc.module, metafunc.function.__name__.removeprefix("test_")
        applies = getattr(module, "ONLY", {}).get(check, lambda case: True)
        alternate = getattr(module, "by_turns", combines)
        cases = []
        for turn, case in enumerate(module.CASES):
            marks = [pytest.mark.by_turns(turn)] if alternate(case) else []
            if check in case.exempt:
                marks.append(pytest.mark.xfail(reason=case.exempt[check], strict=True))
            if applies(case):
                cases.append(pytest.param(case, id=case.name, marks=marks))
        metafunc.parametrize("case", cases)
