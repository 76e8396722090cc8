"""Contrastive search."""

import numpy as np
import pytest
from samplers.loop import run, texts
from samplers.toy import WORDS, ToyDecoder

from nlpkit.samplers.contrastive_sampler import ContrastiveSampler
from nlpkit.samplers.greedy_sampler import GreedySampler

PROMPTS = [[3, 1, 4], [1, 5, 9, 2, 6], [5]]


def searched(decoder, prompt, *, k, alpha, room, stops):
    """The definition, token by token."""
    tokens = list(prompt)
    for _ in range(room):
        log_probs = decoder.log_probs(tokens)
        before = [decoder.hidden(tokens[: end + 1]) for end in range(len(tokens))]
        scores = {}
        for word in np.argsort(-log_probs)[:k]:
            hidden = decoder.hidden([*tokens, word])
            cosines = [h @ hidden / np.linalg.norm(h) / np.linalg.norm(hidden) for h in before]
            scores[int(word)] = (1 - alpha) * np.exp(log_probs[word]) - alpha * max(cosines)
        tokens.append(max(scores, key=lambda word: scores[word]))
        if tokens[-1] in stops:
            break
    return tokens[len(prompt) :]


@pytest.mark.parametrize(
    ("k", "alpha", "stops"), [(4, 0.6, ()), (4, 0.3, (2, 7)), (1, 0.5, (2,)), (WORDS + 1, 0.9, ())]
)
def test_tokens_are_those_of_the_definition(k, alpha, stops):
    decoder = ToyDecoder(seed=2)
    results = run(ContrastiveSampler(k=k, alpha=alpha), decoder, PROMPTS, room=8, stops=stops)
    options = {"k": k, "alpha": alpha, "room": 8, "stops": stops}
    assert texts(results) == [searched(decoder, prompt, **options) for prompt in PROMPTS]


def test_without_weight_it_is_greedy_search():
    decoder = ToyDecoder(seed=2)
    results = run(ContrastiveSampler(k=4, alpha=0), decoder, PROMPTS, room=8)
    assert texts(results) == texts(run(GreedySampler(), decoder, PROMPTS, room=8))
