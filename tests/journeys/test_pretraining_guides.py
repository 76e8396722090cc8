"""KerasHub's guide to pretraining a transformer, and a masked language model from scratch."""

import keras
import numpy as np
import pytest
from journeys.reviews import take

import nlpkit as keras_hub

tf = pytest.importorskip("tensorflow")

SEQ_LENGTH, PREDICTIONS, MODEL_DIM = 24, 6, 16
TEXTS, LABELS = take(16)
# On PyTorch it would take a minute; see test_getting_started_guide.py.
JIT_COMPILE = "auto" if keras.backend.backend() == "torch" else True
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


@pytest.fixture(scope="module")
def vocabulary():
    return keras_hub.tokenizers.compute_word_piece_vocabulary(
        TEXTS, vocabulary_size=150, lowercase=True, reserved_tokens=PIECES
    )


@pytest.fixture
def tokenizer(vocabulary, tmp_path):
    vocab_file = tmp_path / "vocab.txt"
    vocab_file.write_text("\n".join(vocabulary), "utf-8")
    return keras_hub.tokenizers.WordPieceTokenizer(
        vocabulary=str(vocab_file), sequence_length=SEQ_LENGTH, lowercase=True, strip_accents=True
    )


def pretraining_data(tokenizer):
    masker = keras_hub.layers.MaskedLMMaskGenerator(
        vocabulary_size=tokenizer.vocabulary_size(),
        mask_selection_rate=0.25,
        mask_selection_length=PREDICTIONS,
        mask_token_id=tokenizer.token_to_id("[MASK]"),
    )

    def preprocess(inputs):
        outputs = masker(tokenizer(inputs))
        features = {
            "token_ids": outputs["token_ids"],
            "mask_positions": outputs["mask_positions"],
        }
        return features, outputs["mask_ids"], outputs["mask_weights"]

    texts = tf.data.Dataset.from_tensor_slices(TEXTS).batch(8)
    return texts.map(preprocess, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def encoder(vocabulary_size):
    inputs = keras.Input(shape=(SEQ_LENGTH,), dtype="int32")
    embedding_layer = keras_hub.layers.TokenAndPositionEmbedding(
        vocabulary_size=vocabulary_size,
        sequence_length=SEQ_LENGTH,
        embedding_dim=MODEL_DIM,
    )
    outputs = embedding_layer(inputs)
    outputs = keras.layers.LayerNormalization(epsilon=1e-5)(outputs)
    outputs = keras.layers.Dropout(rate=0.1)(outputs)
    outputs = keras_hub.layers.TransformerEncoder(
        intermediate_dim=32, num_heads=2, dropout=0.1, layer_norm_epsilon=1e-5
    )(outputs)
    return keras.Model(inputs, outputs), embedding_layer


def test_pretraining_then_fine_tuning(tokenizer, tmp_path):
    encoder_model, embedding_layer = encoder(tokenizer.vocabulary_size())
    inputs = {
        "token_ids": keras.Input(shape=(SEQ_LENGTH,), dtype="int32", name="token_ids"),
        "mask_positions": keras.Input(shape=(PREDICTIONS,), dtype="int32", name="mask_positions"),
    }
    encoded_tokens = encoder_model(inputs["token_ids"])
    outputs = keras_hub.layers.MaskedLMHead(
        token_embedding=embedding_layer.token_embedding,
        activation="softmax",
    )(encoded_tokens, mask_positions=inputs["mask_positions"])
    pretraining_model = keras.Model(inputs, outputs)
    pretraining_model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.AdamW(1e-2),
        weighted_metrics=["sparse_categorical_accuracy"],
        jit_compile=JIT_COMPILE,
    )
    data = pretraining_data(tokenizer)
    losses = pretraining_model.fit(data, validation_data=data, epochs=4).history["loss"]
    assert losses[-1] < losses[0]
    encoder_model.save(tmp_path / "encoder_model.keras")

    reopened = keras.models.load_model(tmp_path / "encoder_model.keras", compile=False)
    token_ids = np.asarray(tokenizer(TEXTS))
    np.testing.assert_allclose(
        reopened.predict(token_ids), encoder_model.predict(token_ids), atol=1e-5
    )
    inputs = keras.Input(shape=(SEQ_LENGTH,), dtype="int32")
    pooled_tokens = keras.layers.GlobalAveragePooling1D()(reopened(inputs))
    outputs = keras.layers.Dense(1, activation="sigmoid")(pooled_tokens)
    finetuning_model = keras.Model(inputs, outputs)
    finetuning_model.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.AdamW(1e-2),
        metrics=["accuracy"],
    )
    finetune_ds = (
        tf.data.Dataset.from_tensor_slices((TEXTS, LABELS))
        .batch(8)
        .map(lambda sentences, labels: (tokenizer(sentences), labels))
    )
    history = finetuning_model.fit(finetune_ds, validation_data=finetune_ds, epochs=8).history
    assert history["loss"][-1] < history["loss"][0]
    assert history["val_accuracy"][-1] > 0.6


def test_a_masked_language_model_from_scratch(vocabulary):
    preprocessor = keras_hub.models.BertMaskedLMPreprocessor(
        keras_hub.models.BertTokenizer(vocabulary=vocabulary),
        sequence_length=SEQ_LENGTH,
        mask_selection_rate=0.25,
        mask_selection_length=PREDICTIONS,
    )
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=len(vocabulary),
        num_layers=1,
        num_heads=2,
        hidden_dim=MODEL_DIM,
        intermediate_dim=32,
        max_sequence_length=SEQ_LENGTH,
    )
    masked_lm = keras_hub.models.BertMaskedLM(backbone=backbone, preprocessor=preprocessor)
    masked_lm.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=keras.optimizers.Adam(1e-2),
        weighted_metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    losses = masked_lm.fit(TEXTS, batch_size=8, epochs=4).history["loss"]
    assert losses[-1] < losses[0]
    assert masked_lm.predict(TEXTS[:2]).shape == (2, PREDICTIONS, len(vocabulary))
