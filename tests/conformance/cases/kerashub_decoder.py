"""Tiny decoders of KerasHub's: what they are made of, and folders that KerasHub writes of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import nlpkit
from nlpkit.tokenizers import compute_sentence_piece_proto

TEXTS = ["ab abb", "a", "abab b"]
MERGES = ["a b", "Ġ ab"]
# What most backbones of KerasHub's have, with the names it has for it.
SIZES = {"vocabulary_size": 17, "num_layers": 2, "hidden_dim": 16, "intermediate_dim": 12}
PLAIN = {**SIZES, "num_heads": 4}
GROUPED = {**SIZES, "num_query_heads": 4, "num_key_value_heads": 2}
GEMMA2 = {
    "use_post_ffw_norm": True,
    "use_post_attention_norm": True,
    "attention_logit_soft_cap": 2.0,
    "final_logit_soft_cap": 3.0,
    "use_sliding_window_attention": True,
    "sliding_window_size": 3,
}
LINEAR = {"rope_max_wavelength": 100, "rope_scaling_factor": 2.0, "layer_norm_epsilon": 1e-3}


@dataclass(frozen=True)
class KerasHubDecoder:
    """A model of KerasHub's.

    Attributes:
        prefix: what the names of its classes start with.
        arguments: its backbone's.
        tokenizer, preprocessor: further arguments of these.
        task: what the name of its task ends with.
        lengths: of the preprocessor's rows.
    """

    prefix: str
    arguments: Mapping[str, Any]
    tokenizer: Mapping[str, Any] = field(default_factory=dict)
    preprocessor: Mapping[str, Any] = field(default_factory=dict)
    task: str = "CausalLM"
    lengths: Mapping[str, int] = field(default_factory=lambda: {"sequence_length": 12})

    def write(self, folder: Path) -> Any:
        """Write KerasHub's own folder of a random model; returns the task."""
        preprocessor = self._class(f"{self.task}Preprocessor")(
            tokenizer=self._tokenizer(), **self.lengths, **self.preprocessor
        )
        backbone = self._class("Backbone")(**self.arguments)
        task = self._class(self.task)(backbone=backbone, preprocessor=preprocessor)
        generator = np.random.default_rng(5)
        for variable in task.backbone.trainable_weights:
            variable.assign(generator.normal(scale=0.5, size=variable.shape))
        task.save_to_preset(str(folder))
        return task

    def _class(self, kind: str) -> Any:
        from keras_hub import models

        return getattr(models, self.prefix + kind)

    def _tokenizer(self) -> Any:
        from keras_hub.tokenizers import SentencePieceTokenizer

        cls = self._class("Tokenizer")
        if issubclass(cls, SentencePieceTokenizer):
            return cls(_proto(), **self.tokenizer)
        tokens = [*self._special_tokens(), "a", "b", "Ġ", "ab", "Ġab"]
        return cls({token: i for i, token in enumerate(tokens)}, MERGES, **self.tokenizer)

    def _special_tokens(self) -> Any:
        families = getattr(nlpkit.models, f"{self.prefix}Backbone").kerashub
        tokenizers = [family.tokenizer for family in families]
        own = next(x for x in tokenizers if f"{self.prefix}Tokenizer" in x.names)
        return own.inert["unsplittable_tokens"]


@cache
def _proto() -> bytes:
    special = ["<bos>", "<eos>", "<|endoftext|>"]
    return compute_sentence_piece_proto(TEXTS, 14, "bpe", special_tokens=special)
