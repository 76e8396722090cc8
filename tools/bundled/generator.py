"""The generator: a small GPT-2 that learns Shakespeare's English, and how well it does."""

from pathlib import Path

import keras
import numpy as np
from bundled.training import Report, optimizer

import nlpkit

_TRAINING_SHARE = 0.9
_SHAPE = {"num_layers": 4, "num_heads": 4, "hidden_dim": 128, "intermediate_dim": 512}
_VOCABULARY_SIZE = 1024
_SPECIAL_TOKEN = "<|endoftext|>"
_LENGTH = 256
_WINDOW = 1000  # Characters: more than 256 tokens.
_BATCH_SIZE = 8
_STEPS = 1400  # Seven times the text.
_LEARNING_RATE = 3e-3


class Plays:
    """The text of tinyshakespeare; its last tenth is only evaluated on.

    Args:
        data: Path. Holds tinyshakespeare/input.txt.
        limit: int or None. Train for that many steps, to try the tool out.
    """

    def __init__(self, data: Path, limit: int | None = None) -> None:
        self.steps = _STEPS if limit is None else limit
        self._file = data / "tinyshakespeare" / "input.txt"

    def parts(self) -> tuple[str, str]:
        """What is trained on, and what is held out."""
        text = self._file.read_text("utf-8")
        cut = text.index("\n\n", int(_TRAINING_SHARE * len(text))) + 2
        return text[:cut], text[cut:]

    def windows(self) -> list[str]:
        """Pieces of the training part that begin where a line does, enough for all steps."""
        text = self.parts()[0]
        lines = [i + 1 for i in range(len(text) - _WINDOW) if text[i] == "\n" != text[i + 1]]
        starts = np.random.default_rng(5).choice(lines, self.steps * _BATCH_SIZE)
        return [text[start : start + _WINDOW] for start in starts]


def learn_byte_pairs(plays: Plays, folder: Path) -> None:
    """Learn a vocabulary from the training part."""
    folder.mkdir()
    nlpkit.tokenizers.compute_byte_pair_vocabulary(
        [plays.parts()[0]],
        _VOCABULARY_SIZE,
        folder / "vocab.json",
        folder / "merges.txt",
        special_tokens=[_SPECIAL_TOKEN],
    )


def train(plays: Plays, byte_pairs: Path, folder: Path) -> None:
    """Train on windows of the training part, and save the preset."""
    keras.utils.set_random_seed(5)
    tokenizer = nlpkit.models.GPT2Tokenizer(byte_pairs / "vocab.json", byte_pairs / "merges.txt")
    backbone = nlpkit.models.GPT2Backbone(
        tokenizer.vocabulary_size(),
        **_SHAPE,
        dropout=0.0,
        max_sequence_length=_LENGTH,
        dtype="mixed_bfloat16",
    )
    preprocessor = nlpkit.models.GPT2CausalLMPreprocessor(
        tokenizer, sequence_length=_LENGTH, truncation="silent"
    )
    model = nlpkit.models.GPT2CausalLM(backbone, preprocessor)
    model.compile(optimizer=optimizer(plays.steps, _LEARNING_RATE, weight_decay=0.1))
    callbacks = [Report(plays.steps)]
    model.fit(plays.windows(), batch_size=_BATCH_SIZE, verbose=0, callbacks=callbacks)
    preprocessor.truncation = "warn"
    model.save_to_preset(folder, dtype="float16")


def measure(plays: Plays, preset: Path) -> dict[str, float]:
    """Mean loss and perplexity on the held-out part, cut into rows of as many tokens as fit."""
    model = nlpkit.models.CausalLM.from_preset(preset)
    held_out = plays.parts()[1]
    tokenizer = model.preprocessor.tokenizer
    ids = tokenizer(held_out)
    rows = [
        [tokenizer.start_token_id, *ids[i : i + _LENGTH - 1]]
        for i in range(0, len(ids), _LENGTH - 1)
    ]
    loss = -np.concatenate(model.score(rows)).sum(dtype="float64")
    size = len(held_out.encode("utf-8"))
    return {
        "held-out tokens": len(ids),
        "held-out bytes": size,
        "loss per token": loss / len(ids),
        "perplexity per token": float(np.exp(loss / len(ids))),
        "loss per byte": loss / size,
        "perplexity per byte": float(np.exp(loss / size)),
    }


def sample(preset: Path) -> str:
    """A continuation, to look at."""
    model = nlpkit.models.CausalLM.from_preset(preset)
    return str(model.generate("ROMEO:\n", max_new_tokens=200, temperature=0.8, top_p=0.95, seed=1))
