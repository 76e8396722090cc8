"""KerasNLP's getting-started guide, in its six levels, call by call as it is published.

Its data is two folders of reviews, its presets are those that ship with nlpkit, and the numbers
are smaller; the calls, their arguments and their order are the guide's.
"""

import keras
import numpy as np
import pytest
from journeys.reviews import write_folders

import nlpkit as keras_nlp

tf = pytest.importorskip("tensorflow")

BATCH_SIZE = 8
BACKBONE = CLASSIFIER = "bert_nano_en_uncased_sst2"
# On PyTorch it would take a minute a model: its tracer walks through Keras' training step.
JIT_COMPILE = "auto" if keras.backend.backend() == "torch" else True


@pytest.fixture(scope="module", autouse=True)
def mixed_precision():
    policy = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_global_policy("mixed_float16")
    yield
    keras.mixed_precision.set_global_policy(policy)


@pytest.fixture(scope="module")
def imdb(tmp_path_factory):
    folder = write_folders(tmp_path_factory.mktemp("aclImdb"), train=16, test=8)
    return tuple(
        keras.utils.text_dataset_from_directory(str(folder / part), batch_size=BATCH_SIZE)
        for part in ("train", "test")
    )


def assert_trained(history, epochs=1):
    losses = history.history["loss"] + history.history["val_loss"]
    assert len(losses) == 2 * epochs
    assert np.isfinite(losses).all()


def test_inference_with_a_pretrained_classifier(imdb):
    _, imdb_test = imdb
    classifier = keras_nlp.models.BertClassifier.from_preset(CLASSIFIER, sequence_length=32)
    ((negative, positive),) = classifier.predict(["I love modular workflows in keras-nlp!"])
    assert positive > negative
    loss, accuracy = classifier.evaluate(imdb_test)
    assert loss < np.log(2)  # What guessing comes to.
    assert accuracy >= 0.75


def test_fine_tuning_a_pretrained_backbone(imdb):
    imdb_train, imdb_test = imdb
    classifier = keras_nlp.models.BertClassifier.from_preset(
        BACKBONE, num_classes=2, sequence_length=32
    )
    before = classifier.get_weights()
    assert_trained(classifier.fit(imdb_train, validation_data=imdb_test, epochs=1))
    assert any((a != b).any() for a, b in zip(before, classifier.get_weights(), strict=True))


def test_fine_tuning_with_preprocessing_of_ones_own(imdb):
    imdb_train, imdb_test = imdb
    preprocessor = keras_nlp.models.BertPreprocessor.from_preset(BACKBONE, sequence_length=32)
    imdb_train_cached = (
        imdb_train.map(preprocessor, tf.data.AUTOTUNE).cache().prefetch(tf.data.AUTOTUNE)
    )
    imdb_test_cached = (
        imdb_test.map(preprocessor, tf.data.AUTOTUNE).cache().prefetch(tf.data.AUTOTUNE)
    )
    classifier = keras_nlp.models.BertClassifier.from_preset(
        BACKBONE, preprocessor=None, num_classes=2
    )
    before, _ = classifier.evaluate(imdb_train_cached)
    history = classifier.fit(imdb_train_cached, validation_data=imdb_test_cached, epochs=3)
    assert_trained(history, epochs=3)
    after, _ = classifier.evaluate(imdb_train_cached)
    assert after < before


def test_packing_by_hand(imdb):
    imdb_train, _ = imdb
    tokenizer = keras_nlp.models.BertTokenizer.from_preset(BACKBONE)
    tokenizer(["I love modular workflows!", "Libraries over frameworks!"])
    packer = keras_nlp.layers.MultiSegmentPacker(
        start_value=tokenizer.cls_token_id,
        end_value=tokenizer.sep_token_id,
        sequence_length=64,
    )

    def preprocessor(x, y):
        token_ids, segment_ids = packer(tokenizer(x))
        x = {
            "token_ids": token_ids,
            "segment_ids": segment_ids,
            "padding_mask": token_ids != 0,
        }
        return x, y

    preprocessed = imdb_train.map(preprocessor, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    features, _ = preprocessed.unbatch().take(1).get_single_element()
    whole = keras_nlp.models.BertPreprocessor.from_preset(BACKBONE, sequence_length=64)
    text, _ = next(iter(imdb_train.unbatch().take(1)))
    assert features["token_ids"].shape == (64,)
    assert features["token_ids"][0] == tokenizer.cls_token_id
    assert {*features} == {*whole(text)}


def test_a_custom_model_on_a_frozen_backbone(imdb):
    preprocessor = keras_nlp.models.BertPreprocessor.from_preset(BACKBONE, sequence_length=32)
    backbone = keras_nlp.models.BertBackbone.from_preset(BACKBONE)
    train, test = (
        part.map(preprocessor, tf.data.AUTOTUNE).cache().prefetch(tf.data.AUTOTUNE) for part in imdb
    )
    backbone.trainable = False
    frozen = backbone.get_weights()
    inputs = backbone.input
    sequence = backbone(inputs)["sequence_output"]
    for _ in range(2):
        sequence = keras_nlp.layers.TransformerEncoder(
            num_heads=2,
            intermediate_dim=64,
            dropout=0.1,
        )(sequence)
    outputs = keras.layers.Dense(2)(sequence[:, backbone.cls_token_index, :])
    model = keras.Model(inputs, outputs)
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=keras.optimizers.AdamW(5e-5),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
        jit_compile=JIT_COMPILE,
    )
    model.summary()
    assert_trained(model.fit(train, validation_data=test, epochs=2), epochs=2)
    for before, after in zip(frozen, backbone.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert len(model.trainable_weights) == 2 * 16 + 2


def masking(preprocessor):
    """The guide's function from reviews to masked features, the masked ids, and weights."""
    tokenizer = preprocessor.tokenizer
    masker = keras_nlp.layers.MaskedLMMaskGenerator(
        vocabulary_size=tokenizer.vocabulary_size(),
        mask_selection_rate=0.25,
        mask_selection_length=8,
        mask_token_id=tokenizer.token_to_id("[MASK]"),
        unselectable_token_ids=[tokenizer.token_to_id(x) for x in ["[CLS]", "[PAD]", "[SEP]"]],
    )

    def preprocess(inputs, label):
        inputs = preprocessor(inputs)
        masked_inputs = masker(inputs["token_ids"])
        features = {
            "token_ids": masked_inputs["token_ids"],
            "segment_ids": inputs["segment_ids"],
            "padding_mask": inputs["padding_mask"],
            "mask_positions": masked_inputs["mask_positions"],
        }
        return features, masked_inputs["mask_ids"], masked_inputs["mask_weights"]

    return preprocess


def test_pretraining_a_backbone(imdb):
    preprocessor = keras_nlp.models.BertPreprocessor.from_preset(BACKBONE, sequence_length=32)
    tokenizer = preprocessor.tokenizer
    assert preprocessor.packer.sequence_length == 32
    preprocess = masking(preprocessor)
    pretrain_ds, pretrain_val_ds = (
        part.map(preprocess, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
        for part in imdb
    )
    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=tokenizer.vocabulary_size(),
        num_layers=1,
        num_heads=2,
        hidden_dim=32,
        intermediate_dim=64,
    )
    mlm_head = keras_nlp.layers.MaskedLMHead(token_embedding=backbone.token_embedding)
    inputs = {
        name: keras.Input(shape=(None,), dtype="int32", name=name)
        for name in ("token_ids", "segment_ids", "padding_mask", "mask_positions")
    }
    # All inputs go to the backbone, `mask_positions` too.
    sequence = backbone(inputs)["sequence_output"]
    outputs = mlm_head(sequence, mask_positions=inputs["mask_positions"])
    pretraining_model = keras.Model(inputs, outputs)
    pretraining_model.summary()
    pretraining_model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=keras.optimizers.AdamW(learning_rate=5e-4),
        weighted_metrics=[keras.metrics.SparseCategoricalAccuracy()],
        jit_compile=JIT_COMPILE,
    )
    history = pretraining_model.fit(pretrain_ds, validation_data=pretrain_val_ds, epochs=3)
    assert_trained(history, epochs=3)
    assert history.history["loss"][-1] < history.history["loss"][0]


def learned_vocabulary(imdb_train):
    """The guide's tokenizer and packer, with a vocabulary of the reviews."""
    vocab = keras_nlp.tokenizers.compute_word_piece_vocabulary(
        imdb_train.map(lambda x, y: x),
        vocabulary_size=200,
        lowercase=True,
        strip_accents=True,
        reserved_tokens=["[PAD]", "[START]", "[END]", "[MASK]", "[UNK]"],
    )
    tokenizer = keras_nlp.tokenizers.WordPieceTokenizer(
        vocabulary=vocab,
        lowercase=True,
        strip_accents=True,
        oov_token="[UNK]",
    )
    packer = keras_nlp.layers.StartEndPacker(
        start_value=tokenizer.token_to_id("[START]"),
        end_value=tokenizer.token_to_id("[END]"),
        pad_value=tokenizer.token_to_id("[PAD]"),
        sequence_length=64,
    )
    return vocab, tokenizer, packer


def test_a_transformer_from_scratch(imdb):
    imdb_train, imdb_test = imdb
    vocab, tokenizer, packer = learned_vocabulary(imdb_train)

    def preprocess(x, y):
        return packer(tokenizer(x)), y

    train, test = (
        part.map(preprocess, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
        for part in (imdb_train, imdb_test)
    )
    token_ids, _ = train.unbatch().take(1).get_single_element()
    assert token_ids.shape == (64,)
    assert token_ids[0] == tokenizer.token_to_id("[START]")
    token_id_input = keras.Input(shape=(None,), dtype="int32", name="token_ids")
    outputs = keras_nlp.layers.TokenAndPositionEmbedding(
        vocabulary_size=len(vocab),
        sequence_length=packer.sequence_length,
        embedding_dim=32,
    )(token_id_input)
    outputs = keras_nlp.layers.TransformerEncoder(
        num_heads=2,
        intermediate_dim=64,
        dropout=0.1,
    )(outputs)
    outputs = keras.layers.Dense(2)(outputs[:, 0, :])
    model = keras.Model(inputs=token_id_input, outputs=outputs)
    model.summary()
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=keras.optimizers.AdamW(5e-5),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
        jit_compile=JIT_COMPILE,
    )
    assert_trained(model.fit(train, validation_data=test, epochs=2), epochs=2)
