"""KerasHub's guides to generating text: with GPT-2, and with a small model of one's own."""

import keras
import numpy as np
import pytest
from journeys.reviews import take

import nlpkit as keras_hub

tf = pytest.importorskip("tensorflow")

PRESET = "gpt2_nano_en_shakespeare"
SAMPLERS = {
    "greedy": "greedy",
    "top_k": "top_k",
    "top_p": keras_hub.samplers.TopPSampler(p=0.5),
    "random": "random",
    "beam": keras_hub.samplers.BeamSampler(num_beams=3),
    "contrastive": keras_hub.samplers.ContrastiveSampler(k=3, alpha=0.4),
}


@pytest.fixture(scope="module")
def gpt2_lm():
    preprocessor = keras_hub.models.GPT2CausalLMPreprocessor.from_preset(
        PRESET, sequence_length=16, add_end_token=True
    )
    return keras_hub.models.GPT2CausalLM.from_preset(PRESET, preprocessor=preprocessor)


def test_gpt2_is_fine_tuned_and_generates(gpt2_lm):
    # More than the preprocessor's length, as in the guide.
    assert gpt2_lm.generate("ROMEO:", max_length=20).startswith("ROMEO:")
    texts = [f"I like basketball, and {text}" for text in take(16)[0]]
    train_ds = tf.data.Dataset.from_tensor_slices(texts).batch(8).cache().prefetch(2)
    train_ds, num_epochs = train_ds.take(500), 2
    learning_rate = keras.optimizers.schedules.PolynomialDecay(
        5e-3,
        decay_steps=train_ds.cardinality() * num_epochs,
        end_learning_rate=0.0,
    )
    gpt2_lm.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=["accuracy", keras_hub.metrics.WordErrorRate()],
    )
    generated = keras_hub.callbacks.GenerationMetrics(
        (["I like"], ["basketball"]), keras_hub.metrics.CharacterErrorRate(), max_length=10
    )
    logs = gpt2_lm.fit(train_ds, epochs=num_epochs, callbacks=[generated]).history
    for name in ("loss", "word_error_rate"):
        assert logs[name][-1] < logs[name][0]
    assert len(logs["generated_character_error_rate"]) == num_epochs
    assert gpt2_lm.generate("I like", max_length=10).startswith("I like")


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_gpt2_generates_with(gpt2_lm, sampler):
    gpt2_lm.compile(sampler=SAMPLERS[sampler])
    first, second = (gpt2_lm.generate("I like basketball", max_length=12, seed=1) for _ in "12")
    assert first == second
    assert first.startswith("I like basketball")
    assert len(gpt2_lm.preprocessor.tokenizer(first)) <= 12
    assert len(first) > len("I like basketball")


SEQ_LEN, TEXTS = 16, ["the cat sat on the mat .", "the dog sat on the log ."] * 8
CALLED = {
    "greedy": keras_hub.samplers.GreedySampler,
    "beam": lambda: keras_hub.samplers.BeamSampler(num_beams=4),
    "random": lambda: keras_hub.samplers.RandomSampler(seed=1),
    "top_k": lambda: keras_hub.samplers.TopKSampler(k=3, seed=1),
    "top_p": lambda: keras_hub.samplers.TopPSampler(p=0.5, seed=1),
}


class Story:
    """A small model trained on two sentences, and what generates with it."""

    def __init__(self):
        raw = tf.data.Dataset.from_tensor_slices(TEXTS).batch(8).shuffle(buffer_size=4)
        vocab = keras_hub.tokenizers.compute_word_piece_vocabulary(
            raw, vocabulary_size=28, reserved_tokens=["[PAD]", "[UNK]", "[BOS]"]
        )
        self.tokenizer = keras_hub.tokenizers.WordPieceTokenizer(
            vocabulary=vocab, sequence_length=SEQ_LEN
        )
        start_packer = keras_hub.layers.StartEndPacker(
            sequence_length=SEQ_LEN, start_value=self.tokenizer.token_to_id("[BOS]")
        )

        def preprocess(inputs):
            outputs = self.tokenizer(inputs)
            return start_packer(outputs), outputs

        self.train_ds = raw.map(preprocess, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)
        self.model = self.build(len(vocab))
        history = self.model.fit(self.train_ds, validation_data=self.train_ds, verbose=0, epochs=15)
        self.perplexities = history.history["val_perplexity"]
        self.prompt_tokens = start_packer(self.tokenizer([""]))

    def build(self, vocabulary_size):
        inputs = keras.layers.Input(shape=(None,), dtype="int32")
        x = keras_hub.layers.TokenAndPositionEmbedding(
            vocabulary_size=vocabulary_size,
            sequence_length=SEQ_LEN,
            embedding_dim=24,
            mask_zero=True,
        )(inputs)
        x = keras_hub.layers.TransformerDecoder(num_heads=3, intermediate_dim=24)(x)
        outputs = keras.layers.Dense(vocabulary_size)(x)
        model = keras.Model(inputs=inputs, outputs=outputs)
        model.compile(
            optimizer=keras.optimizers.Adam(2e-2),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=[keras_hub.metrics.Perplexity(from_logits=True, mask_token_id=0)],
        )
        return model

    def next(self, prompt, cache, index):
        return self.model(prompt)[:, index - 1, :], None, cache

    def tell(self, sampler):
        tokens = sampler(next=self.next, prompt=self.prompt_tokens, index=1)
        assert tuple(tokens.shape) == (1, SEQ_LEN)
        # Of TensorFlow's tensors `detokenize` makes tensors, in which nothing can be replaced.
        return self.tokenizer.detokenize(keras.ops.convert_to_numpy(tokens))[0]


@pytest.fixture(scope="module")
def story():
    return Story()


def test_a_small_gpt_learns(story):
    assert story.perplexities[-1] < 3 < story.perplexities[0]


@pytest.mark.parametrize("sampler", CALLED)
def test_a_small_gpt_generates_with_a_called(story, sampler):
    text = story.tell(CALLED[sampler]())
    words = text.replace("[BOS]", "").split()
    assert words[0] == "the"
    assert {*words} & {"cat", "dog"}
    assert story.tell(CALLED[sampler]()) == text


def test_a_callback_generates_after_each_epoch(story):
    texts = []

    class TopKTextGenerator(keras.callbacks.Callback):
        def __init__(self, k):
            super().__init__()
            self.sampler = keras_hub.samplers.TopKSampler(k)

        def on_epoch_end(self, epoch, logs=None):
            texts.append(story.tell(self.sampler))

    history = story.model.fit(
        story.train_ds.take(1), verbose=0, epochs=2, callbacks=[TopKTextGenerator(k=3)]
    )
    assert len(texts) == 2
    assert all("sat" in text for text in texts)
    assert np.isfinite(history.history["loss"]).all()
