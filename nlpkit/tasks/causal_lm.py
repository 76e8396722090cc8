"""CausalLM: causal language models and text generation."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import keras
from keras import ops

from nlpkit import samplers
from nlpkit._foreign_names import explains_names
from nlpkit._types import Data, KerasIdentifier, Tensor
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.spec import HeadSpec
from nlpkit.generation.cached_decoding import CachedDecoding
from nlpkit.generation.generate import Generation
from nlpkit.generation.options import Options
from nlpkit.generation.prompts import width_of
from nlpkit.generation.scoring import Scoring
from nlpkit.generation.stop_tokens import read_stop_tokens, write_stop_tokens
from nlpkit.modules.dense import Dense
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.mapping.weight_table import Line, parse
from nlpkit.samplers.combination import combine
from nlpkit.samplers.loop.execution import Execution
from nlpkit.tasks.task import Task

_TIED = "backbone/token_embedding/embeddings <- lm_head.weight ; tied"


class CausalLM(CachedDecoding, Scoring, Task):
    r"""Predict the next token of a text (Radford et al., 2018), and generate text.

    The head is the transposed token embedding, or a dense layer if the family has an untied
    one. It compiles itself with AdamW (2e-5), sparse categorical cross-entropy and accuracy, both
    weighted, and top-k sampling. `CausalLM.from_preset` finds the family of a preset.

    Args:
        backbone: `Backbone`, a decoder.
        preprocessor: `CausalLMPreprocessor`; None if the input is preprocessed already.
        stop_token_ids: list of int or None. Tokens that end a text, in addition to the
            preprocessor's.
        **kwargs: `name`, `trainable` of `keras.Model`, and `compile` (bool, default True).

    Call arguments:
        inputs: the backbone's inputs.
        training: bool. Whether dropout is applied.

    Returns:
        float `[batch, seq, vocabulary_size]`, the logits of each next token.

    Raises:
        ValueError: the backbone or the preprocessor is of another family.

    Example:
        >>> causal_lm = nlpkit.models.CausalLM.from_preset("gpt2_nano_en_shakespeare")
        >>> causal_lm.generate("ROMEO:", max_new_tokens=6, sampler="greedy")
        "ROMEO:\nI'll not, I"
    """

    per_token = True

    def __init__(
        self,
        backbone: Backbone,
        preprocessor: Preprocessor | None = None,
        *,
        stop_token_ids: Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        head = backbone.head
        if head is None:
            raise ValueError(f"Expected a decoder backbone; got {backbone.name}.")
        projection = None
        if not head.tied:
            projection = Dense(
                backbone.token_embedding.input_dim,
                use_bias=head.use_bias,
                kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.02),
                dtype=backbone.dtype_policy,
                name="lm_head",
            )
        hidden = backbone(backbone.input)
        outputs = _logits(head, projection, backbone.token_embedding, hidden)
        super().__init__(
            backbone.input, outputs, backbone=backbone, preprocessor=preprocessor, **kwargs
        )
        self.stop_token_ids = stop_token_ids
        self._projection = projection
        self._execution = Execution(self)
        self.sampler = samplers.get("top_k")
        self._compile_itself()

    def compile(
        self,
        optimizer: KerasIdentifier = "auto",
        loss: KerasIdentifier = "auto",
        *,
        weighted_metrics: KerasIdentifier = "auto",
        sampler: str | samplers.Sampler = "top_k",
        **kwargs: Any,
    ) -> None:
        """Configure training and generation.

        Args:
            optimizer: as for `keras.Model.compile`; "auto" is AdamW (2e-5, no decay).
            loss: "auto" is sparse categorical cross-entropy on logits.
            weighted_metrics: "auto" is accuracy.
            sampler: str or `Sampler`. How `generate` chooses tokens.
            **kwargs: further arguments of `keras.Model.compile`.
        """
        if optimizer == "auto":
            optimizer = keras.optimizers.AdamW(2e-5, weight_decay=0.0)
        if loss == "auto":
            # The mean over the tokens with a weight, independent of the padding.
            loss = keras.losses.SparseCategoricalCrossentropy(
                from_logits=True, reduction="mean_with_sample_weight"
            )
        if weighted_metrics == "auto":
            weighted_metrics = [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
        super().compile(optimizer=optimizer, loss=loss, weighted_metrics=weighted_metrics, **kwargs)
        self.sampler = samplers.get(sampler)
        # A custom sampler may have changed since it was compiled.
        self._execution = Execution(self)
        self.generate_function = None

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of `compile`, including the sampler."""
        config = super().get_compile_config()
        return config and {**config, "sampler": samplers.serialize(self.sampler)}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as `get_compile_config` says."""
        given = {name: value for name, value in config.items() if name != "sampler"}
        super().compile_from_config(given)
        self.sampler = samplers.get(config["sampler"])

    @property
    def spelled_words(self) -> int:
        """The number of ids that the tokenizer has; the backbone's others are not generated."""
        rows = int(self.backbone.token_embedding.input_dim)
        tokenizer: Any = getattr(self.preprocessor, "tokenizer", None)
        if not getattr(tokenizer, "has_vocabulary", False):
            return rows
        return min(rows, tokenizer.vocabulary_size())

    def call(self, inputs: Data, training: bool | None = None, mask: Tensor = None) -> Any:
        """Run on the backbone's inputs, including optional ones."""
        return self._logits(self.backbone(inputs, training=training))

    def compute_output_spec(
        self, inputs: Data, training: bool | None = None, mask: Tensor = None
    ) -> Any:
        """The logits' shape and dtype."""
        token_ids = inputs["token_ids"] if isinstance(inputs, dict) else inputs
        words = self.backbone.token_embedding.input_dim
        return keras.KerasTensor((*token_ids.shape, words), dtype=self.compute_dtype)

    def _assert_input_compatibility(self, *_: Any) -> None:
        """The backbone checks its inputs."""

    @explains_names
    def generate(
        self,
        inputs: Data,
        max_length: int | None = None,
        stop_token_ids: Sequence[int | str] | str | None = "auto",
        strip_prompt: bool = False,
        *,
        max_new_tokens: int | None = None,
        stop_strings: Sequence[str] | str | None = None,
        num_return_sequences: int = 1,
        seed: int | Sequence[int] | None = None,
        sampler: str | samplers.Sampler | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
        top_p: float | None = None,
        min_p: float | None = None,
        repetition_penalty: float | None = None,
        truncation: str = "error",
        batch_size: int = 32,
        stream: bool = False,
        verbose: int | str = "auto",
    ) -> Any:
        """Continue prompts.

        The continuation of a prompt does not depend on other prompts of the batch or on padding.

        Args:
            inputs: str, list or array of str, `tf.data.Dataset` of batches; or ids to continue: a
                list of lists, or a dict of `token_ids` and `padding_mask`, `[batch, seq]`, padded
                on either side.
            max_length: int. The maximum number of tokens of a text, including the prompt; by
                default the preprocessor's `sequence_length`, or for a dict the width of its arrays;
                at most the number of the model's positions.
            stop_token_ids: ints or strs. Tokens that end a text; "auto" means the preprocessor's
                and the model's own (`eos_token_id` of a preset), None means none.
            strip_prompt: bool. Whether to return only the continuation.
            max_new_tokens: int. The maximum number of tokens of a continuation.
            stop_strings: str or list of str. Texts that end a continuation, not included in it.
            num_return_sequences: int. The number of continuations of each prompt; if more than 1,
                each prompt gets a list.
            seed: int, or one for each prompt, whose text then depends on nothing else; with one
                int, equal prompts get different random numbers. None uses another seed each time.
            sampler: str or `Sampler`. Replaces that of `compile`.
            temperature, top_k, top_p, min_p, repetition_penalty: numbers that modify the sampler,
                see `nlpkit.samplers`; they turn greedy search into sampling.
            truncation: str. What happens to prompts that are too long: "error", or "left", which
                keeps their end.
            batch_size: int. The number of texts generated at once.
            stream: bool. Whether to return an iterator over chunks of text as they are generated:
                str for a single prompt, for several a list of one chunk each. Their concatenation
                is the continuation.
            verbose: int or str. 0 shows no progress bar; "auto" shows one for long runs.

        Returns:
            str for a str, otherwise a list; for ids, a list of lists or a dict of arrays padded on
            the right, as the inputs are.

        Raises:
            ValueError: a prompt is empty or too long, an argument is out of range or conflicts with
                another, or logits are NaN.
        """
        sampling: dict[str, Any] = {
            "temperature": temperature,
            "top_k": top_k,
            "top_p": top_p,
            "min_p": min_p,
            "repetition_penalty": repetition_penalty,
        }
        chosen = self.sampler if sampler is None else samplers.get(sampler)
        options = Options(
            sampler=combine(chosen, **sampling),
            max_length=max_length,
            max_new_tokens=max_new_tokens,
            width=width_of(inputs) if max_length is None and max_new_tokens is None else None,
            stop_token_ids=stop_token_ids,
            stop_strings=[stop_strings] if isinstance(stop_strings, str) else stop_strings or [],
            strip_prompt=strip_prompt,
            num_return_sequences=num_return_sequences,
            seed=getattr(chosen, "seed", None) if seed is None else seed,
            truncation=truncation,
            batch_size=batch_size,
            verbose=verbose,
        )
        self.make_generate_function()
        generation = Generation(self, self._execution, options)
        return generation.stream(inputs) if stream else generation.run(inputs)

    def _next_logits(self, hidden: Tensor) -> Any:
        logits = ops.cast(self._logits(hidden), "float32")
        words, spelled = logits.shape[-1], self.spelled_words
        if spelled == words:
            return logits
        return ops.where(ops.arange(words, dtype="int32") < spelled, logits, -float("inf"))

    def _logits(self, hidden: Tensor) -> Any:
        backbone = self.backbone
        return _logits(backbone.head, self._projection, backbone.token_embedding, hidden)

    def table_of_head(self) -> list[Line]:
        return parse(_TIED) if self.backbone.head.tied else super().table_of_head()

    @classmethod
    def from_hf_head_config(
        cls, reader: ConfigReader, backbone_class: type[Backbone]
    ) -> dict[str, Any]:
        return read_stop_tokens(reader)

    def hf_head_config(self) -> dict[str, Any]:
        return write_stop_tokens(self.stop_token_ids)

    @classmethod
    def holds_head(
        cls,
        backbone_class: type[Backbone],
        tensors: Collection[str],
        backbone_arguments: Mapping[str, Any],
    ) -> bool:
        tied = backbone_arguments.get("tie_word_embeddings", True)
        return tied or super().holds_head(backbone_class, tensors, backbone_arguments)


def _logits(
    head: HeadSpec, projection: keras.Layer | None, token_embedding: keras.Layer, hidden: Tensor
) -> Any:
    logits = token_embedding(hidden, reverse=True) if projection is None else projection(hidden)
    if head.scale is not None:
        logits = logits * head.scale
    return logits if head.soft_cap is None else ops.tanh(logits / head.soft_cap) * head.soft_cap
