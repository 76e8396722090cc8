"""Answer questions about texts: train a question answerer, and ask it.

Runs on any backend: KERAS_BACKEND=jax python examples/question_answering.py

By default on short texts that it makes up, of which some do not have the answer. Your own data:
`--data FILE.json`, in SQuAD's format (version 1 or 2).
"""

import argparse
import json
import random
from pathlib import Path

import nlpkit

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--preset", default="bert_nano_en_uncased_sst2", help="any encoder or decoder")
parser.add_argument("--data", type=Path, help="a .json file in SQuAD's format")
parser.add_argument("--epochs", type=int, default=4)
parser.add_argument("--batch-size", type=int, default=16)
parser.add_argument("--sequence-length", type=int, default=64, help="tokens of a window")
parser.add_argument("--learning-rate", type=float, default=1e-3, help="large models: 3e-5")
parser.add_argument("--quick", action="store_true", help="a few questions, one epoch")
arguments = parser.parse_args()
if arguments.quick:
    arguments.epochs, arguments.sequence_length = 1, 32

PEOPLE = ["Ann", "Bob", "Carla", "David", "Emma", "Frank", "Grace", "Henry"]
PLACES = ["Paris", "Rome", "London", "Berlin", "Tokyo", "Madrid", "Boston"]
THINGS = ["a film", "a book", "a play", "a song", "the news"]


def made_up(count, seed):
    """Questions, contexts and answers, `(start, text)` or None."""
    rng = random.Random(seed)
    rows = []
    for _ in range(count):
        person, place, thing = rng.choice(PEOPLE), rng.choice(PLACES), rng.choice(THINGS)
        context = rng.choice(
            [f"{person} lives in {place} and likes {thing}.", f"In {place}, {person} saw {thing}."]
        )
        kind = rng.choice(["Who", "Where", "What", "When"])
        answer = {"Who": person, "Where": place, "What": thing}.get(kind)
        question = {"Who": "Who is it?", "Where": "Where is it?", "What": "What is it?"}
        start = context.index(answer) if answer else None
        rows.append((question.get(kind, "When was it?"), context, answer and (start, answer)))
    return tuple(map(list, zip(*rows, strict=True)))


def read(path):
    """The same, of a file in SQuAD's format."""
    rows = [
        (item["question"], paragraph["context"], item["answers"])
        for article in json.loads(path.read_text("utf-8"))["data"]
        for paragraph in article["paragraphs"]
        for item in paragraph["qas"]
    ]
    answers = [(a[0]["answer_start"], a[0]["text"]) if a else None for *_, a in rows]
    return [row[0] for row in rows], [row[1] for row in rows], answers


count = 40 if arguments.quick else 800
questions, contexts, answers = read(arguments.data) if arguments.data else made_up(count, seed=0)
held = max(1, len(questions) // 10)
print(f"{len(questions) - held} questions to train on, {held} held out.")

model = nlpkit.models.QuestionAnswerer.from_preset(
    arguments.preset, sequence_length=arguments.sequence_length
)
model.optimizer.learning_rate = arguments.learning_rate
model.fit(
    (questions[:-held], contexts[:-held]),
    answers[:-held],
    batch_size=arguments.batch_size,
    epochs=arguments.epochs,
    verbose=2,
)

metric = nlpkit.metrics.SquadMetric()
found = model.predict((questions[-held:], contexts[-held:]), no_answer=True, verbose=0)
metric.update(found, [answer and answer[1] for answer in answers[-held:]])
print("{exact_match:.0%} exact matches, F1 score {f1:.3f}".format(**metric.result()))

context = "It is a long story. " * 20 + "In Rome, Grace saw a play. " + "It is a long story. " * 20
for question in ("Who is it?", "Where is it?", "When was it?"):
    (answer,) = model.predict([(question, context)], no_answer=True, verbose=0)
    place = f"characters {answer.start} to {answer.end}" if answer.text else "no answer"
    print(f"{question} {answer.text!r} ({place}, {answer.score:.2f})")

model.save_to_preset("my_question_answerer")
print("Saved: nlpkit.models.QuestionAnswerer.from_preset('my_question_answerer')")
