"""Tiny decoders of KerasHub's: the family's name, and its backbone's arguments, by case."""

from functools import cache

import numpy as np

from nlpkit.tokenizers import compute_sentence_piece_proto

TEXTS = ["ab abb", "a", "abab b"]
MERGES = ["a b", "Ġ ab"]
SPECIAL = (
    "<s>",
    "</s>",
    "<pad>",
    "<|endoftext|>",
    "<|im_end|>",
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<think>",
    "</think>",
)
_SIZES = {"vocabulary_size": 17, "num_layers": 2, "hidden_dim": 16, "intermediate_dim": 12}
_PLAIN = {**_SIZES, "num_heads": 4}
_GROUPED = {**_SIZES, "num_query_heads": 4, "num_key_value_heads": 2}
_SHORT = {**_PLAIN, "max_sequence_length": 16}
_LLAMA3_SCALING = {
    "rope_frequency_adjustment_factor": 4.0,
    "rope_low_freq_factor": 1.0,
    "rope_high_freq_factor": 4.0,
    "rope_pretraining_sequence_length": 16,
}
_LINEAR = {"rope_max_wavelength": 100, "rope_scaling_factor": 2.0, "layer_norm_epsilon": 1e-3}
_GEMMA2 = {
    "use_post_ffw_norm": True,
    "use_post_attention_norm": True,
    "attention_logit_soft_cap": 2.0,
    "final_logit_soft_cap": 3.0,
    "use_sliding_window_attention": True,
    "sliding_window_size": 3,
}
_GEMMA3 = {**_GROUPED, "head_dim": 6, "image_size": None, "vision_encoder": None}
_LONG = {
    "rope_scaling_type": "su",
    "rope_scaling_short_factor": [1.0, 2.0],
    "rope_scaling_long_factor": [3.0, 4.0],
    "max_sequence_length": 64,
    "pretraining_sequence_length": 16,
}
_SMOLLM3 = {
    **_SIZES,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "attention_bias": False,
    "attention_dropout": 0.0,
    "rope_layer_enabled_list": [True, False],
    "layer_types": ["full_attention"] * 2,
    "mlp_bias": False,
    "layer_norm_epsilon": 1e-3,
    "max_position_embeddings": 64,
    "rope_theta": 100.0,
    "partial_rotary_factor": 1.0,
}
CASES = {
    "gpt2": ("GPT2", _SHORT),
    "opt": ("OPT", _SHORT),
    "bloom": ("Bloom", {**_PLAIN, "intermediate_dim": 64, "layer_norm_epsilon": 1e-3}),
    "falcon": ("Falcon", {**_SIZES, "intermediate_dim": 64, "num_attention_heads": 4}),
    "gpt_neo_x": ("GPTNeoX", {**_SHORT, "rotary_percentage": 0.5, "rotary_max_wavelength": 100}),
    "llama": ("Llama", {**_GROUPED, "rope_max_wavelength": 100, "layer_norm_epsilon": 1e-3}),
    "llama3": ("Llama3", {**_GROUPED, "rope_max_wavelength": 100, **_LLAMA3_SCALING}),
    "mistral": ("Mistral", {**_GROUPED, **_LINEAR, "sliding_window": 3, "head_dim": 6}),
    "mistral_without_window": ("Mistral", {**_GROUPED, "sliding_window": None}),
    "mixtral": (
        "Mixtral",
        {**_GROUPED, **_LINEAR, "num_experts": 3, "top_k": 2, "sliding_window": 3},
    ),
    "qwen": ("Qwen", {**_GROUPED, **_LINEAR}),
    "qwen_untied_with_window": (
        "Qwen",
        {
            **_GROUPED,
            "tie_word_embeddings": False,
            "use_sliding_window_attention": True,
            "sliding_window_size": 3,
        },
    ),
    # KerasHub's norms of queries and keys have these epsilons, whatever is stated.
    "qwen3": (
        "Qwen3",
        {
            **_GROUPED,
            **_LINEAR,
            "layer_norm_epsilon": 1e-5,
            "head_dim": 6,
            "sliding_window_size": 3,
        },
    ),
    "qwen3_untied": ("Qwen3", {**_GROUPED, "head_dim": 6, "tie_word_embeddings": False}),
    "qwen3_moe": (
        "Qwen3Moe",
        {
            **_GROUPED,
            **_LINEAR,
            "layer_norm_epsilon": 1e-6,
            "head_dim": 6,
            "moe_intermediate_dim": 10,
            "num_experts": 3,
            "top_k": 2,
            "norm_top_k_prob": True,
            "sliding_window_size": 3,
        },
    ),
    "phi3": ("Phi3", {**_GROUPED, "rope_max_wavelength": 100}),
    "phi3_long": ("Phi3", {**_GROUPED, **_LONG}),
    "gemma": ("Gemma", {**_GROUPED, "head_dim": 6}),
    "gemma2": ("Gemma", {**_GROUPED, "head_dim": 6, **_GEMMA2}),
    "gemma3": (
        "Gemma3",
        {**_GEMMA3, **_GEMMA2, "num_layers": 7, "global_rope_scaling_factor": 2.0},
    ),
    "gemma3_plain": ("Gemma3", {**_GEMMA3, "use_query_key_norm": False}),
    "gpt_oss": ("GptOss", {**_GROUPED, **_LINEAR, "num_experts": 3, "head_dim": 6}),
    "smollm3": ("SmolLM3", _SMOLLM3),
}


def write_decoder(folder, family, arguments):
    """Write KerasHub's own folder of a random model; returns the model."""
    from keras_hub import models

    parts = ("Tokenizer", "Backbone", "CausalLM", "CausalLMPreprocessor")
    cls = {part: getattr(models, family + part) for part in parts}
    preprocessor = cls["CausalLMPreprocessor"](
        tokenizer=_tokenizer(cls["Tokenizer"]),
        sequence_length=12,
        **({"image_converter": None} if family == "Gemma3" else {}),
    )
    backbone = cls["Backbone"](**arguments)
    task = cls["CausalLM"](backbone=backbone, preprocessor=preprocessor)
    generator = np.random.default_rng(5)
    for variable in task.backbone.trainable_weights:
        variable.assign(generator.normal(scale=0.5, size=variable.shape))
    task.save_to_preset(str(folder))
    return task


def _tokenizer(cls):
    """KerasHub's tokenizer of a class with a tiny vocabulary."""
    from keras_hub.tokenizers import SentencePieceTokenizer

    if issubclass(cls, SentencePieceTokenizer):
        return cls(_proto(), **({"has_vision_tokens": False} if "Gemma3" in cls.__name__ else {}))
    pieces = [*SPECIAL, "a", "b", "Ġ", "ab", "Ġab"]
    return cls({piece: i for i, piece in enumerate(pieces)}, MERGES)


@cache
def _proto():
    special = ["<bos>", "<eos>", "<|endoftext|>"]
    return compute_sentence_piece_proto(TEXTS, 14, "bpe", special_tokens=special)
