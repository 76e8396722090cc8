"""Uniform numbers by counting."""

import keras
import numpy as np
from keras import ops

from nlpkit.ops.random_bits import stream_keys, uniform


def hashed(seed, draw, step, lane=0):
    """The definition, in Python's integers."""

    def mix(x):
        x ^= x >> 16
        x = x * 0x85EBCA6B % 2**32
        x ^= x >> 13
        x = x * 0xC2B2AE35 % 2**32
        return x ^ x >> 16

    key = mix(mix((seed + 0x9E3779B9) % 2**32) ^ draw % 2**32)
    bits = mix(key ^ (step * 0x9E3779B9 + lane * 0x7FEB352D) % 2**32)
    return (bits >> 8) / 2**24


def drawn(seeds, draws, step, lane=0):
    streams = ops.convert_to_tensor(np.stack([seeds, draws], axis=-1).astype("int32"))
    return ops.convert_to_numpy(uniform(streams, ops.convert_to_tensor(step, "int32"), lane))


def test_numbers_are_those_of_the_definition_on_every_backend():
    seeds, draws = np.array([0, 1, -7, 2**31 - 1, -(2**31)]), np.array([0, 3, -1, 5, 2**31 - 1])
    for step, lane in ((0, 0), (1, 0), (12345, 1), (2**31 - 1, 9)):
        expected = [hashed(int(s), int(d), step, lane) for s, d in zip(seeds, draws, strict=True)]
        numbers = drawn(seeds, draws, step, lane)
        assert numbers.dtype == "float32"
        np.testing.assert_array_equal(numbers, np.array(expected, "float32"))


def test_compiled_numbers_are_the_same():
    streams = np.array([[3, 4], [-5, 6]], "int32")
    compiled = compile_function(lambda keys, step: uniform(keys, step))
    steps = ops.convert_to_tensor([7, 8], "int32")
    keys = stream_keys(ops.convert_to_tensor(streams))
    np.testing.assert_array_equal(
        ops.convert_to_numpy(compiled(keys, steps)), [hashed(3, 4, 7), hashed(-5, 6, 8)]
    )


def compile_function(function):
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=True)
    return function


def test_numbers_are_uniform_and_independent_over_steps_draws_seeds_and_lanes():
    count = 1 << 14
    zeros, index = np.zeros(count, "int32"), np.arange(count, dtype="int32")
    columns = [
        drawn(zeros, zeros, index),
        drawn(zeros, index, 0),
        drawn(index, zeros, 0),
        drawn(zeros, zeros, index, lane=1),
        drawn(zeros, zeros + 1, index),
        drawn(zeros + 1, zeros, index),
    ]
    for column in columns:
        counts = np.histogram(column, bins=64, range=(0, 1))[0]
        assert chi_square(counts, count / 64) < 5
        pairs = np.histogram2d(column[:-1], column[1:], bins=16, range=((0, 1), (0, 1)))[0]
        assert chi_square(pairs.ravel(), (count - 1) / 256) < 5
    correlations = np.corrcoef(columns) - np.eye(len(columns))
    assert np.abs(correlations).max() < 5 / np.sqrt(count)


def chi_square(counts, expected):
    """The statistic, in standard deviations from its mean."""
    freedom = len(counts) - 1
    return (np.sum((counts - expected) ** 2) / expected - freedom) / np.sqrt(2 * freedom)
