"""Level 6: build and train a transformer from scratch, vocabulary included.

Runs on any backend: KERAS_BACKEND=jax python examples/getting_started/6_from_scratch.py
"""

import keras
import tensorflow as tf
from reviews import parse_arguments, report

import nlpkit

arguments = parse_arguments(__doc__, epochs=10, batch_size=32, vocabulary_size=20_000)
length = arguments.sequence_length

# A vocabulary learned from the training texts, and a tokenizer with it.
vocabulary = nlpkit.tokenizers.compute_word_piece_vocabulary(
    arguments.train.texts,
    vocabulary_size=arguments.vocabulary_size,
    lowercase=True,
    strip_accents=True,
    reserved_tokens=["[PAD]", "[START]", "[END]", "[UNK]"],
)
tokenizer = nlpkit.tokenizers.WordPieceTokenizer(
    vocabulary, lowercase=True, strip_accents=True, oov_token="[UNK]"
)
packer = nlpkit.layers.StartEndPacker(
    sequence_length=length,
    start_value=tokenizer.token_to_id("[START]"),
    end_value=tokenizer.token_to_id("[END]"),
    pad_value=tokenizer.token_to_id("[PAD]"),
    truncation="silent",
)
print(f"{len(vocabulary)} word pieces; 'wonderfully' becomes", tokenizer("wonderfully"))

train, test = (
    tf.data.Dataset.from_tensor_slices((part.texts, part.labels))
    .batch(arguments.batch_size)
    .map(lambda texts, labels: (packer(tokenizer(texts)), labels), tf.data.AUTOTUNE)
    .cache()
    .shuffle(200)
    .prefetch(tf.data.AUTOTUNE)
    for part in (arguments.train, arguments.test)
)

# One encoder layer on token and position embeddings; the mean over the tokens stands for the text.
token_ids = keras.Input((length,), dtype="int32", name="token_ids")
hidden = nlpkit.layers.TokenAndPositionEmbedding(len(vocabulary), length, 32, mask_zero=True)(
    token_ids
)
hidden = keras.layers.Dropout(0.1)(hidden)
hidden = nlpkit.layers.TransformerEncoder(num_heads=2, intermediate_dim=32, dropout=0.1)(hidden)
hidden = keras.layers.GlobalAveragePooling1D()(hidden)
outputs = keras.layers.Dense(2)(keras.layers.Dropout(0.1)(hidden))
model = keras.Model(token_ids, outputs)
# A learning rate that falls to zero: a model this small soon knows its training data by heart.
rate = keras.optimizers.schedules.CosineDecay(1e-3, arguments.epochs * len(train))
model.compile(
    optimizer=keras.optimizers.Adam(rate),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.summary()
# Keras cannot shuffle a dataset; this one is shuffled above.
history = model.fit(train, epochs=arguments.epochs, validation_data=test, shuffle=False)
report("From scratch", history.history["val_accuracy"][-1], arguments.test)
