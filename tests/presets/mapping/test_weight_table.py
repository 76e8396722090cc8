"""The lines of a weight table."""

import numpy as np
import pytest

from nlpkit.presets.mapping.weight_table import TRANSFORMS, Line, expand, parse


def test_line_is_read_from_text():
    (line,) = parse("a/kernel <- x.y.weight | transpose, split heads ; optional, tied")
    assert line == Line(
        "a/kernel", "x.y.weight", ("transpose", "split heads"), ("optional", "tied")
    )


def test_index_in_braces_is_repeated_in_variable_and_tensor():
    lines = expand("l{i}/{j}/w <- h.{i}.{j} ; optional\nb <- c", i=range(2), j="qk")
    assert [(line.variable, line.tensor) for line in lines] == [
        ("l0/q/w", "h.0.q"),
        ("l0/k/w", "h.0.k"),
        ("l1/q/w", "h.1.q"),
        ("l1/k/w", "h.1.k"),
        ("b", "c"),
    ]
    assert [line.optional for line in lines] == [True] * 4 + [False]


def test_parsed_lines_expand_like_text():
    text = "l{i}/w <- h.{i} | transpose"
    assert expand(parse(text), i=range(3)) == expand(text, i=range(3))


@pytest.mark.parametrize("name", TRANSFORMS)
def test_writing_is_the_inverse_of_reading(name):
    line, variable = Line("v", "t", (name,)), np.arange(24).reshape(2, 3, 4)
    tensor = line.write(variable)
    assert tensor.shape == line.tensor_shape((2, 3, 4)) != (2, 3, 4)
    np.testing.assert_array_equal(line.read(tensor, (2, 3, 4)), variable)


def test_rows_before_a_tensor_are_zero_and_not_written():
    line, tensor = Line("v", "t", ("after 2 rows",)), np.ones((3, 4))
    value = line.read(tensor, (5, 4))
    assert line.tensor_shape((5, 4)) == (3, 4)
    np.testing.assert_array_equal(value, np.arange(5)[:, None] >= np.full((5, 4), 2))
    np.testing.assert_array_equal(line.write(value), tensor)


def test_transforms_lead_from_tensor_to_variable_in_order():
    line, tensor = Line("v", "t", ("transpose", "split heads")), np.arange(24).reshape(6, 4)
    assert line.tensor_shape((4, 2, 3)) == (6, 4)
    np.testing.assert_array_equal(line.read(tensor, (4, 2, 3)), tensor.T.reshape(4, 2, 3))
    np.testing.assert_array_equal(line.write(line.read(tensor, (4, 2, 3))), tensor)


def test_other_spelling_replaces_the_last_part_of_the_name():
    line = Line("v", "a.gamma.weight", (), ("also spelled gamma=weight",))
    assert line.spellings == ("a.gamma.weight", "a.gamma.gamma")


def test_prefixes_are_added_to_a_part_but_not_to_foreign_heads():
    buffer, head = parse("<- position_ids ; buffer\n<- cls.* ; other head")
    assert Line("v", "t").within("backbone/", "bert.") == Line("backbone/v", "bert.t")
    assert buffer.within("backbone/", "bert.").ignores("bert.position_ids")
    assert head.within("backbone/", "bert.").ignores("cls.bias")
    assert not head.within("backbone/", "bert.").ignores("bert.cls.bias")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a/kernel -> x.weight", "is not a line"),
        ("a b <- x", "is not a line"),
        ("a <- x | rotate", "unknown transform 'rotate'; known: transpose"),
        ("a <- x ; maybe", "unknown mark 'maybe'; known: optional"),
        ("a <- x.bias ; also spelled gamma=weight", "unknown mark 'also spelled gamma=weight'"),
        ("<- x", "names a variable"),
        ("a <- x ; buffer", "names a variable"),
    ],
)
def test_bad_line_is_refused(text, named):
    with pytest.raises(ValueError, match=named):
        parse(text)
