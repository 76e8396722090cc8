"""KerasHub's decoders with layer norms and biases, as GPT-2 has them; see `kerashub_families`."""

from nlpkit.presets.layouts.kerashub.decoder import END_OF_TEXT, SIZES, TOKENS, byte_pairs, decoder
from nlpkit.presets.layouts.kerashub.layers import (
    BIASED_LAYER,
    FLAT_OUTPUT_LAYER,
    FUSED_LAYER,
    renamed,
)

_POSITIONS = """
position_embedding/embeddings <- layers/position_embedding/0
"""
_OPT_EMBEDDINGS = renamed(
    TOKENS + _POSITIONS,
    {
        "layers/reversible_embedding/0": "layers/token_and_position_embedding/token_embedding/0",
        "layers/position_embedding/0": (
            "layers/token_and_position_embedding/position_embedding/0 | after 2 rows"
        ),
    },
)
_FINAL_NORM = """
final_norm/gamma <- layers/layer_normalization/0
final_norm/beta <- layers/layer_normalization/1
"""
_BLOOM_NORMS = """
embeddings_norm/gamma <- layers/layer_normalization/0
embeddings_norm/beta <- layers/layer_normalization/1
final_norm/gamma <- layers/layer_normalization_1/0
final_norm/beta <- layers/layer_normalization_1/1
"""
_PLAIN = (*SIZES, "num_heads", "dropout")
_GPT2 = decoder(
    "GPT2",
    END_OF_TEXT,
    {
        "arguments": (*_PLAIN, "max_sequence_length"),
        "lines": TOKENS + _POSITIONS + _FINAL_NORM,
    },
    BIASED_LAYER,
    "transformer_decoder",
)
_OPT = decoder(
    "OPT",
    byte_pairs("</s>", "<pad>"),
    {"arguments": (*_PLAIN, "max_sequence_length"), "lines": _OPT_EMBEDDINGS + _FINAL_NORM},
    BIASED_LAYER,
    "transformer_decoder",
)
_BLOOM = decoder(
    "Bloom",
    byte_pairs("<s>", "</s>", "<pad>"),
    {"arguments": (*_PLAIN, "layer_norm_epsilon"), "lines": TOKENS + _BLOOM_NORMS},
    renamed(
        FLAT_OUTPUT_LAYER,
        {
            "self_attention_layer_norm": "pre_attention_layer_norm",
            "feedforward_layer_norm": "post_attention_layer_norm",
            "feedforward_": "mlp_",
        },
    ),
    "bloom_decoder",
)
_FALCON = decoder(
    "Falcon",
    END_OF_TEXT,
    {
        "arguments": (
            *SIZES,
            "num_attention_heads",
            "layer_norm_epsilon",
            "attention_dropout_rate",
            "feedforward_dropout_rate",
        ),
        "lines": TOKENS + _FINAL_NORM,
    },
    renamed(
        FLAT_OUTPUT_LAYER,
        {
            "self_attention_layer/": "attention_layer/",
            "self_attention_layer_norm": "input_layer_norm",
            "feedforward_layer_norm": "post_attention_layer_norm",
            "feedforward_intermediate_dense": "dense_h_to_4h",
            "feedforward_output_dense": "dense_4h_to_h",
        },
    ),
    "falcon_transformer_decoder",
    sizes={"heads": "num_attention_heads", "groups": "num_attention_heads"},
)
_GPT_NEO_X = decoder(
    "GPTNeoX",
    END_OF_TEXT,
    {
        "arguments": (
            *_PLAIN,
            "layer_norm_epsilon",
            "max_sequence_length",
            "rotary_percentage",
            "rotary_max_wavelength",
        ),
        "fixed": {"activation": "gelu_tanh", "tie_word_embeddings": True},
        "lines": TOKENS + _FINAL_NORM,
    },
    FUSED_LAYER,
    "gpt_neo_x_decoder",
)
BIASED_DECODERS = (_BLOOM, _FALCON, _GPT2, _GPT_NEO_X, _OPT)
