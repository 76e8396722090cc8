"""Teach a sequence-to-sequence model to summarize texts, and measure it by ROUGE.

Runs on any backend: KERAS_BACKEND=jax python examples/summarize.py

By default it trains a small model on reports that it makes up. A published one, on your own data:
`--preset t5_small_multi --data FILE.jsonl`, with a `text` and its `summary` in each line; with
`--epochs 0` it is only measured.
"""

import argparse
import json
import random
from pathlib import Path

import keras

import nlpkit

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--preset", help="of any Seq2SeqLM; default: a small model, from nothing")
parser.add_argument("--data", type=Path, help="a .jsonl file, see above")
parser.add_argument("--prefix", default="summarize: ", help="what T5 expects before each text")
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--batch-size", type=int, default=16)
parser.add_argument("--text-length", type=int, default=512, help="the most tokens of a text")
parser.add_argument("--summary-length", type=int, default=64, help="the most tokens of a summary")
parser.add_argument("--learning-rate", type=float, help="default: 1e-4, of the small model 2e-3")
parser.add_argument("--num-beams", type=int, default=4)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--quick", action="store_true", help="a few reports, one epoch")
arguments = parser.parse_args()
keras.utils.set_random_seed(arguments.seed)
if arguments.quick:
    arguments.epochs, arguments.num_beams, arguments.summary_length = 1, 2, 16

PEOPLE = ["Ann", "Bob", "Carla", "David", "Emma", "Frank"]
DEEDS = ["bought a boat", "won a race", "lost a key", "wrote a book", "found a cat"]
REST = [
    "It rained all day.",
    "The streets were quiet.",
    "Nobody was surprised.",
    "Trains were late.",
]


def made_up(count):
    """Reports of a few sentences of which one tells something, and what it tells."""
    rng = random.Random(arguments.seed)
    rows = []
    for _ in range(count):
        told = f"{rng.choice(PEOPLE)} {rng.choice(DEEDS)}"
        around = rng.sample(REST, 3)
        rows.append((" ".join([around[0], f"Yesterday {told}.", *around[1:]]), f"{told}."))
    return rows


def small_model(texts):
    """A model without training, with a vocabulary of its own."""
    size = 120 if arguments.data is None else 4000
    proto = nlpkit.tokenizers.compute_sentence_piece_proto(texts, size, model_type="bpe")
    tokenizer = nlpkit.models.T5Tokenizer(proto, extra_ids=0)
    backbone = nlpkit.models.T5Backbone(
        vocabulary_size=tokenizer.vocabulary_size(),
        num_layers=2,
        num_heads=4,
        hidden_dim=64,
        intermediate_dim=256,
        scale_decoder_outputs=False,
    )
    return nlpkit.models.T5Seq2SeqLM(backbone, nlpkit.models.T5Seq2SeqLMPreprocessor(tokenizer))


if arguments.data:
    rows = [json.loads(line) for line in arguments.data.read_text("utf-8").splitlines()]
    pairs = [(row["text"], row["summary"]) for row in rows]
else:
    pairs = made_up(40 if arguments.quick else 1000)
pairs = [(arguments.prefix + text, summary) for text, summary in pairs]
held = max(1, min(len(pairs) // 10, 200))
train, held_out = pairs[:-held], pairs[-held:]
print(f"{len(train)} texts to train on, {held} held out.")

if arguments.preset:
    model = nlpkit.models.Seq2SeqLM.from_preset(arguments.preset)
else:
    model = small_model([text for pair in train for text in pair])
# Rows as long as the longest text needs: padding costs time.
tokenizer, preprocessor = model.preprocessor.tokenizer, model.preprocessor
longest = [max(map(len, tokenizer(list(texts)))) + 2 for texts in zip(*pairs, strict=True)]
preprocessor.encoder_sequence_length = min(arguments.text_length, longest[0])
preprocessor.decoder_sequence_length = min(arguments.summary_length, longest[1])
preprocessor.truncation = "silent"

rate = arguments.learning_rate or (1e-4 if arguments.preset else 2e-3)
model.compile(keras.optimizers.Adam(rate, global_clipnorm=1.0))
if arguments.epochs:
    model.fit(train, batch_size=arguments.batch_size, epochs=arguments.epochs, verbose=2)

texts, references = (list(column) for column in zip(*held_out, strict=True))
sampler = nlpkit.samplers.BeamSampler(arguments.num_beams)
summaries = model.generate(texts, sampler=sampler, truncation="right", verbose=0)
for metric in (nlpkit.metrics.RougeN(order=1), nlpkit.metrics.RougeN(), nlpkit.metrics.RougeL()):
    scores = metric(references, summaries)
    order = f" of order {metric.order}" if hasattr(metric, "order") else ""
    print(f"{metric.name}{order}: F1 score {float(scores['f1_score']):.3f}")
for text, reference, summary in list(zip(texts, references, summaries, strict=True))[:3]:
    print(f"\n{text[:500]}\n  {summary}\n  (reference: {reference})")

if arguments.epochs:
    model.save_to_preset("my_summarizer")
    print("\nSaved: nlpkit.models.Seq2SeqLM.from_preset('my_summarizer')")
