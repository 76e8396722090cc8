"""Level 3: fine-tune with preprocessing of your own, in tf.data.

Runs on any backend: KERAS_BACKEND=jax python examples/getting_started/3_own_preprocessing.py
"""

import keras
import tensorflow as tf
from reviews import parse_arguments, report

import nlpkit

arguments = parse_arguments(__doc__, epochs=2, batch_size=32)
length, preset = arguments.sequence_length, "bert_nano_en_uncased_sst2"
train, test = (
    tf.data.Dataset.from_tensor_slices((part.texts, part.labels)).batch(arguments.batch_size)
    for part in (arguments.train, arguments.test)
)


def fine_tune(name, preprocess):
    """Fine-tune a fresh classifier on data preprocessed (and cached) ahead of the model."""
    train_ready, test_ready = (
        part.map(preprocess, tf.data.AUTOTUNE).cache().prefetch(tf.data.AUTOTUNE)
        for part in (train, test)
    )
    classifier = nlpkit.models.BertClassifier.from_preset(preset, preprocessor=None, num_classes=2)
    rate = keras.optimizers.schedules.CosineDecay(1e-3, arguments.epochs * len(train))
    classifier.compile(
        optimizer=keras.optimizers.AdamW(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    history = classifier.fit(train_ready, epochs=arguments.epochs, validation_data=test_ready)
    report(name, history.history["val_accuracy"][-1], arguments.test)


# The same steps as inside the task, taken out of it: run once, cached, overlapped with training.
preprocessor = nlpkit.models.BertPreprocessor.from_preset(
    preset, sequence_length=length, truncation="silent"
)
fine_tune("A preprocessor of its own", preprocessor)

# The preprocessor taken apart: a tokenizer and a packer, put together by hand.
tokenizer = nlpkit.models.BertTokenizer.from_preset(preset)
packer = nlpkit.layers.MultiSegmentPacker(
    sequence_length=length,
    start_value=tokenizer.cls_token_id,
    end_value=tokenizer.sep_token_id,
    truncation="silent",
)


def preprocess(texts, labels):
    """Token ids, segment ids and padding mask, as the backbone takes them."""
    token_ids, segment_ids = packer(tokenizer(texts))
    features = {"token_ids": token_ids, "segment_ids": segment_ids}
    return {**features, "padding_mask": token_ids != tokenizer.pad_token_id}, labels


fine_tune("Tokenizer and packer by hand", preprocess)
