"""Level 2: fine-tune a pretrained backbone through its task, raw strings in.

Runs on any backend: KERAS_BACKEND=jax python examples/getting_started/2_fine_tune.py
"""

import math

import keras
from reviews import parse_arguments, report

import nlpkit

arguments = parse_arguments(__doc__, epochs=2, batch_size=32)
train, test = arguments.train, arguments.test

classifier = nlpkit.models.BertClassifier.from_preset(
    "bert_nano_en_uncased_sst2",
    num_classes=2,
    sequence_length=arguments.sequence_length,
    truncation="silent",
)
# The task is compiled already; a model this small learns better with a larger learning rate.
steps = arguments.epochs * math.ceil(len(train.texts) / arguments.batch_size)
classifier.compile(
    optimizer=keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(1e-3, steps)),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)

_, accuracy = classifier.evaluate(test.texts, test.labels, batch_size=64)
report("Before fine-tuning", accuracy, test)

history = classifier.fit(
    train.texts,
    train.labels,
    batch_size=arguments.batch_size,
    epochs=arguments.epochs,
    validation_data=(test.texts, test.labels),
)
report("After fine-tuning", history.history["val_accuracy"][-1], test)

classifier.save_to_preset("my_classifier")
print("Saved: nlpkit.models.TextClassifier.from_preset('my_classifier') has it back.")
