"""The public layers with weights, or on floats."""

import keras
import numpy as np

import nlpkit
from conformance.cases.case import Case

_RNG = np.random.default_rng(2)
HIDDEN = _RNG.normal(size=(2, 5, 8)).astype("float32")
CONTEXT = _RNG.normal(size=(2, 4, 8)).astype("float32")
IDS = _RNG.integers(1, 11, (2, 5)).astype("int32")
PADDING_MASK = np.arange(5) < np.array([[5], [3]])
CONTEXT_PADDING_MASK = np.arange(4) < np.array([[2], [4]])
ATTENTION_MASK = np.tril(np.ones((2, 5, 5), bool))
# Adding a constant to the scores of a row does not change its softmax.
KEY_BIAS = ("key/bias",)


def _dense_arguments() -> dict:
    return {
        "dropout": 0.2,
        "activation": "gelu",
        "layer_norm_epsilon": 1e-3,
        "kernel_initializer": keras.initializers.RandomNormal(stddev=0.3),
        "bias_initializer": "ones",
    }


def _attention_arguments() -> dict:
    return {
        "num_heads": 2,
        "key_dim": 3,
        "value_dim": 4,
        "dropout": 0.2,
        "use_bias": False,
        "output_shape": 6,
        "attention_axes": [1],
        "flash_attention": False,
        "sliding_window": 3,
        "use_gate": True,
        "kernel_initializer": keras.initializers.RandomNormal(stddev=0.3),
        "bias_initializer": "ones",
        "kernel_regularizer": keras.regularizers.L2(0.1),
        "bias_regularizer": keras.regularizers.L1(0.1),
        "kernel_constraint": keras.constraints.NonNeg(),
        "bias_constraint": keras.constraints.MaxNorm(1.0),
        "seed": 3,
    }


def _transformer_arguments() -> dict:
    return {
        "intermediate_dim": 12,
        "num_heads": 2,
        "normalize_first": True,
        **_dense_arguments(),
    }


def _table_arguments() -> dict:
    return {
        "embeddings_initializer": keras.initializers.RandomNormal(stddev=0.3),
        "tie_weights": False,
        "mask_zero": True,
    }


def _head_arguments() -> dict:
    return {
        "token_embedding": nlpkit.layers.ReversibleEmbedding(11, 8, name="shared"),
        "intermediate_activation": "gelu",
        "activation": "softmax",
        "layer_norm_epsilon": 1e-3,
        "kernel_initializer": keras.initializers.RandomNormal(stddev=0.3),
        "bias_initializer": "ones",
    }


MODELING_LAYERS = [
    Case(
        "TransformerEncoder",
        _transformer_arguments,
        {"inputs": HIDDEN, "padding_mask": PADDING_MASK, "attention_mask": ATTENTION_MASK},
        masks={"padding_mask": "inputs"},
        no_gradient=KEY_BIAS,
    ),
    Case(
        "TransformerDecoder",
        _transformer_arguments,
        {
            "decoder_sequence": HIDDEN,
            "encoder_sequence": CONTEXT,
            "decoder_padding_mask": PADDING_MASK,
            "encoder_padding_mask": CONTEXT_PADDING_MASK,
        },
        masks={
            "decoder_padding_mask": "decoder_sequence",
            "encoder_padding_mask": "encoder_sequence",
        },
        no_gradient=KEY_BIAS,
    ),
    Case(
        "CachedMultiHeadAttention",
        _attention_arguments,
        {"query": HIDDEN, "value": CONTEXT, "key": CONTEXT * 2},
        no_gradient=KEY_BIAS,
    ),
    Case("FNetEncoder", lambda: {"intermediate_dim": 12, **_dense_arguments()}, {"inputs": HIDDEN}),
    Case(
        "MaskedLMHead",
        _head_arguments,
        {"inputs": HIDDEN, "mask_positions": np.array([[1, 3], [0, 2]], "int32")},
        others={
            "size": lambda: {"vocabulary_size": 11},
            "weights": lambda: {"embedding_weights": np.ones((11, 8), "float32")},
            "no_biases": lambda: {**_head_arguments(), "use_bias": False, "norm_bias": False},
            "projection": lambda: {
                "vocabulary_size": 11,
                "transform": False,
                "use_output_bias": False,
            },
        },
        needs=("token_embedding",),
    ),
    Case(
        "TokenAndPositionEmbedding",
        lambda: {
            "vocabulary_size": 11,
            "sequence_length": 7,
            "embedding_dim": 8,
            **_table_arguments(),
        },
        {"inputs": IDS, "start_index": 1},
        no_gradient=("reverse_embeddings",),
    ),
    Case(
        "PositionEmbedding",
        lambda: {"sequence_length": 7, "initializer": "he_normal"},
        {"inputs": HIDDEN, "positions": IDS % 7},
    ),
    Case("SinePositionEncoding", lambda: {"max_wavelength": 50}, {"inputs": HIDDEN}),
    Case(
        "RotaryEmbedding",
        lambda: {
            "max_wavelength": 50,
            "scaling_factor": 2.0,
            "rope_type": "yarn",
            "beta_fast": 8.0,
            "beta_slow": 0.5,
            "original_max_position_embeddings": 64,
            "truncate": False,
            "sequence_axis": 2,
            "feature_axis": 1,
        },
        {"inputs": HIDDEN[:, :4], "start_index": 2},
        others={
            "dynamic": lambda: {
                "scaling_factor": 3.0,
                "rope_type": "dynamic",
                "denominator_dim": 12,
            },
        },
    ),
    Case(
        "AlibiBias",
        lambda: {"alibi_bias_max": 4},
        {"attention_scores": _RNG.normal(size=(2, 3, 5, 5)).astype("float32")},
    ),
    Case(
        "ReversibleEmbedding",
        lambda: {
            "input_dim": 11,
            "output_dim": 8,
            "embeddings_regularizer": keras.regularizers.L2(0.1),
            "embeddings_constraint": keras.constraints.NonNeg(),
            "reverse_dtype": "float32",
            "logit_soft_cap": 5.0,
            **_table_arguments(),
        },
        {"inputs": IDS},
        no_gradient=("reverse_embeddings",),
    ),
    Case(
        "RMSNormalization",
        lambda: {"input_dim": 8, "epsilon": 0.1},
        {"x": HIDDEN},
        others={"axes": lambda: {"axis": [1, 2]}},
    ),
]
