import numpy as np
import pytest

from nlpkit.layers.preprocessing.masked_lm_mask_generator import MaskedLMMaskGenerator

ARGUMENTS = {"vocabulary_size": 1000, "mask_selection_rate": 0.15, "mask_token_id": 4}


def build(**arguments):
    return MaskedLMMaskGenerator(**{**ARGUMENTS, **arguments})


def test_everything_selected_and_masked():
    out = build(mask_selection_rate=1.0, mask_selection_length=4, mask_token_rate=1.0,
                random_token_rate=0.0)([[5, 0, 6], [7, 8, 9]])  # fmt: skip
    np.testing.assert_array_equal(out["token_ids"], [[4, 0, 4], [4, 4, 4]])
    np.testing.assert_array_equal(out["mask_positions"], [[0, 2, 0, 0], [0, 1, 2, 0]])
    np.testing.assert_array_equal(out["mask_ids"], [[5, 6, 0, 0], [7, 8, 9, 0]])
    np.testing.assert_array_equal(out["mask_weights"], [[1, 1, 0, 0], [1, 1, 1, 0]])
    assert [str(array.dtype) for array in out.values() if isinstance(array, np.ndarray)] == [
        "int32",
        "int32",
        "float32",
    ]


def test_original_ids_stand_where_the_positions_point():
    ids = np.random.default_rng(0).integers(0, 1000, (50, 40))
    out = build(mask_selection_length=6)(ids)
    real = out["mask_weights"] == 1
    found = np.take_along_axis(ids, out["mask_positions"], axis=1)
    np.testing.assert_array_equal(found[real], out["mask_ids"][real])
    untouched = out["token_ids"].copy()
    np.put_along_axis(untouched, np.where(real, out["mask_positions"], -1), 0, axis=1)
    other = ids.copy()
    np.put_along_axis(other, np.where(real, out["mask_positions"], -1), 0, axis=1)
    np.testing.assert_array_equal(untouched[:, :-1], other[:, :-1])


@pytest.mark.parametrize(
    ("size", "rate", "count"),
    [(1, 0.15, 1), (20, 0.15, 3), (21, 0.15, 4), (100, 0.07, 7), (10, 0.0, 0), (200, 0.15, 9)],
)
def test_the_number_selected_is_the_rate_rounded_up_to_the_limit(size, rate, count):
    out = build(mask_selection_rate=rate, mask_selection_length=9)(np.full((3, size), 7))
    np.testing.assert_array_equal(out["mask_weights"].sum(axis=1), [count] * 3)


def test_ragged_without_a_limit():
    out = build(mask_selection_rate=0.5)([[5, 6, 7, 8], [0, 0], [9]])
    assert [len(row) for row in out["token_ids"]] == [4, 2, 1]
    assert all(isinstance(row, list) for rows in out.values() for row in rows)
    for name in ("mask_positions", "mask_ids", "mask_weights"):
        assert [len(row) for row in out[name]] == [2, 0, 1]


def test_a_limit_of_none_at_all():
    out = build(mask_selection_rate=1.0, mask_selection_length=0)([[5, 6], [7]])
    assert out["mask_positions"].shape == (2, 0)
    assert out["token_ids"] == [[5, 6], [7]]


def test_unselectable_ids_are_never_selected():
    masker = build(mask_selection_rate=1.0, unselectable_token_ids=[1, 2, 3])
    out = masker(np.arange(8))
    np.testing.assert_array_equal(out["mask_positions"], [0, 4, 5, 6, 7])


def test_no_position_is_selected_twice_and_all_are_equally_likely():
    out = build(mask_selection_length=10, seed=0)(np.full((4000, 20), 7))
    positions = out["mask_positions"][:, :3]
    assert (np.diff(positions, axis=1) > 0).all()
    np.testing.assert_allclose(np.bincount(positions.ravel()) / 12000, 0.05, atol=0.01)


def test_rates_of_replacement():
    out = build(mask_selection_rate=1.0, seed=0)(np.full((100, 400), 7))["token_ids"]
    masked, kept = (out == 4).mean(), (out == 7).mean()
    assert masked == pytest.approx(0.8, abs=0.01)
    assert kept == pytest.approx(0.1, abs=0.01)
    others = out[(out != 4) & (out != 7)]
    assert others.min() < 20
    assert 980 < others.max() < 1000


@pytest.mark.parametrize("size", [None, 3])
@pytest.mark.parametrize("ids", [[[5, 6, 7, 8, 9], [5], []], [[5, 6], [7, 8]], [5, 6, 7]])
def test_python_equals_tf_data(tf, size, ids):
    arguments = {"mask_selection_rate": 0.5, "mask_selection_length": size, "seed": 3}
    python = build(**arguments)(ids)
    tensor = tf.ragged.constant(ids)  # dense for one example
    graph = next(iter(tf.data.Dataset.from_tensors(tensor).map(build(**arguments))))
    assert list(graph) == list(python)
    for ours, theirs in zip(python.values(), graph.values(), strict=True):
        for row, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(row, other)


def test_dense_tensors_stay_dense_with_static_shapes(tf):
    ids = np.array([[5, 6], [7, 8]])
    python = build(mask_selection_length=3, seed=1)(ids)
    dataset = tf.data.Dataset.from_tensors(ids).map(build(mask_selection_length=3, seed=1))
    for name, theirs in next(iter(dataset)).items():
        np.testing.assert_array_equal(python[name], theirs)
        assert python[name].dtype == theirs.dtype.as_numpy_dtype
    static = {name: spec.shape.as_list() for name, spec in dataset.element_spec.items()}
    assert static.pop("token_ids") == [None, 2]
    assert all(shape == [None, 3] for shape in static.values())


@pytest.mark.parametrize("ids", [[], [[]], [[], []], np.zeros((0, 3), int)])
def test_empty_inputs(ids):
    out = build(mask_selection_length=2)(ids)
    assert out["mask_weights"].sum() == 0
    assert out["mask_weights"].shape[-1] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mask_token_id": 1000}, r"mask_token_id must be in \[0, vocabulary_size\); got 1000"),
        ({"mask_token_id": -1}, "mask_token_id"),
        ({"mask_selection_rate": 1.5}, "mask_selection_rate must be between 0 and 1; got 1.5"),
        ({"mask_token_rate": -0.1}, "mask_token_rate must be between"),
        ({"random_token_rate": 2}, "random_token_rate must be between"),
        ({"mask_token_rate": 0.9, "random_token_rate": 0.2}, "must sum to at most 1; got 0.9 and"),
        ({"mask_selection_length": -1}, "mask_selection_length must be 0 or more, or None; got -1"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        build(**arguments)
