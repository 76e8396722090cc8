"""Level 4: a custom model on a frozen backbone.

Runs on any backend: KERAS_BACKEND=jax python examples/getting_started/4_custom_model.py
"""

import keras
import tensorflow as tf
from reviews import parse_arguments, report

import nlpkit

arguments = parse_arguments(__doc__, epochs=4, batch_size=16)
preset = "bert_nano_en_uncased_sst2"

preprocessor = nlpkit.models.BertPreprocessor.from_preset(
    preset, sequence_length=arguments.sequence_length, truncation="silent"
)
train, test = (
    tf.data.Dataset.from_tensor_slices((part.texts, part.labels))
    .batch(arguments.batch_size)
    .map(preprocessor, tf.data.AUTOTUNE)
    .cache()
    .prefetch(tf.data.AUTOTUNE)
    for part in (arguments.train, arguments.test)
)

backbone = nlpkit.models.BertBackbone.from_preset(preset)
backbone.trainable = False

# Two encoder layers on the frozen features, and a classifier on the first token, [CLS].
inputs = backbone.input
hidden = backbone(inputs)["sequence_output"]
for _ in range(2):
    hidden = nlpkit.layers.TransformerEncoder(num_heads=2, intermediate_dim=512, dropout=0.1)(
        hidden, padding_mask=inputs["padding_mask"]
    )
outputs = keras.layers.Dense(2, name="logits")(hidden[:, backbone.cls_token_index])
model = keras.Model(inputs, outputs)
model.compile(
    optimizer=keras.optimizers.AdamW(5e-4),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
    # On PyTorch compiling takes a minute and a C++ compiler.
    jit_compile="auto" if keras.backend.backend() == "torch" else True,
)
model.summary()
# Keras cannot shuffle a dataset: the reviews came shuffled.
model.fit(train, epochs=arguments.epochs, validation_data=test, shuffle=False)
report("Two layers on a frozen backbone", model.evaluate(test)[1], arguments.test)
