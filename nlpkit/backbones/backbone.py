"""Backbone: the base class of every pretrained encoder or decoder body."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from nlpkit._config import Configurable, argument_names, refuse_unknown
from nlpkit._types import DType, Shape, Tensor
from nlpkit._warning import warn
from nlpkit.backbones import documentation
from nlpkit.backbones.attached_state import AttachedState
from nlpkit.backbones.cloning import clone_by_configuration
from nlpkit.backbones.heads import Heads
from nlpkit.backbones.spec import (
    ClassifierHeadSpec,
    EncoderDecoderSpec,
    HeadSpec,
    MaskedLMHeadSpec,
    NormSpec,
    StackSpec,
)
from nlpkit.backbones.transformer import Transformer
from nlpkit.modules.caching.cache import KeyValueCache
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.presets.preset import FromPreset
from nlpkit.tokenizers.base.tokenizer import Tokenizer

clone_by_configuration()


class Backbone(FromPreset, Configurable, AttachedState, keras.Model):
    """A functional `keras.Model` from ids to features, built from a spec.

    Families subclass it: their constructor turns arguments into a `StackSpec`, and their docstring
    describes what `nlpkit.backbones.documentation` does not. `Backbone.from_preset` finds the
    family of a preset.

    Args:
        stack: `StackSpec`; positional only.
        given: dict or None. What the family's constructor was given: its `locals()`, of which the
            arguments are stored under their own names. Positional only.
        dtype: str or `keras.DTypePolicy`. Of all layers.
        **kwargs: `name` and `trainable`, as for `keras.Model`.

    Call arguments:
        inputs: dict of int tensors `[batch, seq]`, or `token_ids` alone. `token_ids` is required.
            `padding_mask` (bool, True = real token; default: all real), `segment_ids` where the
            family has them (default: zeros), `positions` (default: counted over the real tokens)
            and `sequence_ids` (0 = padding, n = the n-th example packed into a row) are optional.
            Other keys are ignored; a warning names each once.
        training: bool. Whether to apply dropout.
        layer_intercept_fn: function or None. Takes hidden states `[batch, seq, hidden_dim]` and an
            index, and returns what replaces them: called after the embeddings with -1, and after
            each layer with its index.

    Returns:
        float `[batch, seq, hidden_dim]`, or for families with a pooler a dict of
        `sequence_output` and `pooled_output` `[batch, hidden_dim]`.

    Raises:
        ValueError: `token_ids` is missing, an input has a wrong shape, an id is past the
            vocabulary, or the sequence is longer than the learned positions.
    """

    preset_kind: ClassVar[str] = "backbone"
    # What puts the layers together that a spec describes, and what is said of all such backbones.
    assembly: ClassVar[Any] = Transformer
    shared_documentation: ClassVar[Mapping[str, str]] = documentation.OF_ONE_STACK
    # A family sets: the class of its tokenizer;
    tokenizer_class: ClassVar[type[Tokenizer]] = Tokenizer
    # what "model_type" is in its Hugging Face configurations, the one to write first;
    hf_model_types: ClassVar[tuple[str, ...]] = ()
    # the class of transformers, and what its tensors' names start with where there is a head;
    hf_architecture: ClassVar[str] = ""
    hf_prefix: ClassVar[str] = ""
    # or in others' checkpoints;
    hf_other_prefixes: ClassVar[tuple[str, ...]] = ()
    # the heads of its tasks there;
    heads: ClassVar[Heads] = {}
    # how the layouts of KerasHub map to it.
    kerashub: ClassVar[tuple[Family, ...]] = ()

    def __init__(
        self,
        stack: StackSpec | EncoderDecoderSpec,
        given: Mapping[str, Any] | None = None,
        /,
        *,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        refuse_unknown(type(self), kwargs)
        policy = keras.dtype_policies.get(dtype)
        transformer = self.assembly(stack, policy)
        inputs = {
            prefix + name: keras.Input(
                own.input_shape(name), dtype=_dtype_of(name), name=prefix + name
            )
            for prefix, own in transformer.stacks.items()
            for name in own.input_names()
        }
        super().__init__(inputs=inputs, outputs=transformer(inputs), **kwargs)
        self.dtype_policy = policy
        self._transformer = transformer
        self._ignored: frozenset[str] = frozenset()
        for name in argument_names(type(self)):
            if given and name in given:  # What a subclass of a family adds it stores itself.
                setattr(self, name, given[name])

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        is_family = cls.__module__.startswith("nlpkit.models.")
        if is_family and cls.__doc__:  # There are none with `python -OO`.
            base: Any = cls.__base__
            inherited = base.__doc__ if base.__init__ is cls.__init__ else ""
            cls.__doc__ = documentation.complete(
                cls.__doc__, cls.__init__, cls.shared_documentation, inherited or ""
            )

    @classmethod
    def hf_tokenizer_class(cls, folder: FolderFiles) -> type[Tokenizer]:
        """The class of the tokenizer of a Hugging Face folder; a family may have several.

        Args:
            folder: `FolderFiles`.
        """
        return cls.tokenizer_class

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        """The constructor's arguments from a Hugging Face configuration."""
        raise NotImplementedError(f"{cls.__name__} must define from_hf_config.")

    def to_hf_config(self) -> dict[str, Any]:
        """The inverse of `from_hf_config`."""
        raise NotImplementedError(f"{type(self).__name__} must define to_hf_config.")

    def weight_table(self) -> list[Line]:
        """Where each variable is in a Hugging Face checkpoint."""
        raise NotImplementedError(f"{type(self).__name__} must define weight_table.")

    def hf_class_name(self, name: str) -> str:
        """What the class of transformers of this name is called for this object."""
        return name

    @property
    def classifier_head(self) -> ClassifierHeadSpec:
        """The spec of a head on whole texts: the pooled output, or a decoder's last token."""
        if self.head is not None:
            return ClassifierHeadSpec("last", output_bias=False)
        return ClassifierHeadSpec("pooler")

    @property
    def token_head(self) -> ClassifierHeadSpec:
        """The spec of a head on each token: a dense layer alone, in most families."""
        return ClassifierHeadSpec("none")

    @property
    def masked_lm_head(self) -> MaskedLMHeadSpec:
        """The spec of a head that predicts masked tokens: by the backbone's own, as in BERT."""
        return MaskedLMHeadSpec(self.activation, NormSpec("layer", self.layer_norm_epsilon))

    @property
    def token_embedding(self) -> Any:
        """The token embedding; reversible, for tied heads."""
        return self._transformer.token_embedding

    def __call__(self, inputs: Tensor, *args: Any, **kwargs: Any) -> Any:
        """Check the inputs, then run; see the class."""
        inputs = self._known_inputs(inputs if isinstance(inputs, dict) else {"token_ids": inputs})
        self.check_inputs(inputs)
        return super().__call__(inputs, *args, **kwargs)

    def predict(self, x: Tensor, *args: Any, **kwargs: Any) -> Any:
        """Run over many examples in batches, as `keras.Model.predict`."""
        x = {"token_ids": x} if isinstance(x, list | np.ndarray) else x
        if isinstance(x, dict):
            x = self._known_inputs(x)
            self.check_inputs(x)
            x = {name: np.asarray(ids) if isinstance(ids, list) else ids for name, ids in x.items()}
        return super().predict(x, *args, **kwargs)

    def call(
        self,
        inputs: dict[str, Any],
        training: bool | None = None,
        mask: Tensor = None,
        layer_intercept_fn: Callable[[Any, int], Any] | None = None,
    ) -> Any:
        """Run on checked inputs."""
        tensors = {
            name: ops.convert_to_tensor(x, dtype=_dtype_of(name))
            for name, x in inputs.items()
            if x is not None
        }
        return self._transformer(tensors, training, layer_intercept_fn)

    def prefill(self, prompt: Prompt) -> tuple[Any, KeyValueCache]:
        """Run over prompts and keep what later tokens need; see `Transformer.prefill`."""
        return self._transformer.prefill(prompt)

    def step(self, token_ids: Tensor, cache: KeyValueCache) -> tuple[Any, KeyValueCache]:
        """Run over the next tokens, `[batch, t]`; see `Transformer.step`."""
        return self._transformer.step(token_ids, cache)

    @property
    def head(self) -> HeadSpec | None:
        """The spec of the language-model head; None for encoders."""
        return self._transformer.spec.head

    @property
    def counts_padding(self) -> bool:
        """Whether a text's output depends on how much padding follows it, as FNet's does."""
        return self._decoder.spec.counts_padding

    @property
    def num_own_layers(self) -> int:
        """The number of layers with weights of their own; some may run repeatedly."""
        return len(self._decoder.layers)

    @property
    def max_positions(self) -> int | None:
        """The number of learned positions; None for no limit."""
        return self._decoder.spec.embedding.max_positions

    def compute_output_spec(
        self, inputs: Tensor, training: bool | None = None, mask: Tensor = None
    ) -> Any:
        """The symbolic outputs, whichever optional inputs there are."""
        return self._transformer.output_spec(inputs["token_ids"].shape)

    def _assert_input_compatibility(self, *_: Any) -> None:
        """`check_inputs` has done it."""

    def check_inputs(self, inputs: dict[str, Any]) -> None:
        """Check the shapes of known inputs and, where they are on the host, the ids themselves.

        Raises:
            ValueError: see the class.
        """
        for prefix, stack in self._transformer.stacks.items():
            if inputs.get(prefix + stack.main_input) is None:
                raise ValueError(
                    f"{type(self).__name__} takes the inputs {self._input_names()}; got "
                    f"{list(inputs)}: no '{prefix}{stack.main_input}'."
                )
            embedding = stack.spec.embedding
            for name, x in inputs.items():
                if x is not None and name.startswith(prefix):
                    shape = np.shape(x) if isinstance(x, list) else x.shape
                    expected = stack.input_shape(name.removeprefix(prefix))
                    self._check_shape(name, shape, expected, stack.max_length)
            self._check_ids(f"{prefix}token_ids", inputs, embedding.vocabulary_size)
            self._check_ids(f"{prefix}segment_ids", inputs, embedding.num_segments)
            self._check_ids(f"{prefix}positions", inputs, embedding.max_positions)

    def _known_inputs(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The inputs that the backbone has; the others are named in a warning, each once."""
        known = self._input_names()
        others = inputs.keys() - set(known)
        if new := others - self._ignored:
            self._ignored |= new
            warn(
                f"{type(self).__name__} takes the inputs {known}; it ignores {sorted(new)}.",
            )
        return {name: inputs[name] for name in inputs if name in known} if others else inputs

    def _input_names(self) -> list[str]:
        stacks = self._transformer.stacks.items()
        return [prefix + name for prefix, x in stacks for name in x.input_names(optional=True)]

    @property
    def _decoder(self) -> Transformer:
        """The stack that makes the output: the only one, or the last."""
        return [*self._transformer.stacks.values()][-1]

    def _check_shape(self, name: str, shape: Shape, expected: Shape, limit: int | None) -> None:
        if len(shape) != 1 + len(expected) or shape[2:] != expected[1:]:
            sizes = ", ".join(["batch", "seq", *map(str, expected[1:])])
            raise ValueError(
                f"{name} must have the shape [{sizes}]; got {tuple(shape)}. "
                "A single example needs a batch axis: x[None]."
            )
        if limit is not None and shape[1] is not None and shape[1] > limit:
            raise ValueError(
                f"{name} has {shape[1]} positions a row, {type(self).__name__} has {limit}; "
                "shorten the preprocessor's sequence_length or build it with more positions."
            )

    def _check_ids(self, name: str, inputs: dict[str, Any], limit: int | None) -> None:
        ids = inputs.get(name)
        if limit is None or not isinstance(ids, np.ndarray | list) or not np.size(ids):
            return
        low, high = int(np.min(ids)), int(np.max(ids))
        if low < 0 or high >= limit:
            raise ValueError(
                f"{name} must lie in [0, {limit}); got ids from {low} to {high}. "
                "Was the text tokenized with another model's vocabulary?"
            )


def _dtype_of(name: str) -> str:
    if name.endswith("features"):
        return "float32"
    return "bool" if name.endswith("padding_mask") else "int32"
