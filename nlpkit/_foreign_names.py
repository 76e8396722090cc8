"""Hints in error messages for argument names of transformers."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])

ARGUMENTS = {
    "attention_mask": "padding_mask, in the dict of inputs",
    "do_sample": 'sampler="greedy", or "top_k", "top_p" or "random" to draw',
    "eos_token_id": "stop_token_ids",
    "id2label": "labels",
    "input_ids": "inputs; ids are a list of lists, or a dict with token_ids",
    "max_tokens": "max_new_tokens",
    "n": "num_return_sequences",
    "no_repeat_ngram_size": "repetition_penalty",
    "num_beams": 'sampler=nlpkit.samplers.BeamSampler(num_beams=…), or sampler="beam"',
    "num_labels": "num_classes",
    "pad_token_id": "Prompts need no padding",
    "return_full_text": "strip_prompt",
    "stop": "stop_strings",
    "streamer": "stream=True",
    "max_length": "sequence_length",
    "padding": "sequence_length of the preprocessor, which pads to it",
    "packing": "packing=True of from_preset or of the preprocessor",
    "return_tensors": "Arrays of NumPy come out, and tensors in tf.data",
    "add_special_tokens": "add_start_token and add_end_token of the preprocessor",
    "skip_special_tokens": "preprocessor.generate_postprocess, which leaves them out",
    "torch_dtype": "dtype",
    "device_map": "Keras places the model, see keras.distribution",
    "trust_remote_code": "Code of a repository is never run",
    "return_offsets_mapping": "encode",
}
ATTRIBUTES = {
    "apply_chat_template": "Write the conversation as the model's template has it, as a str",
    "batch_decode": "detokenize",
    "batch_encode_plus": "encode",
    "bos_token_id": "start_token_id",
    "convert_ids_to_tokens": "id_to_token",
    "convert_tokens_to_ids": "token_to_id",
    "decode": "detokenize",
    "encode_plus": "encode",
    "eos_token_id": "end_token_id",
    "from_pretrained": "from_preset",
    "save_pretrained": "save_to_preset",
    "vocab_size": "vocabulary_size()",
}


def advice(name: str, known: Mapping[str, str] = ARGUMENTS) -> str:
    """A sentence naming the counterpart of a transformers argument, or an empty string."""
    told = known.get(name, "")
    return f" {told}." if told[:1].isupper() else f" Use {told}." if told else ""


def explains_names(method: Method) -> Method:
    """Decorate a method to explain arguments of transformers that it does not have."""
    accepted = inspect.signature(method).parameters

    @functools.wraps(method)
    def checked(*args: Any, **kwargs: Any) -> Any:
        for name in kwargs.keys() - accepted.keys():
            if name in ARGUMENTS:
                raise TypeError(f"{method.__name__} has no argument {name!r}.{advice(name)}")
        return method(*args, **kwargs)

    return checked  # type: ignore[return-value]
