"""The samplers and metrics."""

import nlpkit
from conformance.cases.case import Case
from nlpkit.samplers import TopKSampler


def _draft():
    backbone = nlpkit.models.GPT2Backbone(11, 1, 2, 8, 8)
    return nlpkit.models.GPT2CausalLM(backbone)


def _texts(**arguments):
    return {"tokenizer": nlpkit.tokenizers.ByteTokenizer(), **arguments}


METRICS = [
    Case(
        "Bleu",
        lambda: _texts(
            max_order=3, smooth="floor", tokenize="intl", lowercase=True, effective_order=True
        ),
    ),
    Case("CharacterErrorRate", _texts),
    Case(
        "ChrF",
        lambda: _texts(char_order=4, word_order=2, beta=1, lowercase=True, whitespace=True),
    ),
    Case("EditDistance", lambda: {"normalize": False}),
    Case("Perplexity", lambda: {"from_logits": True, "mask_token_id": 3}),
    Case("RougeL", lambda: _texts(use_stemmer=True)),
    Case("RougeN", lambda: _texts(order=3, use_stemmer=True)),
    Case("SpanF1", lambda: {"labels": ["O", "B-A", "I-A"]}),
    Case("SquadMetric", dict),
    Case("WordErrorRate", _texts),
]
_CHANCE = {"temperature": 0.5, "seed": 3}
SAMPLERS = [
    Case("Sampler", lambda: {"temperature": 0.5}),
    Case("GreedySampler", lambda: {"temperature": 0.5}),
    Case("RandomSampler", lambda: _CHANCE),
    Case("TopKSampler", lambda: {"k": 3, **_CHANCE}),
    Case("TopPSampler", lambda: {"p": 0.2, "k": 4, **_CHANCE}),
    Case("MinPSampler", lambda: {"p": 0.2, **_CHANCE}),
    Case(
        "BeamSampler",
        lambda: {
            "num_beams": 3,
            "return_all_beams": True,
            "length_penalty": 0.5,
            "early_stopping": "never",
            "renormalize_logits": True,
            "temperature": 0.5,
        },
    ),
    Case("ContrastiveSampler", lambda: {"k": 3, "alpha": 0.3, "temperature": 0.5}),
    Case(
        "SpeculativeSampler",
        lambda: {
            "num_speculative_tokens": 3,
            "base_sampler": TopKSampler(3),
            "draft": _draft(),
            "longest_match": 2,
            **_CHANCE,
        },
    ),
]
