"""Tensors that hold several variables, and variables that hold several tensors."""

import keras
import numpy as np
import pytest

from nlpkit.presets.mapping.assignment import assign, collect, shapes
from nlpkit.presets.mapping.key_matching import match
from nlpkit.presets.mapping.weight_table import expand

H, G, D, d, E, f = 4, 2, 3, 5, 3, 6
R = H // G
W = np.arange(2 * H * 3 * D * d, dtype="float32")


def rows(*shape):
    """A tensor of different numbers, its first axis the fused one."""
    return W[: np.prod(shape)].reshape(shape)


def merged(x):
    """`[heads, D, d]` or `[G, R, D, d]` as the kernel `[d, heads D]`."""
    return x.reshape(-1, d).T


def query_key_value(*slices):
    names = ("query", "key", "value")
    return [f"{name}/kernel <- w[{slice_}]" for name, slice_ in zip(names, slices, strict=True)]


def transposed(lines):
    return "\n".join(f"{line} | transpose" for line in lines)


def gpt2():
    w = rows(d, 3 * d)
    table = "\n".join(query_key_value(":, 0 of 3", ":, 1 of 3", ":, 2 of 3"))
    columns = {"query": w[:, :d], "key": w[:, d : 2 * d], "value": w[:, 2 * d :]}
    return table, {"w": w}, columns


def phi3():
    w = rows(H + G + G, D, d)
    table = transposed(
        query_key_value("0:{H} of {H}+{G}+{G}", "{H}:{H}+{G} of {H}+{G}+{G}", "6:8 of 8")
    )
    return (
        table,
        {"w": w.reshape(-1, d)},
        {"query": w[:H], "key": w[H : H + G], "value": w[H + G :]},
    )


def neox():
    w = rows(H, 3, D, d)
    table = transposed(query_key_value("0 of 3 x {H}", "1 of 3 x {H}", "2 of 3 x {H}"))
    return table, {"w": w.reshape(-1, d)}, {"query": w[:, 0], "key": w[:, 1], "value": w[:, 2]}


def falcon():
    w = rows(G, R + 2, D, d)
    table = transposed(query_key_value("0:2 of 2+2 x {G}", "2 of 2+2 x {G}", "2+1 of 2+2 x {G}"))
    return table, {"w": w.reshape(-1, d)}, {"query": w[:, :R], "key": w[:, R], "value": w[:, R + 1]}


FUSED = {"GPT-2": gpt2, "Phi-3": phi3, "GPT-NeoX": neox, "Falcon": falcon}


def experts():
    table = "gate/kernel[{e}] <- experts.{e}.w1 | transpose\nup/kernel[{e}] <- experts.{e}.w3"
    tensors = {f"experts.{e}.w1": rows(E, f, d)[e] for e in range(E)}
    tensors |= {f"experts.{e}.w3": rows(E, d, f)[e] for e in range(E)}
    return table, tensors, {"gate": rows(E, f, d).swapaxes(1, 2), "up": rows(E, d, f)}


def interleaved():
    table = "gate/kernel <- w[:, :, 0 of 2 x {f}]\nup/kernel <- w[:, :, 1 of 2 x {f}]"
    w = rows(E, d, 2 * f)
    return table, {"w": w}, {"gate": w[..., 0::2], "up": w[..., 1::2]}


def fused_experts():
    """Both at once."""
    table = "\n".join(
        f"{name}/kernel[{{e}}] <- experts.{{e}}.w[{i} of 2] | transpose"
        for i, name in enumerate(["gate", "up"])
    )
    w = rows(E, 2, f, d)
    tensors = {f"experts.{e}.w": w[e].reshape(2 * f, d) for e in range(E)}
    return table, tensors, {"gate": w[:, 0].swapaxes(1, 2), "up": w[:, 1].swapaxes(1, 2)}


CASES = {**FUSED, "experts": experts, "interleaved": interleaved, "fused experts": fused_experts}


def model(case):
    """The table, the tensors, the variables with nothing in them, and what they should become."""
    table, tensors, values = CASES[case]()
    table = expand(table, H=H, G=G, f=f, e=range(E))
    values = {
        f"{name}/kernel": merged(value) if case in FUSED and case != "GPT-2" else value
        for name, value in values.items()
    }
    variables = {name: keras.Variable(np.zeros(value.shape)) for name, value in values.items()}
    return table, tensors, variables, values


def cover(table, variables, tensors):
    return match(table, shapes(variables), {name: x.shape for name, x in tensors.items()})


@pytest.mark.parametrize("case", CASES)
def test_every_variable_gets_its_part(case):
    table, tensors, variables, values = model(case)
    assign(cover(table, variables, tensors), variables, tensors.__getitem__)
    for name, value in values.items():
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variables[name]), value)


@pytest.mark.parametrize("case", CASES)
def test_writing_puts_the_parts_together(case):
    table, tensors, variables, values = model(case)
    for name, value in values.items():
        variables[name].assign(value)
    written = collect(table, variables, "model")
    assert written.keys() == tensors.keys()
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(written[name], tensor)


@pytest.mark.parametrize("case", CASES)
def test_tensors_are_read_once(case):
    table, tensors, variables, _ = model(case)
    asked = []
    assign(cover(table, variables, tensors), variables, lambda n: asked.append(n) or tensors[n])
    assert sorted(asked) == sorted(tensors)


def refused(table, variables, tensors=None):
    with pytest.raises(ValueError) as raised:
        match(expand(table), variables, tensors or {"w": (6, 2)})
    return str(raised.value)


def test_missing_slice_of_a_tensor_is_named():
    message = refused("q <- w[0 of 3]\nk <- w[1 of 3]", {"q": (2, 2), "k": (2, 2)})
    assert "Pieces that no line names: w[2 of 3]" in message


def test_slice_of_two_lines_is_named():
    message = refused("q <- w[0:2 of 3]\nk <- w[1:3 of 3]", {"q": (4, 2), "k": (4, 2)})
    assert "Pieces that two lines name: w[1 of 3]" in message


def test_whole_and_slice_of_one_tensor_are_refused():
    message = refused("q <- w\nk <- w[0 of 2]", {"q": (6, 2), "k": (3, 2)})
    assert "two lines name: w and w[0 of 2]" in message


def test_row_of_a_variable_without_a_line_is_named():
    table = "k[0] <- a\nk[2] <- c"
    message = refused(table, {"k": (4, 2)}, {"a": (2,), "c": (2,)})
    assert "Pieces that no line names: k[1], k[3]" in message


def test_row_past_the_end_of_a_variable_is_refused():
    message = refused("k[0] <- a\nk[1] <- b", {"k": (1, 2)}, {"a": (2,), "b": (2,)})
    assert "'k[1]' <- 'b': there is no [1] in the shape (1, 2)" in message


def test_missing_tensor_of_a_stacked_variable_is_named():
    message = refused("k[0] <- a\nk[1] <- b ; optional", {"k": (2, 2)}, {"a": (2,)})
    assert "without a tensor: k[1] (tensor b)" in message


def test_stacked_variable_may_be_missing_as_a_whole():
    table = expand("k[{e}] <- a.{e} ; optional", e=range(2))
    assert match(table, {"k": (2, 2)}, {}).fresh == ["k"]


def test_fused_tensor_of_another_size_is_a_mismatch_of_each_variable():
    table = expand("q <- w[0 of 3] | transpose\nk <- w[1:3 of 3] | transpose")
    found = match(table, {"q": (5, 2), "k": (5, 4)}, {"w": (7, 5)}).mismatches
    assert [str(wrong) for wrong in found] == [
        "q has shape (5, 2), which needs a tensor (6, 5); w has (7, 5)",
        "k has shape (5, 4), which needs a tensor (6, 5); w has (7, 5)",
    ]


def test_variable_that_no_such_slice_fits_is_refused():
    message = refused("q <- w[0:2 of 3]\nk <- w[2 of 3]", {"q": (3, 2), "k": (2, 2)})
    assert "'q' <- 'w[0:2 of 3]': axis 0 of (3, 2) cannot be split into 2 equal parts" in message


def test_slices_that_do_not_fit_each_other_are_not_written():
    variables = {"q": keras.Variable(np.zeros((2, 2))), "k": keras.Variable(np.zeros((3, 2)))}
    with pytest.raises(ValueError, match=r"The slices of w do not fit each other: the slice \[1"):
        collect(expand("q <- w[0 of 2]\nk <- w[1 of 2]"), variables, "model")


def test_variable_in_slices_cannot_be_tied():
    table = "k[0] <- a\nk[1] <- b\nk <- c ; tied"
    assert "tied, but not whole: k" in refused(table, {"k": (2, 2)}, {"a": (2,), "b": (2,)})


def test_other_spelling_of_a_fused_tensor_is_taken():
    table = expand("q <- w.x[0 of 2] ; also spelled y=x\nk <- w.x[1 of 2] ; also spelled y=x")
    found = match(table, {"q": (3, 2), "k": (3, 2)}, {"w.y": (6, 2)})
    assert [name for _, name in found.lines.values()] == ["w.y", "w.y"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("q <- w[0 of 2] ; tied", "a slice cannot be marked 'tied'"),
        ("<- w[0 of 2] ; buffer", "a slice cannot be marked"),
        ("q <- w[3]", r"must say of how many, such as \[3 of 8\]"),
        ("q <- w[2 of 2]", r"'q' <- 'w\[2 of 2\]': a slice \[2 of 2\] is empty or goes past"),
        ("q[] <- w", "is not a line"),
    ],
)
def test_bad_line_is_refused(text, named):
    with pytest.raises(ValueError, match=named):
        expand(text)
