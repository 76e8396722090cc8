"""The exact cover of a model's variables and a checkpoint's tensors."""

import pytest

from nlpkit.presets.mapping.key_matching import check_table, match
from nlpkit.presets.mapping.weight_table import parse

TABLE = "a/kernel <- x.weight | transpose\na/bias <- x.bias"
VARIABLES = {"a/kernel": (2, 3), "a/bias": (3,)}
TENSORS = {"x.weight": (3, 2), "x.bias": (3,)}


def cover(table=TABLE, variables=None, tensors=None):
    return match(parse(table), variables or VARIABLES, tensors or TENSORS)


def test_every_variable_gets_its_tensor():
    found = cover()
    assert {name: tensor for name, (_, tensor) in found.lines.items()} == {
        "a/kernel": "x.weight",
        "a/bias": "x.bias",
    }
    assert [*found.ties, *found.fresh, *found.mismatches] == []


def test_leftovers_are_one_error_with_the_names_on_both_sides():
    with pytest.raises(ValueError) as raised:
        cover(tensors={"x.weight": (3, 2), "z.scale": (1,), "z.shift": (1,)})
    assert "without a tensor: a/bias (tensor x.bias)" in str(raised.value)
    assert "no variable takes: z.scale, z.shift" in str(raised.value)


def test_table_that_leaves_variables_out_or_names_others_is_refused():
    with pytest.raises(ValueError) as raised:
        check_table(parse(TABLE + "\nb <- y"), [*VARIABLES, "lora/a"], "Model")
    assert "Variables of Model that no line names: lora/a" in str(raised.value)
    assert "Lines that name no variable of Model: b" in str(raised.value)


def test_variable_of_two_lines_is_refused():
    with pytest.raises(ValueError, match="that two lines name: a/bias"):
        cover(TABLE + "\na/bias <- y")


def test_tensor_of_two_lines_is_refused():
    with pytest.raises(ValueError, match=r"two lines claim: x\.bias"):
        cover(TABLE + "\nb <- x.bias", variables={**VARIABLES, "b": (3,)})


def test_shapes_are_compared_before_transforms_and_named():
    (wrong,) = cover(tensors={"x.weight": (2, 3), "x.bias": (3,)}).mismatches
    assert str(wrong) == (
        "a/kernel has shape (2, 3), which needs a tensor (3, 2); x.weight has (2, 3)"
    )


def test_optional_tensor_may_be_missing_and_is_reported():
    assert cover(TABLE + "\nb <- y ; optional", {**VARIABLES, "b": (1,)}).fresh == ["b"]


@pytest.mark.parametrize("mark", ["or zero", "or fixed"])
def test_tensor_that_is_known_may_be_missing_and_is_not_reported(mark):
    found = cover(TABLE + f"\nb <- y ; {mark}", {**VARIABLES, "b": (1,)})
    assert found.fresh == []
    assert "b" not in found.lines


def test_optional_tensor_is_taken_if_it_is_there():
    found = cover(TABLE + "\nb <- y ; optional", {**VARIABLES, "b": (1,)}, {**TENSORS, "y": (1,)})
    assert found.fresh == []
    assert found.lines["b"][1] == "y"


def test_other_spelling_is_taken():
    found = cover("n <- x.weight ; also spelled gamma=weight", {"n": (1,)}, {"x.gamma": (1,)})
    assert found.lines["n"][1] == "x.gamma"


def test_both_spellings_at_once_are_refused():
    with pytest.raises(ValueError, match=r"two names: x\.weight and x\.gamma"):
        cover(
            "n <- x.weight ; also spelled gamma=weight",
            {"n": (1,)},
            {"x.weight": (1,), "x.gamma": (1,)},
        )


def test_tied_tensor_may_be_absent_present_or_alone():
    table = TABLE + "\na/bias <- y ; tied"
    assert cover(table).ties == []
    assert [name for _, name in cover(table, tensors={**TENSORS, "y": (3,)}).ties] == ["y"]
    alone = cover(table, tensors={"x.weight": (3, 2), "y": (3,)})
    assert alone.lines["a/bias"][1] == "y"
    assert alone.ties == []


def test_tied_tensor_of_another_shape_is_a_mismatch():
    found = cover(TABLE + "\na/bias <- y ; tied", tensors={**TENSORS, "y": (4,)})
    assert [wrong.tensor for wrong in found.mismatches] == ["y"]


@pytest.mark.parametrize("mark", ["other head", "buffer"])
def test_unwanted_tensors_are_left_alone(mark):
    cover(f"{TABLE}\n<- z.* ; {mark}", tensors={**TENSORS, "z.scale": (1,)})


def test_unwanted_pattern_does_not_hide_a_missing_tensor():
    with pytest.raises(ValueError, match=r"without a tensor: a/bias"):
        cover(f"{TABLE}\n<- x.* ; other head", tensors={"x.weight": (3, 2)})


def test_many_leftovers_are_cut_short():
    with pytest.raises(ValueError, match="and 970 more"):
        cover(tensors={**TENSORS, **{f"z{i:04}": (1,) for i in range(1000)}})
