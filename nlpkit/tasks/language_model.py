"""LanguageModel: what tasks that predict the next token and generate texts have in common."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from nlpkit import samplers
from nlpkit._types import Data, KerasIdentifier, Tensor
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.spec import HeadSpec
from nlpkit.generation.cached_decoding import CachedDecoding
from nlpkit.generation.generate import Generation
from nlpkit.generation.options import Options
from nlpkit.generation.prompts import Prompts
from nlpkit.generation.stop_tokens import read_stop_tokens, write_stop_tokens
from nlpkit.modules.dense import Dense
from nlpkit.modules.logits_bias import LogitsBias
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.mapping.weight_table import Line, parse
from nlpkit.samplers.combination import combine
from nlpkit.samplers.loop.execution import Execution

if TYPE_CHECKING:
    from nlpkit.tasks.task import Task as Base
else:
    Base = object

_TIED = "backbone/token_embedding/embeddings <- {} ; tied"


class LanguageModel(CachedDecoding, Base):
    """The part of tasks that predicts the next token by a head, and generates with a sampler.

    Its arguments are those of `CausalLM` and `Seq2SeqLM`, which document them.
    """

    backbone: Any
    per_token = True

    def __init__(
        self,
        backbone: Backbone,
        preprocessor: Preprocessor | None,
        stop_token_ids: Sequence[int] | None,
        generation_config: Mapping[str, Any] | None,
        /,
        **kwargs: Any,
    ) -> None:
        head: Any = backbone.head
        projection = None
        if not head.tied:
            projection = Dense(
                backbone.token_embedding.input_dim,
                use_bias=head.use_bias,
                kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.02),
                dtype=backbone.dtype_policy,
                name="lm_head",
            )
        bias = None
        if head.logits_bias:
            words = backbone.token_embedding.input_dim
            bias = LogitsBias(words, dtype=backbone.dtype_policy, name="logits_bias")
        hidden = self._hidden(backbone(backbone.input))
        outputs = _logits(head, projection, bias, backbone.token_embedding, hidden)
        super().__init__(
            backbone.input, outputs, backbone=backbone, preprocessor=preprocessor, **kwargs
        )
        self.stop_token_ids = stop_token_ids
        self.generation_config = generation_config
        self._projection = projection
        self._logits_bias = bias
        self._execution = Execution(self)
        self.sampler = self._default_sampler()
        self._compile_itself()

    def compile(
        self,
        optimizer: KerasIdentifier = "auto",
        loss: KerasIdentifier = "auto",
        *,
        weighted_metrics: KerasIdentifier = "auto",
        sampler: str | samplers.Sampler = "auto",
        **kwargs: Any,
    ) -> None:
        """Configure training and generation.

        Args:
            optimizer: as for `keras.Model.compile`; "auto" is AdamW (2e-5, no decay).
            loss: "auto" is sparse categorical cross-entropy on logits.
            weighted_metrics: "auto" is accuracy.
            sampler: str or `Sampler`. How `generate` chooses tokens; "auto" is what the class says.
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
        self.sampler = self._default_sampler() if sampler == "auto" else samplers.get(sampler)
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
        return self._logits(self._hidden(self.backbone(inputs, training=training)))

    def compute_output_spec(
        self, inputs: Data, training: bool | None = None, mask: Tensor = None
    ) -> Any:
        """The logits' shape and dtype."""
        token_ids = self._decoder_ids(inputs)
        words = self.backbone.token_embedding.input_dim
        return keras.KerasTensor((*token_ids.shape, words), dtype=self.compute_dtype)

    def _assert_input_compatibility(self, *_: Any) -> None:
        """The backbone checks its inputs."""

    def read_prompts(self, inputs: Data, options: Options, longest: int) -> Prompts:
        """Read what is to be continued, in any form.

        Args:
            inputs: those of `generate`.
            options: `Options`.
            longest: int. The maximum number of tokens of a prompt.
        """
        raise NotImplementedError

    def _generate(
        self,
        inputs: Data,
        sampler: str | samplers.Sampler | None,
        sampling: dict[str, Any],
        *,
        width: int | None,
        stop_strings: Sequence[str] | str | None,
        seed: int | Sequence[int] | None,
        stream: bool,
        **options: Any,
    ) -> Any:
        """Generate; the arguments are those of `generate`, which documents them."""
        chosen = self.sampler if sampler is None else samplers.get(sampler)
        is_open = options["max_length"] is None and options["max_new_tokens"] is None
        checked = Options(
            sampler=combine(chosen, **sampling),
            width=width if is_open else None,
            stop_strings=[stop_strings] if isinstance(stop_strings, str) else stop_strings or [],
            seed=getattr(chosen, "seed", None) if seed is None else seed,
            **options,
        )
        self.make_generate_function()
        generation = Generation(self, self._execution, checked)
        return generation.stream(inputs) if stream else generation.run(inputs)

    def _default_sampler(self) -> samplers.Sampler:
        return samplers.get("top_k")

    def _hidden(self, outputs: Any) -> Any:
        """The hidden states that the head predicts tokens from, of the backbone's outputs."""
        return outputs

    def _decoder_ids(self, inputs: Data) -> Any:
        return inputs["token_ids"] if isinstance(inputs, dict) else inputs

    def _next_logits(self, hidden: Tensor) -> Any:
        logits = ops.cast(self._logits(hidden), "float32")
        words, spelled = logits.shape[-1], self.spelled_words
        if spelled == words:
            return logits
        return ops.where(ops.arange(words, dtype="int32") < spelled, logits, -float("inf"))

    def _logits(self, hidden: Tensor) -> Any:
        backbone = self.backbone
        own = (backbone.head, self._projection, self._logits_bias)
        return _logits(*own, backbone.token_embedding, hidden)

    def table_of_head(self) -> list[Line]:
        lines = super().table_of_head()
        if not self.backbone.head.tied:
            return lines
        return [*parse(_TIED.format(lines[0].tensor)), *lines[1:]]

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
        names = ("tie_word_embeddings", "tie_embedding_weights")
        tied = all(backbone_arguments.get(name, True) for name in names)
        return tied or super().holds_head(backbone_class, tensors, backbone_arguments)


def _logits(
    head: HeadSpec,
    projection: keras.Layer | None,
    bias: keras.Layer | None,
    token_embedding: keras.Layer,
    hidden: Tensor,
) -> Any:
    logits = token_embedding(hidden, reverse=True) if projection is None else projection(hidden)
    if head.scale is not None:
        logits = logits * head.scale
    if bias is not None:
        logits = bias(logits)
    return logits if head.soft_cap is None else ops.tanh(logits / head.soft_cap) * head.soft_cap
