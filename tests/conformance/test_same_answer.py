"""A text does not depend on its batch, padding, packing, cache or stream, in any decoder family.

The prompts are random, but the same each time: of two words that are equally likely by chance the
one or the other might come first. All checks have the same, whose continuations are kept.
"""

from functools import cache

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras.ops import convert_to_numpy

from conformance.cases.case import assert_close
from conformance.cases.decoders import DECODERS
from conformance.decoder_programs import compiled, tensor

CASES = DECODERS


ROWS, LONGEST, NEW = 3, 16, 12
# The program that samples takes the likeliest word; small random models would repeat a few words.
PENALTY = 5.0
LIKELIEST = {"sampler": "random", "top_k": 1, "repetition_penalty": PENALTY}
LIKELIEST |= {"max_new_tokens": NEW, "stop_token_ids": None}
# With a larger cache: where programs are compiled, a row of it comes in steps of 64.
MORE = 20 if keras.backend.backend() == "torch" else 33
LONGER = {**LIKELIEST, "max_new_tokens": MORE}
STREAMED = {**LIKELIEST, "max_new_tokens": 33}
SAMPLED = {**LIKELIEST, "top_k": 50, "temperature": 2.0}
_RNG = np.random.default_rng(0)
PROMPTS = {
    name: [_RNG.integers(3, 10**6, length).tolist() for length in lengths]
    for name, lengths in {"short": (1, 2, 1), "equal": (9, 9, 9), "mixed": (LONGEST, 1, 11)}.items()
}
with_prompts = pytest.mark.parametrize("prompts", PROMPTS.values(), ids=PROMPTS.keys())
a_few = settings(max_examples=3, deadline=None, derandomize=True, database=None)


@with_prompts
def test_alone_and_batched(case, prompts):
    rows = known(case, prompts)
    assert writer(case).generate(rows, **LIKELIEST) == [alone(case, tuple(row)) for row in rows]


def test_greedy():
    """A sampler's choice is the same in any family."""
    case = CASES[0]
    for row in known(case, [[5, 6, 7], [8], [11, 4]]):
        likeliest = writer(case).generate([row], **LONGER | {"repetition_penalty": 1.0})
        greedy = {"sampler": "greedy", "max_new_tokens": MORE, "stop_token_ids": None}
        assert writer(case).generate([row], **greedy) == likeliest


@with_prompts
def test_packed(case, prompts):
    """The first row holds all texts, the others one each."""
    rows = known(case, prompts)
    token_ids, sequence_ids = np.zeros((2, ROWS + 1, ROWS * LONGEST), "int32")
    start = 0
    for i, row in enumerate(rows, start=1):
        here = slice(start, start + len(row))
        token_ids[0, here] = token_ids[i, : len(row)] = row
        sequence_ids[0, here], sequence_ids[i, : len(row)] = i, 1
        start += len(row)
    inputs = {"token_ids": tensor(token_ids), "sequence_ids": tensor(sequence_ids)}
    packed, *others = convert_to_numpy(forward(case)(inputs))
    for own, row in zip(others, rows, strict=True):
        assert_close(packed[: len(row)], own[: len(row)])
        packed = packed[len(row) :]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("name", "room"), [("short", 4), ("equal", 0), ("mixed", 3)])
def test_padded(case, side, name, room):
    rows = known(case, PROMPTS[name])
    ids, mask = padded(rows, max(map(len, rows)) + room, side)
    found = writer(case).generate({"token_ids": ids, "padding_mask": mask}, **LIKELIEST)
    trimmed = [ids[real].tolist() for ids, real in zip(*found.values(), strict=True)]
    assert trimmed == [alone(case, tuple(row)) for row in rows]


@with_prompts
def test_sampled(case, prompts):
    """The last row is the same in another place, beside others."""
    rows, seeds = known(case, prompts), [0, 10**9, 3]
    others = [row[::-1] + [3] for row in rows[:-1]]
    first = writer(case).generate(rows, seed=seeds, **SAMPLED)
    again = writer(case).generate([rows[-1], *others], seed=seeds[::-1], **SAMPLED)
    assert again[0] == first[-1]


@a_few
@given(text=st.lists(st.sampled_from(["the", "movie", "é", "good", "\n", "?!"]), min_size=1))
def test_streamed(case, text):
    text = " ".join(text[:8])
    pieces = list(writer(case).generate(text, stream=True, **STREAMED))
    assert "".join(pieces) == writer(case).generate(text, **STREAMED)
    assert len(pieces) > NEW


def test_texts_are_not_all_alike(case):
    """Else the others would prove little."""
    rows = known(case, PROMPTS["mixed"])
    new = [alone(case, tuple(row))[len(row) :] for row in rows]
    assert len({token for row in new for token in row}) > NEW
    one, other = (writer(case).generate(rows, seed=seed, **SAMPLED) for seed in (1, 2))
    assert one != other


@cache
def writer(case):
    """One task a family, so that what is compiled for it is compiled once."""
    return case.build()


@cache
def forward(case):
    """The pass over whole texts, compiled once."""
    return compiled(writer(case), writer(case))


@cache
def alone(case, row):
    """The continuation of a prompt, by itself and with room for more."""
    return writer(case).generate([list(row)], **LONGER)[0][: len(row) + NEW]


def known(case, prompts):
    """The prompts in words of the family's vocabulary."""
    words = writer(case).spelled_words
    return [[3 + token % (words - 3) for token in row] for row in prompts]


def padded(rows, width, side):
    """Ids with padding that is no word of the prompts', and which of them are real."""
    mask = np.arange(width) < np.array([len(row) for row in rows])[:, None]
    mask = mask[:, ::-1] if side == "left" else mask
    ids = np.ones(mask.shape, int)
    ids[mask] = np.concatenate(rows)
    return ids, mask
