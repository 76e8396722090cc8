"""Order, lengths and splits of examples in memory; no model is needed for these."""

import importlib.util

import keras
import numpy as np
import pytest
from tasks.miniature import LABELS, SECOND_TEXTS, TEXTS

from nlpkit.tasks.data.text_dataset import TextDataset, map_batches, split_examples

NUMBERS = np.arange(6)


def as_given(x, y=None, sample_weight=None):
    return x, y, sample_weight


def epoch(dataset):
    return [batch for i in range(len(dataset)) for batch in dataset[i][0]]


def test_batches_are_in_order_and_the_last_may_be_smaller():
    dataset = TextDataset(as_given, TEXTS, LABELS, batch_size=4)
    assert len(dataset) == 2
    assert epoch(dataset) == TEXTS
    x, y, weight = dataset[1]
    assert x == TEXTS[4:]
    assert y.tolist() == [1, 0]
    assert weight is None


def test_shuffling_keeps_labels_with_their_texts():
    dataset = TextDataset(as_given, TEXTS, NUMBERS, 10 * NUMBERS, batch_size=4, shuffle=True)
    for x, y, weight in (dataset[0], dataset[1]):
        assert x == [TEXTS[i] for i in y]
        assert (weight == 10 * y).all()
    assert sorted(epoch(dataset)) == sorted(TEXTS)


def test_the_order_is_drawn_anew_for_each_epoch():
    dataset = TextDataset(as_given, TEXTS, shuffle=True)
    orders = []
    for _ in range(5):
        orders.append(tuple(epoch(dataset)))
        dataset.on_epoch_end()
    assert len(set(orders)) > 1


def test_a_seed_fixes_the_order():
    orders = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        dataset = TextDataset(as_given, np.array(TEXTS), shuffle=True)
        orders.append(list(epoch(dataset)))
    assert orders[0] == orders[1] != orders[2]


@pytest.mark.parametrize("name", ["y", "sample_weight"])
@pytest.mark.parametrize("column", [[0] * 5, np.zeros(7)])
def test_columns_of_another_length_are_refused(name, column):
    message = f"x and {name} must have the same length; got 6 and {len(column)} examples"
    with pytest.raises(ValueError, match=message):
        TextDataset(as_given, TEXTS, **{name: column})
    with pytest.raises(ValueError, match=message):
        split_examples(0.5, TEXTS, **{name: column})


def test_segments_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"the same length; got \[6, 5\] examples"):
        TextDataset(as_given, (TEXTS, SECOND_TEXTS[1:]))


def test_an_empty_batch_is_refused():
    with pytest.raises(ValueError, match="batch_size must be at least 1; got 0"):
        TextDataset(as_given, TEXTS, batch_size=0)


def test_a_split_holds_out_the_last():
    columns = ((TEXTS, np.array(SECOND_TEXTS)), {"a": NUMBERS, "b": NUMBERS + 1})
    (kept_x, kept_y, weight), (held_x, held_y, _) = split_examples(0.34, *columns)
    assert kept_x[0] == TEXTS[:3]
    assert held_x[0] == TEXTS[3:]
    assert held_x[1].tolist() == SECOND_TEXTS[3:]
    assert kept_y["b"].tolist() == [1, 2, 3]
    assert held_y["a"].tolist() == [3, 4, 5]
    assert weight is None


@pytest.mark.parametrize("fraction", [-0.5, 0.99, 1.0, 1.5])
def test_a_split_leaves_examples_on_both_sides(fraction):
    with pytest.raises(ValueError, match=f"validation_split={fraction} for 6 examples"):
        split_examples(fraction, TEXTS, LABELS)


@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)
def test_columns_may_be_tensors_of_tensorflow():
    import tensorflow as tf

    columns = (tf.constant(TEXTS), tf.constant(LABELS))
    (x, y, _), _ = split_examples(0.5, *columns)
    assert x.tolist() == [text.encode() for text in TEXTS[:3]]
    assert y.tolist() == [1, 0, 1]
    batch = TextDataset(as_given, np.array(TEXTS), columns[1], batch_size=4)[1]
    assert batch[1].tolist() == [1, 0]


def test_a_wrapped_dataset_hears_of_epochs():
    class Counting(keras.utils.PyDataset):
        heard = []
        num_batches = 3

        def __getitem__(self, index):
            return [str(index)]

        def on_epoch_begin(self):
            self.heard.append("begin")

        def on_epoch_end(self):
            self.heard.append("end")

    dataset = Counting(workers=2, max_queue_size=7)
    mapped = map_batches(as_given, dataset)
    mapped.on_epoch_begin()
    mapped.on_epoch_end()
    assert dataset.heard == ["begin", "end"]
    assert mapped[2] == (["2"], None, None)
    assert (mapped.num_batches, mapped.workers, mapped.max_queue_size) == (3, 2, 7)


def collated(examples, **arguments):
    torch = pytest.importorskip("torch", reason="a DataLoader needs PyTorch")
    loader = torch.utils.data.DataLoader(examples, batch_size=2, **arguments)
    seen = []
    list(map_batches(lambda *batch: seen.append(batch) or {"x": NUMBERS}, loader))
    return seen


def test_a_loader_of_texts():
    assert collated(TEXTS[:4]) == [(TEXTS[:2],), (TEXTS[2:4],)]


def test_a_loader_of_texts_and_labels():
    ((x, y),) = collated([("good", 1), ("bad", 0)])
    assert x == ["good", "bad"]
    assert y.tolist() == [1, 0]


def test_a_loader_of_pairs_and_labels():
    ((x, y),) = collated([(("good", "film"), 1), (("bad", "a"), 0)])
    assert x == (["good", "bad"], ["film", "a"])
    assert y.tolist() == [1, 0]


def test_a_loader_with_its_own_collation():
    ((x, y),) = collated(TEXTS[:2], collate_fn=lambda batch: (batch, [0, 1]))
    assert x == TEXTS[:2]
    assert list(y) == [0, 1]


def test_a_loader_is_left_as_it_was():
    torch = pytest.importorskip("torch", reason="a DataLoader needs PyTorch")
    loader = torch.utils.data.DataLoader(TEXTS, batch_size=2)
    collate = loader.collate_fn
    map_batches(as_given, loader)
    assert loader.collate_fn is collate


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="others take any length")
def test_batches_of_any_length_are_shuffled_after_each_whole_epoch():
    from nlpkit.tasks.data.batches_tensorflow import of_any_length

    rows = TextDataset(lambda x, y, w: ({"ids": x}, y), np.eye(6), NUMBERS, batch_size=4)
    dataset = of_any_length(rows)
    assert dataset.element_spec[0]["ids"].shape.as_list() == [None, None]
    rows.on_epoch_end = lambda: ended.append(True)
    ended: list[bool] = []
    next(iter(dataset))
    for _ in range(2):
        labels = [y.numpy().tolist() for _, y in dataset.take(2)]
        assert labels == [[0, 1, 2, 3], [4, 5]]
    assert len(ended) == 1
