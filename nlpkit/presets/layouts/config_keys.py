"""Keys of published config.json files that families do not read: inert ones and rejected ones.

Gathered from the configurations that people own: of transformers 2 to 5, of the original code of
BERT and GPT-2, and of the tools that train, merge and publish. A key that stands in none of these
tables is refused, as it may change the model's output.
"""

from typing import Any

# Keys that change no output of a model, whatever their value.
_INERT = """
    # Where it comes from, and what opens it. Code in the repository (auto_map) is never run.
    _commit_hash _from_auto _from_model_config _name_or_path architectures auto_map base_model
    base_model_name_or_path custom_pipelines dtype language model_name model_type name name_or_path
    source tokenizer_class tokenizer_type torch_dtype transformers.js_config transformers_version
    transformers_weights use_safetensors vocab_file

    # How it was trained, and what its training initialized.
    fine_tuning_task finetuning_task gradient_checkpointing init_std initializer_factor
    initializer_range keys_to_ignore_at_inference layerdrop loss_function loss_type
    matryoshka_dimensions n_special neftune_noise_alpha output_router_logits
    predict_special_tokens router_aux_loss_coef router_jitter_noise router_z_loss_coef
    task_specific_params tf_legacy_loss use_bfloat16 use_gradient_checkpointing xla_device

    # Of heads that nlpkit reads elsewhere or does not have.
    _num_labels classifier_dropout classifier_dropout_prob directionality id2label label2id
    num_choices num_labels
    pooler_fc_size pooler_num_attention_heads pooler_num_fc_layers pooler_size_per_head pooler_type
    problem_type qa_dropout seq_classif_dropout summary_activation summary_first_dropout
    summary_hidden_size summary_last_dropout summary_proj_to_labels summary_type summary_use_proj

    # Names of tokens, and lengths that set no limit.
    bos_token bos_token_id cls_token cls_token_id decoder_start_token_id eos_token eos_token_id
    eos_token_ids mask_token mask_token_id max_seq_len max_seq_length max_sequence_length
    max_window_layers model_max_length pad_token pad_token_id padding_side seq_len seq_length
    sep_token sep_token_id unk_token unk_token_id

    # Which code computes the same numbers, and what is returned beside them.
    _attn_implementation _attn_implementation_autoset _attn_implementation_internal
    _experts_implementation _experts_implementation_internal _flash_attn_2_enabled
    attention_implementation attn_implementation base_model_tp_plan cache_implementation
    chunk_size_feed_forward deterministic_flash_attn ep_size experts_implementation
    fused_bias_fc fused_dropout_add_ln fused_mlp logits_to_keep num_logits_to_keep
    output_attentions output_hidden_states output_past output_scores pretraining_tp return_dict
    tensor_parallel torchscript tp_plan tp_size use_cache use_flash_attention
    use_flash_attention_2 use_flash_attn use_flash_attn_2 use_memory_efficient_attention
    use_sdpa use_xformers world_size

    # How text is sampled: generation_config.json, when it was still part of config.json.
    assistant_confidence_threshold bad_words_ids begin_suppress_tokens chat_template
    diversity_penalty do_sample early_stopping encoder_no_repeat_ngram_size epsilon_cutoff
    eta_cutoff exponential_decay_length_penalty forced_bos_token_id forced_eos_token_id
    generation_config guidance_scale is_assistant length_penalty max_length max_new_tokens
    max_time min_length min_new_tokens min_p no_repeat_ngram_size num_assistant_tokens
    num_assistant_tokens_schedule num_beam_groups num_beams num_return_sequences penalty_alpha
    prefix prompt_lookup_num_tokens remove_invalid_values renormalize_logits repetition_penalty
    return_dict_in_generate stop_strings suppress_tokens temperature top_k top_p typical_p

    # Notes of other tools. Adapters that are not merged are tensors, and found there; what a
    # cross-encoder applies to its logits is for who asks for probabilities.
    adapter_fusion adapters axolotl_config peft peft_config peft_type peft_version
    sbert_ce_default_activation_fn sbert_ce_default_activation_function sentence_transformers
    unsloth_fixed unsloth_patched unsloth_version
"""
INERT = frozenset(
    name
    for line in _INERT.splitlines()
    if not line.strip().startswith("#")
    for name in line.split()
)

# Keys that change nothing as long as they have one of these values: switches that are off.
INERT_AT: dict[str, tuple[Any, ...]] = {
    "activation_dropout": (0,),
    "add_cross_attention": (False,),
    "alibi": (False,),
    "attention_bias": (False,),
    "attention_dropout": (0,),
    "attn_pdrop": (0,),
    "embd_pdrop": (0,),
    "embedding_multiplier": (1,),
    "head_bias": (False,),
    "hidden_dropout": (0,),
    "is_decoder": (False,),
    "is_encoder_decoder": (False,),
    "is_llama_config": (True,),
    "layernorm_embedding": (False,),
    "lm_head_bias": (False,),
    "logits_scaling": (1,),
    "mlp_bias": (False,),
    "num_nextn_predict_layers": (0,),
    "parallel_residual": (False,),
    "partial_rotary_factor": (1,),
    "position_embedding_type": ("absolute",),
    "pruned_heads": ({},),
    "qk_layer_norms": (False,),
    "qk_layernorm": (False,),
    "resid_pdrop": (0,),
    "residual_dropout": (0,),
    "residual_multiplier": (1,),
    "rope_interleaved": (False,),
    "rotary_scaling_factor": (1,),
    "tie_encoder_decoder": (False,),
    "use_bidirectional_attention": (False,),
    "use_mrope": (False,),
    "use_qk_norm": (False,),
    "use_sliding_window": (False,),
}

_QUANTIZED = "the weights are quantized; publish or convert them unquantized first"
_MULTIMODAL = "the model takes more than text; nlpkit reads text models alone"
# Keys that are known and change numbers, with what they say.
REFUSED = {
    "attn_logit_softcapping": "logits of attention are capped, which this family does not do",
    "audio_config": _MULTIMODAL,
    "clip_qkv": "queries, keys and values are clipped",
    "compression_config": _QUANTIZED,
    "embedding_multiplier": "embeddings are scaled, as Granite's are",
    "final_logit_softcapping": "logits are capped, which this family does not do",
    "layer_types": "layers differ in what they attend to, which this family's do not",
    "logits_scaling": "logits are scaled, as Granite's are",
    "num_nextn_predict_layers": "it predicts several tokens at once",
    "quantization": _QUANTIZED,
    "quantization_config": _QUANTIZED,
    "residual_multiplier": "residuals are scaled, as Granite's are",
    "rope_parameters": "positions are rotary, which this family's are not",
    "rope_scaling": "positions are rotary, which this family's are not",
    "sliding_window": "attention has a window, which this family's has not",
    "text_config": _MULTIMODAL,
    "vision_config": _MULTIMODAL,
}
