"""Encoder-decoder backbones: two stacks, of which the second attends to the first."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from nlpkit._types import DType, Tensor
from nlpkit.backbones import documentation
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.spec import ClassifierHeadSpec, EncoderDecoderSpec
from nlpkit.backbones.transformer import Transformer
from nlpkit.modules.caching.cache import KeyValueCache
from nlpkit.modules.caching.prompt import Prompt

_ENCODER, _DECODER = "encoder_", "decoder_"


class EncoderDecoder:
    """An encoder and a decoder with one token embedding, put together as `Transformer` is.

    Args:
        spec: `EncoderDecoderSpec`.
        dtype: str or `keras.DTypePolicy` of all layers.
    """

    def __init__(self, spec: EncoderDecoderSpec, dtype: DType) -> None:
        self.spec = spec
        self.encoder = Transformer(spec.encoder, dtype, _ENCODER)
        self.decoder = Transformer(spec.decoder, dtype, _DECODER, self.encoder.token_embedding)
        self.token_embedding = self.decoder.token_embedding

    @property
    def stacks(self) -> Mapping[str, Transformer]:
        """The stacks, by what the names of their inputs start with."""
        return {_ENCODER: self.encoder, _DECODER: self.decoder}

    def __call__(
        self,
        inputs: dict[str, Any],
        training: bool | None = None,
        intercept: Callable[[Any, int], Any] | None = None,
    ) -> Any:
        """Run both stacks.

        Args:
            inputs: those of `Transformer`, for each stack, with its prefix.
            training: bool. Whether to apply dropout.
            intercept: function that may change the hidden states of the decoder; see `Transformer`.

        Returns:
            dict of `encoder_sequence_output` `[B, S, dim]` and `decoder_sequence_output`
            `[B, T, dim]`.
        """
        source = self.encoder.encode(_of(_ENCODER, inputs), training)
        hidden = self.decoder(_of(_DECODER, inputs), training, intercept, source)
        return {"encoder_sequence_output": source.hidden, "decoder_sequence_output": hidden}

    def prefill(self, prompt: Prompt) -> tuple[Any, KeyValueCache]:
        """Run the encoder over the sources, and the decoder over the prompts.

        Returns:
            float `[B, T, dim]`, and the decoder's cache.
        """
        return self.decoder.prefill(prompt, self.encoder.encode(dict(prompt.source or {})))

    def step(self, token_ids: Tensor, cache: KeyValueCache) -> tuple[Any, KeyValueCache]:
        """Run the decoder over the next tokens of every row; see `Transformer.step`."""
        return self.decoder.step(token_ids, cache)


class EncoderDecoderBackbone(Backbone):
    """A `Backbone` of an encoder and a decoder, built from an `EncoderDecoderSpec`.

    Args:
        stack: `EncoderDecoderSpec`; positional only.
        given, dtype, **kwargs: as for `Backbone`.

    Call arguments:
        inputs: dict of `encoder_token_ids`, `decoder_token_ids` and optionally the padding masks,
            positions and sequence ids of each, named likewise; as for `Backbone`.
        training, layer_intercept_fn: as for `Backbone`; the hidden states are the decoder's.

    Returns:
        dict of float `encoder_sequence_output` and `decoder_sequence_output`,
        `[batch, seq, hidden_dim]`.
    """

    preset_kind: ClassVar[str] = "backbone"
    assembly: ClassVar[Any] = EncoderDecoder
    shared_documentation: ClassVar[Mapping[str, str]] = documentation.OF_TWO_STACKS
    # What a decoder begins with that reads its own source, to classify it: an id; None for the last
    # token of the source.
    source_start: ClassVar[int | None] = None

    @property
    def classifier_head(self) -> ClassifierHeadSpec:
        """The spec of a head on whole texts: BART's, on the decoder's last token."""
        return ClassifierHeadSpec("last", activation="tanh", dropout_first=True)

    @property
    def max_source_positions(self) -> int | None:
        """The number of tokens, or of frames, that the encoder takes; None for no limit."""
        return self._transformer.encoder.max_length

    def compute_output_spec(
        self, inputs: Tensor, training: bool | None = None, mask: Tensor = None
    ) -> Any:
        return {
            f"{prefix}sequence_output": stack.output_spec(inputs[prefix + stack.main_input].shape)
            for prefix, stack in self._transformer.stacks.items()
        }


def _of(prefix: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a stack, by its own names."""
    return {name.removeprefix(prefix): x for name, x in inputs.items() if name.startswith(prefix)}
