"""Datasets of TensorFlow whose batches Python makes."""

from collections.abc import Callable, Iterator
from typing import Any

from keras import tree

from nlpkit._compat import require
from nlpkit.tasks.data.text_dataset import TextDataset

tf: Any = require("tensorflow", "tf.data")


def of_any_length(dataset: TextDataset) -> Any:
    """The batches of a dataset, whose rows have another length in each.

    Of a `PyDataset`, Keras takes the shape of the first two batches for that of all.

    Args:
        dataset: `TextDataset` of features `[batch, …, length]`, perhaps with labels and weights.
            It is shuffled anew after each whole epoch, as Keras does it.
    """
    ended = False

    def batches() -> Iterator[Any]:
        nonlocal ended
        if ended:
            dataset.on_epoch_end()
        for i in range(len(dataset)):
            # Keras does not ask for what follows the last batch.
            ended = i == len(dataset) - 1
            yield dataset[i]

    def spec(x: Any, varies: bool) -> Any:
        inner = [*x.shape[1:-1], None] if varies else x.shape[1:]
        return tf.TensorSpec([None, *inner], x.dtype)

    first = dataset[0]
    features, *others = first if isinstance(first, tuple) else (first,)
    parts = (
        tree.map_structure(lambda x: spec(x, varies=True), features),
        *tree.map_structure(lambda x: spec(x, varies=False), others),
    )
    signature = parts if isinstance(first, tuple) else parts[0]
    # Nothing is fetched ahead: where Keras merely inspects a batch, that would end an epoch.
    options = tf.data.Options()
    options.experimental_optimization.inject_prefetch = False
    return generated(batches, signature, len(dataset)).with_options(options)


def generated(batches: Callable[[], Iterator[Any]], signature: Any, count: int) -> Any:
    """A dataset that calls `batches` for each epoch.

    Args:
        batches: function that returns an iterator.
        signature: structure of `tf.TensorSpec`, of each batch.
        count: int. The number of batches; negative if it is unknown or infinite.
    """
    dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
    return dataset if count < 0 else dataset.apply(tf.data.experimental.assert_cardinality(count))
