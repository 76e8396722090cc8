"""A strict reader of Hugging Face's config.json: what nobody understands is an error."""

from collections.abc import Collection, Mapping
from typing import Any

_REQUIRED: Any = object()

# Keys that change no output of a model: where it comes from, how it was trained, what its training
# initialised, names of tokens and labels, what is returned beside the output, how text is sampled.
_INERT = """
    _name_or_path architectures dtype finetuning_task model_type name
    source tokenizer_class torch_dtype transformers_version transformers.js_config
    gradient_checkpointing initializer_factor initializer_range use_bfloat16 tf_legacy_loss
    classifier_dropout id2label label2id num_labels problem_type task_specific_params
    bos_token_id cls_token_id decoder_start_token_id eos_token_id mask_token_id pad_token_id
    sep_token_id unk_token_id
    chunk_size_feed_forward output_attentions output_hidden_states output_past return_dict
    torchscript use_cache
    bad_words_ids begin_suppress_tokens diversity_penalty do_sample early_stopping
    encoder_no_repeat_ngram_size exponential_decay_length_penalty forced_bos_token_id
    forced_eos_token_id length_penalty max_length min_length no_repeat_ngram_size num_beam_groups
    num_beams num_return_sequences output_scores prefix remove_invalid_values repetition_penalty
    return_dict_in_generate suppress_tokens temperature top_k top_p typical_p
"""
INERT = frozenset(_INERT.split())
# Keys that change nothing as long as they have this value.
INERT_AT: dict[str, Any] = {
    "add_cross_attention": False,
    "is_decoder": False,
    "is_encoder_decoder": False,
    "pruned_heads": {},
    "tie_encoder_decoder": False,
}


class ConfigReader:
    """Reads a configuration and remembers which of its keys were read.

    A key with the value null counts as absent, as it does for Hugging Face.

    Args:
        config: dict. The parsed config.json.
        source: str. Its name, for error messages.

    Example:
        >>> from nlpkit.presets.config_reader import ConfigReader
        >>> reader = ConfigReader({"hidden_size": 8, "hidden_act": "gelu"})
        >>> reader.get("hidden_size", kind=int)
        8
        >>> reader.require("hidden_act", {"gelu": "gelu", "relu": "relu"})
        'gelu'
        >>> reader.finish()
    """

    def __init__(self, config: Mapping[str, Any], source: str = "config.json") -> None:
        self._config = dict(config)
        self._source = source
        self._read: set[str] = set()

    def get(self, name: str, default: Any = _REQUIRED, kind: type | None = None) -> Any:
        """The value of a key.

        Args:
            name: str. The key.
            default: what to return when the key is absent; without it the key is required.
            kind: type of the value; by default that of `default`. float also takes integers.

        Raises:
            ValueError: the key is required and absent, or its value is of another type.
        """
        self._read.add(name)
        value = self._config.get(name)
        if value is None:
            if default is _REQUIRED:
                raise ValueError(f"{self._source} lacks the key {name!r}.")
            return default
        if kind is None and default is not None and default is not _REQUIRED:
            kind = type(default)
        if kind is not None and not _is(value, kind):
            raise ValueError(
                f"{self._source}: {name!r} must be of type {kind.__name__}; got {value!r}."
            )
        return value

    def require(
        self, name: str, allowed: Mapping[Any, Any] | Collection[Any], default: Any = _REQUIRED
    ) -> Any:
        """The value of a key of which only some values are supported.

        Args:
            name: str. The key.
            allowed: the supported values; a dict maps them to what is returned.
            default: the value of an absent key; without it the key is required.

        Raises:
            ValueError: another value stands there; the message lists the supported ones.
        """
        value = self.get(name, default, kind=object)
        supported = [
            known
            for known in allowed
            if known == value and isinstance(known, bool) == isinstance(value, bool)
        ]
        if not supported:
            listed = ", ".join(repr(known) for known in allowed)
            raise ValueError(
                f"{self._source}: {name}={value!r} is not supported; supported: {listed}."
            )
        return allowed[value] if isinstance(allowed, Mapping) else value

    def has(self, name: str) -> bool:
        """Whether a key is there; does not mark it as read."""
        return self._config.get(name) is not None

    def is_null(self, name: str) -> bool:
        """Whether a key is there with the value null, where that means none and not the default."""
        return name in self._config and self._config[name] is None

    def ignore(self, *names: str) -> None:
        """Mark keys as read that have no effect in this family."""
        self._read.update(names)

    def finish(self) -> None:
        """Make sure that every key was read or is inert.

        Raises:
            ValueError: some were not; the message names them with their values.
        """
        unread = {
            name: value
            for name, value in self._config.items()
            if name not in self._read and name not in INERT and value is not None
        }
        for name in unread.keys() & INERT_AT.keys():
            self.require(name, [INERT_AT[name]])
            del unread[name]
        if unread:
            listed = ", ".join(f"{name}={value!r}" for name, value in sorted(unread.items()))
            raise ValueError(
                f"{self._source} has keys that nlpkit does not know and that may change the "
                f"model's output: {listed}. Remove from a copy of the file what has no effect."
            )


def _is(value: Any, kind: type) -> bool:
    if isinstance(value, bool) and kind in (int, float):
        return False
    return isinstance(value, int | float) if kind is float else isinstance(value, kind)
