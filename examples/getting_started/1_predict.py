"""Level 1: predict with a pretrained classifier, raw strings in.

Runs on any backend: KERAS_BACKEND=jax python examples/getting_started/1_predict.py
"""

import keras
from reviews import parse_arguments, report

import nlpkit

arguments = parse_arguments(__doc__)

classifier = nlpkit.models.BertClassifier.from_preset(
    "bert_nano_en_uncased_sst2", sequence_length=arguments.sequence_length, truncation="silent"
)

texts = [
    "I love modular workflows, and I love this film.",
    "The worst two hours of my year.",
    "The plot is thin, but the cast makes up for it.",
]
probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(classifier.predict(texts)))
for text, (_, positive) in zip(texts, probabilities, strict=True):
    print(f"{positive:6.1%} positive: {text}")

_, accuracy = classifier.evaluate(arguments.test.texts, arguments.test.labels, batch_size=64)
report("Pretrained classifier", accuracy, arguments.test)
