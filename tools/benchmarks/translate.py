"""Generation by an encoder-decoder of T5-small's shape: sources of 128 tokens, 64 new tokens."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from benchmarks.measurement import Measurement, Run

SOURCE, NEW_TOKENS, WORDS = 128, 64, 32128


def measurements() -> Iterator[Measurement]:
    for batch in (1, 8):
        for beams in (1, 4):
            name = f"batch {batch}, " + ("greedy" if beams == 1 else f"{beams} beams")
            contestants = {
                library: _prepared(make, batch, beams)
                for library, make in (("nlpkit", _nlpkit), ("transformers", _transformers))
            }
            yield Measurement(name, contestants, rounds=3, warm_up=1)


def _prepared(make: Callable[[], Any], batch: int, beams: int) -> Callable[[], Run]:
    def prepare() -> Run:
        import numpy as np

        generate = make()
        ids = np.random.default_rng(0).integers(3, WORDS, (batch, SOURCE))
        return lambda: generate(ids, beams)

    return prepare


@cache
def _nlpkit() -> Callable[[Any, int], Any]:
    import nlpkit

    backbone = nlpkit.models.T5Backbone(WORDS, 6, 8, 512, 2048, use_gated_activation=False)
    model = nlpkit.models.T5Seq2SeqLM(backbone)

    def generate(ids: Any, beams: int) -> Any:
        samplers = nlpkit.samplers
        sampler = samplers.GreedySampler() if beams == 1 else samplers.BeamSampler(num_beams=beams)
        return model.generate(
            ids.tolist(),
            sampler=sampler,
            max_new_tokens=NEW_TOKENS,
            stop_token_ids=None,
            decoder_start_token_id=0,
            verbose=0,
        )

    return generate


@cache
def _transformers() -> Callable[[Any, int], Any]:
    import torch
    import transformers

    model = transformers.T5ForConditionalGeneration(
        transformers.T5Config(decoder_start_token_id=0)
    ).eval()

    def generate(ids: Any, beams: int) -> Any:
        tokens = {"max_new_tokens": NEW_TOKENS, "min_new_tokens": NEW_TOKENS}
        with torch.inference_mode():
            return model.generate(torch.tensor(ids), num_beams=beams, do_sample=False, **tokens)

    return generate
