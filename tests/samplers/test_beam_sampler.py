"""Beam search."""

import numpy as np
import pytest
from samplers.loop import run
from samplers.toy import ToyDecoder

from nlpkit.samplers.beam_sampler import BeamSampler

PROMPTS = [[3, 1, 4], [1, 5, 9, 2, 6], [5]]


def searched(decoder, prompt, *, beams, room, stops, penalty):
    """The definition, with lists: texts and scores of a prompt, best first."""
    running, finished = [(0.0, [])], []
    for length in range(1, room + 1):
        found = []
        for score, text in running:
            log_probs = decoder.log_probs(prompt + text)
            found += [(score + log_probs[word], text + [word]) for word in range(len(log_probs))]
        found.sort(key=lambda candidate: -candidate[0])
        ends = [text[-1] in stops or length == room for _, text in found]
        both = list(zip(found, ends, strict=True))
        finished += [(s / length**penalty, text) for (s, text), end in both[:beams] if end]
        finished = sorted(finished, key=lambda text: -text[0])[:beams]
        running = [candidate for candidate, end in both if not end][:beams]
        if not running:
            break
        if len(finished) == beams and running[0][0] / length**penalty <= finished[-1][0]:
            break
    return finished


@pytest.mark.parametrize(
    ("beams", "stops", "penalty"),
    [(1, (2,), 1.0), (4, (2,), 1.0), (4, (2, 7), 0.0), (3, (2, 7, 8), 2.0), (5, (), 1.0)],
)
def test_beams_and_scores_are_those_of_the_definition(beams, stops, penalty):
    decoder = ToyDecoder(seed=1)
    sampler = BeamSampler(num_beams=beams, return_all_beams=True, length_penalty=penalty)
    results = run(sampler, decoder, PROMPTS, room=9, stops=stops)
    for row, prompt in enumerate(PROMPTS):
        expected = searched(decoder, prompt, beams=beams, room=9, stops=stops, penalty=penalty)
        scores = [score for score, _ in expected]
        np.testing.assert_allclose(results["scores"][row], scores, rtol=1e-4)
        for beam, (_, text) in enumerate(expected):
            begin, end = results["prompt"], results["prompt"] + results["count"][row, beam]
            assert results["token_ids"][row, beam, begin:end].tolist() == text
