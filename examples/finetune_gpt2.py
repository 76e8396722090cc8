"""Fine-tune a language model on a text file, and watch what it writes change.

Runs on any backend: KERAS_BACKEND=jax python examples/finetune_gpt2.py --text my_text.txt
"""

import argparse
import json
import math
from importlib.resources import files
from pathlib import Path

import keras

import nlpkit

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--preset", default="gpt2_nano_en_shakespeare", help="of any causal LM")
parser.add_argument(
    "--text",
    type=Path,
    default=Path(str(files("nlpkit"))) / "presets/bundled/reviews.jsonl",
    help="texts with empty lines between them, or .jsonl with `text`; default: reviews of films",
)
parser.add_argument("--prompt", default="The", help="what the samples begin with")
parser.add_argument("--epochs", type=int, default=6)
parser.add_argument("--batch-size", type=int, default=32, help="texts, packed into fewer rows")
parser.add_argument("--sequence-length", type=int, default=256, help="tokens of a row")
parser.add_argument("--learning-rate", type=float, default=2e-3, help="large models: 2e-5")
parser.add_argument("--quick", action="store_true", help="a few short texts, one epoch")
arguments = parser.parse_args()
if arguments.quick:
    arguments.epochs, arguments.sequence_length = 1, 32


class Samples(keras.callbacks.Callback):
    """Show what the model writes, before training and after each epoch."""

    def on_train_begin(self, logs=None):
        self.show("Before")

    def on_epoch_end(self, epoch, logs=None):
        self.show(f"After epoch {epoch + 1}")

    def show(self, when):
        text = self.model.generate(
            arguments.prompt, max_new_tokens=40, sampler="random", temperature=0.8, seed=1
        )
        print(f"\n{when}: {text!r}")


content = arguments.text.read_text("utf-8")
if arguments.text.suffix == ".jsonl":
    texts = [json.loads(line)["text"] for line in content.splitlines()]
else:
    texts = [part.strip() for part in content.split("\n\n") if part.strip()]
if arguments.quick:
    texts = [text[:100] for text in texts[:40]]
train = [text for i, text in enumerate(texts) if i % 10]
held_out = texts[::10]
print(f"{len(train)} texts to train on, {len(held_out)} held out.")

# Texts share rows, without seeing each other: short ones waste no computation on padding.
model = nlpkit.models.CausalLM.from_preset(
    arguments.preset, sequence_length=arguments.sequence_length, packing=True
)
steps = arguments.epochs * math.ceil(len(train) / arguments.batch_size)
model.compile(
    optimizer=keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(arguments.learning_rate, steps)
    ),
    weighted_metrics=[nlpkit.metrics.Perplexity(from_logits=True)],
)


def report(when):
    """Print how many tokens the model hesitates between, on texts it does not learn from."""
    _, perplexity = model.evaluate(held_out, batch_size=arguments.batch_size, verbose=0)
    print(f"{when}: perplexity {perplexity:.1f} on the texts held out")


report("Before fine-tuning")
model.fit(
    train,
    batch_size=arguments.batch_size,
    epochs=arguments.epochs,
    verbose=2,
    callbacks=[Samples()],
)
report("After fine-tuning")

model.save_to_preset("my_language_model")
print("Saved: python examples/generate_text.py --preset my_language_model --prompt The")
