"""Tiny GPT-2s that generate: one of random weights, one that spells."""

import numpy as np

from conformance.cases.decoder import byte_pairs
from nlpkit.models import GPT2Backbone, GPT2CausalLM, GPT2CausalLMPreprocessor

CONTEXT = 256
SPELLED = "the wås ever 🙂 日本語 so good, é"


def _build():
    tokens = byte_pairs(special={"start_token": "[CLS]", "end_token": "[SEP]"})
    tokenizer = tokens.build("GPT2Tokenizer")
    backbone = GPT2Backbone(
        vocabulary_size=tokenizer.vocabulary_size(),
        num_layers=2,
        num_heads=2,
        hidden_dim=16,
        intermediate_dim=32,
        dropout=0.0,
        max_sequence_length=CONTEXT,
    )
    preprocessor = GPT2CausalLMPreprocessor(tokenizer, sequence_length=CONTEXT)
    return GPT2CausalLM(backbone, preprocessor)


def _random(rng, weight):
    if weight.path.endswith("gamma"):
        return np.ones(weight.shape)
    return rng.normal(0, 0.3, weight.shape)


def random_model():
    """A model of random weights."""
    model = _build()
    rng = np.random.default_rng(0)
    model.set_weights([_random(rng, weight) for weight in model.weights])
    return model


def spelling_model():
    """A model that continues the prompt "a" with SPELLED and the end token, by greedy search.

    Each position points to the embedding of the token to come; nothing else has a weight.
    """
    model = _build()
    tokenizer = model.preprocessor.tokenizer
    rng = np.random.default_rng(0)
    tokens = rng.normal(0, 1, (tokenizer.vocabulary_size(), 16))
    tokens -= tokens.mean(axis=-1, keepdims=True)
    tokens /= np.linalg.norm(tokens, axis=-1, keepdims=True)
    first = len(model.preprocessor.generate_preprocess("a", padding_side="left")["token_ids"]) - 1
    coming = [*tokenizer(SPELLED), tokenizer.end_token_id]
    positions = np.zeros((CONTEXT, 16))
    positions[first : first + len(coming)] = 100 * tokens[coming]
    values = {"token_embedding/embeddings": tokens, "position_embedding/embeddings": positions}
    for weight in model.weights:
        value = next((v for name, v in values.items() if weight.path.endswith(name)), None)
        gamma = float(weight.path.endswith("gamma"))
        weight.assign(np.full(weight.shape, gamma) if value is None else value)
    return model
