"""Level 5: pretrain a backbone with masked language modelling.

Runs on any backend: KERAS_BACKEND=jax python examples/getting_started/5_pretrain.py
"""

import keras
import tensorflow as tf
from reviews import parse_arguments

import nlpkit

arguments = parse_arguments(__doc__, epochs=8, batch_size=16)
length, masks = arguments.sequence_length, arguments.sequence_length // 6

# Preprocessing: token ids, packed, with some of them hidden.
tokenizer = nlpkit.models.BertTokenizer.from_preset("bert_nano_en_uncased_sst2")
ends = {"start_value": tokenizer.cls_token_id, "end_value": tokenizer.sep_token_id}
packer = nlpkit.layers.StartEndPacker(
    length, **ends, pad_value=tokenizer.pad_token_id, return_padding_mask=True, truncation="silent"
)
masker = nlpkit.layers.MaskedLMMaskGenerator(
    vocabulary_size=tokenizer.vocabulary_size(),
    mask_selection_rate=0.15,
    mask_selection_length=masks,
    mask_token_id=tokenizer.mask_token_id,
    unselectable_token_ids=[*ends.values(), tokenizer.pad_token_id],
)


def preprocess(texts):
    """Features, hidden tokens as labels, and weights that leave out unused mask positions."""
    token_ids, padding_mask = packer(tokenizer(texts))
    features = masker(token_ids)
    labels, weights = features.pop("mask_ids"), features.pop("mask_weights")
    features |= {"padding_mask": padding_mask, "segment_ids": tf.zeros_like(token_ids)}
    return features, labels, weights


train, test = (
    tf.data.Dataset.from_tensor_slices(part.texts)
    .batch(arguments.batch_size)
    .map(preprocess, tf.data.AUTOTUNE)
    .prefetch(tf.data.AUTOTUNE)
    for part in (arguments.train, arguments.test)
)

# A new encoder and a head that predicts the hidden tokens with the transposed embedding.
backbone = nlpkit.models.BertBackbone(
    vocabulary_size=tokenizer.vocabulary_size(),
    num_layers=2,
    num_heads=2,
    hidden_dim=128,
    intermediate_dim=512,
    max_sequence_length=length,
)
backbone.get_layer("pooled_dense").trainable = False  # The classifier's; nothing here uses it.
head = nlpkit.layers.MaskedLMHead(token_embedding=backbone.token_embedding, activation="softmax")
positions = keras.Input((masks,), dtype="int32", name="mask_positions")
hidden = backbone(backbone.input)["sequence_output"]
model = keras.Model(
    {**backbone.input, "mask_positions": positions}, head(hidden, mask_positions=positions)
)
model.compile(
    optimizer=keras.optimizers.Adam(1e-3),
    loss="sparse_categorical_crossentropy",
    weighted_metrics=["accuracy"],
)
# Keras cannot shuffle a dataset: the reviews came shuffled.
model.fit(train, epochs=arguments.epochs, validation_data=test, shuffle=False)

features, hidden_ids, weights = next(iter(test))
guesses = model.predict(features, verbose=0).argmax(-1)
print("The hidden words of the first test review, and what the model takes them for:")
for hidden_id, guess in zip(hidden_ids[0][weights[0] > 0], guesses[0], strict=False):
    print(f"{tokenizer.id_to_token(int(hidden_id)):>12}  {tokenizer.id_to_token(int(guess))}")
backbone.save_to_preset("my_backbone")
print("Saved: nlpkit.models.Backbone.from_preset('my_backbone') has the pretrained backbone.")
