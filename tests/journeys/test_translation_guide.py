"""KerasHub's guide to translating English to Spanish, with encoder, decoder and called sampler."""

import keras
import pytest
from keras import ops

import nlpkit as keras_hub

tf_data = pytest.importorskip("tensorflow.data")

PAIRS = [
    ("the cat sleeps", "el gato duerme"),
    ("the dog eats", "el perro come"),
    ("the cat eats", "el gato come"),
    ("the dog sleeps", "el perro duerme"),
]
LENGTH, DIM = 8, 16
RESERVED = ["[PAD]", "[UNK]", "[START]", "[END]"]


def trained_tokenizer(samples):
    vocabulary = keras_hub.tokenizers.compute_word_piece_vocabulary(
        tf_data.Dataset.from_tensor_slices(samples).batch(1000).prefetch(2),
        vocabulary_size=31,
        reserved_tokens=RESERVED,
    )
    return keras_hub.tokenizers.WordPieceTokenizer(vocabulary=vocabulary, lowercase=False)


class Translator:
    """The guide's model, from its data to what decodes with it."""

    def __init__(self):
        eng_texts, spa_texts = (list(texts) for texts in zip(*PAIRS, strict=True))
        self.eng, self.spa = trained_tokenizer(eng_texts), trained_tokenizer(spa_texts)
        pairs = tf_data.Dataset.from_tensor_slices((eng_texts * 2, spa_texts * 2)).batch(4)
        pairs = pairs.map(self.preprocess, num_parallel_calls=tf_data.AUTOTUNE)
        train_ds = pairs.shuffle(2048).prefetch(16).cache()
        self.transformer = self.build()
        self.transformer.compile(
            keras.optimizers.RMSprop(1e-2),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        self.history = self.transformer.fit(train_ds, epochs=60, verbose=0).history

    def preprocess(self, eng, spa):
        eng = keras_hub.layers.StartEndPacker(
            sequence_length=LENGTH, pad_value=self.eng.token_to_id("[PAD]")
        )(self.eng(eng))
        spa = keras_hub.layers.StartEndPacker(
            sequence_length=LENGTH + 1,
            start_value=self.spa.token_to_id("[START]"),
            end_value=self.spa.token_to_id("[END]"),
            pad_value=self.spa.token_to_id("[PAD]"),
        )(self.spa(spa))
        return {"encoder_inputs": eng, "decoder_inputs": spa[:, :-1]}, spa[:, 1:]

    def build(self):
        encoder_inputs = keras.Input(shape=(None,), name="encoder_inputs")
        x = keras_hub.layers.TokenAndPositionEmbedding(
            vocabulary_size=self.eng.vocabulary_size(),
            sequence_length=LENGTH,
            embedding_dim=DIM,
        )(encoder_inputs)
        encoder_outputs = keras_hub.layers.TransformerEncoder(intermediate_dim=32, num_heads=2)(
            inputs=x
        )
        decoder_inputs = keras.Input(shape=(None,), name="decoder_inputs")
        encoded_seq_inputs = keras.Input(shape=(None, DIM), name="decoder_state_inputs")
        x = keras_hub.layers.TokenAndPositionEmbedding(
            vocabulary_size=self.spa.vocabulary_size(),
            sequence_length=LENGTH,
            embedding_dim=DIM,
        )(decoder_inputs)
        x = keras_hub.layers.TransformerDecoder(intermediate_dim=32, num_heads=2)(
            decoder_sequence=x, encoder_sequence=encoded_seq_inputs
        )
        x = keras.layers.Dropout(0.1)(x)
        outputs = keras.layers.Dense(self.spa.vocabulary_size(), activation="softmax")(x)
        decoder = keras.Model([decoder_inputs, encoded_seq_inputs], outputs)
        return keras.Model(
            [encoder_inputs, decoder_inputs],
            decoder([decoder_inputs, encoder_outputs]),
            name="transformer",
        )

    def translate(self, sentences):
        tokens = ops.convert_to_tensor(self.eng(sentences))
        pads = ops.zeros((1, LENGTH - ops.shape(tokens)[1]), dtype=tokens.dtype)
        tokens = ops.concatenate([tokens, pads], 1)

        def predict_next(prompt, cache, index):
            return self.transformer([tokens, prompt])[:, index - 1, :], None, cache

        start = ops.full((1, 1), self.spa.token_to_id("[START]"))
        pad = ops.full((1, LENGTH - 1), self.spa.token_to_id("[PAD]"))
        generated_tokens = keras_hub.samplers.GreedySampler()(
            predict_next,
            ops.concatenate((start, pad), axis=-1),
            stop_token_ids=[self.spa.token_to_id("[END]")],
            index=1,
        )
        # Of TensorFlow's tensors a tokenizer makes tensors of strings, not str.
        (sentence,) = self.spa.detokenize(ops.convert_to_numpy(generated_tokens))
        for token in ("[PAD]", "[START]", "[END]"):
            sentence = sentence.replace(token, "")
        return sentence.strip()


def test_what_was_learned_is_translated():
    translator = Translator()
    losses = translator.history["loss"]
    assert losses[-1] < losses[0] / 5
    for english, spanish in PAIRS:
        assert translator.translate([english]) == spanish
