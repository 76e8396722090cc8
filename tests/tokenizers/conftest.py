"""Texts become ids in the same way on every backend: one of them tests each."""

import pytest


def pytest_itemcollected(item):
    item.add_marker(pytest.mark.by_turns)
