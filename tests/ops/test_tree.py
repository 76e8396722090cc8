"""Dataclasses of tensors."""

import dataclasses
from typing import Any

import pytest
from keras import ops
from samplers.toy import jitted

from nlpkit.ops.tree import map_fields, replaced, static, tree


@tree
class Inner:
    total: Any
    times: int = static(default=1)


@tree
class Outer:
    inners: tuple
    absent: Any = None


@tree
class More(Outer):
    count: Any = None


def counted(start):
    """A loop over a tree within a tree."""

    def body(i, state):
        (inner,) = state.inners
        inner = replaced(inner, total=inner.total + inner.times)
        return replaced(state, inners=(inner,), count=state.count + 1)

    return ops.fori_loop(0, 4, body, start)


def test_trees_pass_through_compiled_loops_and_keep_their_static_fields():
    start = More((Inner(ops.zeros(()), times=3),), count=ops.zeros((), "int32"))
    made = jitted(counted)(start)
    assert type(made) is More
    assert made.absent is None
    assert (float(made.inners[0].total), made.inners[0].times, int(made.count)) == (12.0, 3, 4)


def test_fields_are_replaced_and_mapped_but_not_assigned():
    inner = Inner(2, times=5)
    assert replaced(inner, total=3) == Inner(3, 5) != inner
    assert map_fields(lambda x: x * 10, inner) == Inner(20, 5)
    assert map_fields(str, Outer((1,))) == Outer("(1,)")
    with pytest.raises(TypeError, match="Inner has no such fields.*totals"):
        replaced(inner, totals=3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        inner.total = 3
