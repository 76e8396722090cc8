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
packer = nlpkit.layers.StartEndPacker(
    sequence_length=length,
    start_value=tokenizer.cls_token_id,
    end_value=tokenizer.sep_token_id,
    pad_value=tokenizer.pad_token_id,
    return_padding_mask=True,
    truncation="silent",
)
specials = [tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id]
masker = nlpkit.layers.MaskedLMMaskGenerator(
    vocabulary_size=tokenizer.vocabulary_size(),
    mask_selection_rate=0.15,
    mask_selection_length=masks,
    mask_token_id=tokenizer.mask_token_id,
    unselectable_token_ids=specials,
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
head = nlpkit.layers.MaskedLMHead(token_embedding=backbone.token_embedding, activation="softmax")
inputs = {
    **backbone.input,
    "mask_positions": keras.Input((masks,), dtype="int32", name="mask_positions"),
}
hidden = backbone(backbone.input)["sequence_output"]
model = keras.Model(inputs, head(hidden, mask_positions=inputs["mask_positions"]))
model.compile(
    optimizer=keras.optimizers.Adam(1e-3),
    loss="sparse_categorical_crossentropy",
    weighted_metrics=["accuracy"],
)
# Keras cannot shuffle a dataset: the reviews came shuffled.
model.fit(train, epochs=arguments.epochs, validation_data=test, shuffle=False)
backbone.save_to_preset("my_backbone")
print("Saved: nlpkit.models.Backbone.from_preset('my_backbone') has the pretrained backbone.")
