"""Train a translator from nothing, with a vocabulary of its own, and measure it by BLEU.

Runs on any backend: KERAS_BACKEND=jax python examples/translate.py

By default from English to a toy language that it makes up. Your own data: `--data FOLDER`, with a
sentence in each line of train.en, train.de, val.en, … (or train.en.gz, …), as Multi30k has it.
"""

import argparse
import gzip
import random
import time
from pathlib import Path

import keras
from keras import ops

import nlpkit

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--data", type=Path, help="a folder, see above")
parser.add_argument("--languages", nargs=2, default=["en", "de"], help="from and to")
parser.add_argument("--test", default="val", help="what the files to test on begin with")
parser.add_argument("--vocabulary-size", type=int, help="default: 8000, of the toy language 100")
parser.add_argument("--layers", type=int, default=2, help="of the encoder, and of the decoder")
parser.add_argument("--heads", type=int, default=4)
parser.add_argument("--hidden-dim", type=int, help="default: 256, of the toy language 64")
parser.add_argument("--dropout", type=float, default=0.1)
parser.add_argument("--sequence-length", type=int, default=40, help="of texts to train on")
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--learning-rate", type=float, default=2e-3, help="the highest")
parser.add_argument("--label-smoothing", type=float, default=0.1)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--save", type=Path, help="a folder for the preset")
parser.add_argument("--quick", action="store_true", help="a few sentences, one epoch")
arguments = parser.parse_args()
keras.utils.set_random_seed(arguments.seed)

WHO = {"dog": "kano", "cat": "mira", "bird": "avelo", "child": "tomi", "woman": "sena"}
DOES = {"sees": "vida", "follows": "suvra", "likes": "amora", "hears": "oda", "finds": "trova"}
HOW = {"small": "pit", "red": "ruv", "old": "olm", "new": "nov", "quiet": "sil"}
WHAT = {"car": "wago", "ball": "buli", "clock": "tempo", "boat": "navo", "train": "rel"}


def made_up(count):
    """Pairs of sentences; the toy language has adjectives after nouns, and verbs at the end."""
    rng = random.Random(arguments.seed)
    pairs = []
    for _ in range(count):
        who, does, how, what = (rng.choice([*words]) for words in (WHO, DOES, HOW, WHAT))
        toy = f"{WHO[who]} lo {WHAT[what]} {HOW[how]} {DOES[does]}."
        pairs.append((f"the {who} {does} a {how} {what}.", toy))
    return pairs


def read(name):
    """Pairs of lines of the files of a name."""
    columns = []
    for language in arguments.languages:
        path = arguments.data / f"{name}.{language}"
        packed = path.with_name(f"{path.name}.gz")
        content = path.read_bytes() if path.exists() else gzip.decompress(packed.read_bytes())
        columns.append(content.decode("utf-8").rstrip("\n").split("\n"))
    return list(zip(*columns, strict=True))


if arguments.data:
    train, val, test = read("train"), read("val"), read(arguments.test)
else:
    pairs = made_up(80 if arguments.quick else 1500)
    train, val, test = pairs[:-40], pairs[-40:-20], pairs[-20:]
if arguments.quick:
    train, val, test, arguments.epochs = train[:40], val[:4], test[:4], 1
    arguments.hidden_dim, arguments.layers, arguments.sequence_length = 16, 1, 24

# One vocabulary of both languages, learned from the training data.
texts = [text for pair in train for text in pair]
size = arguments.vocabulary_size or (8000 if arguments.data else 100)
proto = nlpkit.tokenizers.compute_sentence_piece_proto(texts, size, model_type="bpe")
tokenizer = nlpkit.models.T5Tokenizer(proto, extra_ids=0)
preprocessor = nlpkit.models.T5Seq2SeqLMPreprocessor(
    tokenizer,
    encoder_sequence_length=arguments.sequence_length,
    decoder_sequence_length=arguments.sequence_length,
    truncation="silent",
)


def short(pairs):
    """Those of the pairs that fit."""
    longest = [map(len, tokenizer(list(texts))) for texts in zip(*pairs, strict=True)]
    kept = [max(both) < arguments.sequence_length for both in zip(*longest, strict=True)]
    return [pair for pair, keep in zip(pairs, kept, strict=True) if keep]


train, val = short(train), short(val)
hidden_dim = arguments.hidden_dim or (256 if arguments.data else 64)
backbone = nlpkit.models.T5Backbone(
    vocabulary_size=tokenizer.vocabulary_size(),
    num_layers=arguments.layers,
    num_heads=arguments.heads,
    hidden_dim=hidden_dim,
    intermediate_dim=4 * hidden_dim,
    dropout=arguments.dropout,
    use_gated_activation=False,
    scale_decoder_outputs=False,
)
translator = nlpkit.models.T5Seq2SeqLM(backbone, preprocessor)
print(f"{len(train)} pairs to train on; {translator.count_params() / 1e6:.1f} million parameters.")


class SmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy with targets of which a part is spread over all tokens."""

    def call(self, labels, logits):
        log_probs = ops.log_softmax(logits, axis=-1)
        wanted = ops.take_along_axis(log_probs, ops.cast(labels, "int32")[..., None], axis=-1)
        part = arguments.label_smoothing
        return -(1 - part) * wanted[..., 0] - part * ops.mean(log_probs, axis=-1)


class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that rises for the first tenth of the steps, then falls to zero."""

    def __init__(self, highest, steps):
        self.highest, self.steps = highest, steps

    def __call__(self, step):
        done = (ops.cast(step, "float32") + 1) / self.steps
        return self.highest * ops.maximum(ops.minimum(done / 0.1, (1 - done) / 0.9), 0.0)


steps = arguments.epochs * -(-len(train) // arguments.batch_size)
translator.compile(
    keras.optimizers.Adam(WarmUp(arguments.learning_rate, steps), beta_2=0.98, global_clipnorm=1.0),
    SmoothedCrossEntropy(reduction="mean_with_sample_weight"),
)
rising = nlpkit.callbacks.GenerationMetrics(val[:200], nlpkit.metrics.Bleu())
translator.fit(
    train,
    batch_size=arguments.batch_size,
    epochs=arguments.epochs,
    callbacks=[rising],
    verbose=2,
)

# Positions are relative: texts that are longer than those that it was trained on are no problem.
preprocessor.encoder_sequence_length = preprocessor.decoder_sequence_length = (
    4 * arguments.sequence_length
)
sources, references = (list(column) for column in zip(*test, strict=True))
for name, sampler in [
    ("Greedy", nlpkit.samplers.GreedySampler()),
    ("4 beams", nlpkit.samplers.BeamSampler(num_beams=4)),
]:
    start = time.perf_counter()
    translations = translator.generate(sources, sampler=sampler, truncation="right", verbose=0)
    seconds, bleu = time.perf_counter() - start, nlpkit.metrics.Bleu()
    score = 100 * float(bleu(references, translations))
    print(f"{name}: BLEU {score:.1f} on {len(test)} sentences, in {seconds:.0f} s")
print(f"({bleu.signature})")
for source, reference, translation in list(zip(sources, references, translations, strict=True))[:5]:
    print(f"\n{source}\n  {translation}\n  (reference: {reference})")

if arguments.save:
    translator.save_to_preset(arguments.save)
    print(f"\nSaved: nlpkit.models.Seq2SeqLM.from_preset({str(arguments.save)!r})")
