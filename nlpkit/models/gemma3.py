"""Gemma 3, its text models (Gemma Team, 2025, https://arxiv.org/abs/2503.19786)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.layer_types import FULL, WINDOW, attentions_of_layers, kinds_of_layers
from nlpkit.backbones.rope.config import (
    make_scaling,
    read_rope_by_layer_type,
    write_rope_by_layer_type,
)
from nlpkit.backbones.shared import gemma_like, llama_like
from nlpkit.backbones.spec import ClassifierHeadSpec, FeedForwardSpec, HeadSpec, RopeSpec
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.sentence_piece.start_end_tokenizer import StartEndPadPieceTokenizer

_WAVELENGTHS = {FULL: 1_000_000.0, WINDOW: 10_000.0}
_PERIOD = 6
# What Hugging Face's class computes, whatever a configuration says.
_FIXED = {
    "use_query_key_norm": True,
    "use_post_ffw_norm": True,
    "use_post_attention_norm": True,
    "attention_logit_soft_cap": None,
}
_NO_IMAGES = {
    "vision_encoder": (None,),
    "use_bidirectional_attention": (False,),
    "is_embedding_model": (False,),
    "pooling_intermediate_dim": (None,),
    "embedding_dim": (None,),
}
_ANY_NUMBER = range(1 << 16)
_KERASHUB = gemma_like.kerashub(
    "Gemma3",
    layer_name="gemma3_decoder_block",
    arguments=(
        "image_size",
        "use_query_key_norm",
        "local_rope_scaling_factor",
        "global_rope_scaling_factor",
    ),
    inert=_NO_IMAGES,
    tokenizer_inert={"has_vision_tokens": (False, True)},
    # How images are packed, of which there are none.
    preprocessor={
        "inert": {
            "image_converter": (None,),
            "num_vision_tokens_per_image": _ANY_NUMBER,
            "max_images_per_prompt": _ANY_NUMBER,
        }
    },
)


class Gemma3Tokenizer(StartEndPadPieceTokenizer):
    """Split text into Gemma 3's pieces; see `StartEndPadPieceTokenizer`."""

    @property
    def turn_end_token_id(self) -> int | None:
        """The id of "<end_of_turn>", which ends the answer of an instruction-tuned model."""
        return self._known().ids.get("<end_of_turn>")


class Gemma3Backbone(Backbone):
    """The decoder of Gemma 3's text models: Gemma 2's, with normalized queries and keys.

    Layers with a window, five of six, turn by other frequencies than those without. EmbeddingGemma
    (Vera et al., 2025, https://arxiv.org/abs/2509.20354) is an encoder of the same layers, in which
    tokens attend to later ones, too.

    Args:
        image_size: int or None. Without effect in text models, which these are.
        head_dim: int. Size of each head.
        query_head_dim_normalize: bool. Whether attention scores are divided by the square root of
            `head_dim`, rather than of `hidden_dim // num_query_heads`.
        use_query_key_norm: bool. Whether each head of the queries and keys is normalized.
        use_post_ffw_norm: bool. Whether the output of the feed-forward layers is normalized.
        use_post_attention_norm: bool. Whether the output of attention is normalized.
        attention_logit_soft_cap: float or None. Soft cap of the attention scores: `cap tanh(x /
            cap)`.
        final_logit_soft_cap: float or None. Soft cap of the logits.
        use_sliding_window_attention: bool. Whether some layers have a sliding window.
        local_rope_scaling_factor, global_rope_scaling_factor: float. What the rotary
            angles of layers with and without a window are divided by.
        query_pre_attn_scalar: float or None. The number whose square root attention scores are
            divided by, in place of `query_head_dim_normalize`.
        layer_types: strs or None. "sliding_attention" or "full_attention" for each layer; None for
            the latter on every sixth.
        rope_max_wavelength, local_rope_max_wavelength: float. Base of the rotary frequencies in
            layers without and with a window.
        rope_scaling, local_rope_scaling: dict or None. Other scalings than by the factors above;
            see `nlpkit.backbones.rope.config`.
        use_bidirectional_attention: bool. Whether tokens attend to later ones, too, as in
            EmbeddingGemma; a window then reaches half of its size to either side.

    Example:
        >>> backbone = nlpkit.models.Gemma3Backbone(
        ...     vocabulary_size=100, image_size=None, num_layers=2, num_query_heads=4,
        ...     num_key_value_heads=1, hidden_dim=16, intermediate_dim=32, head_dim=8,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = Gemma3Tokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("gemma3_text",)
    hf_architecture: ClassVar[str] = "Gemma3TextModel"
    heads: ClassVar[Heads] = {
        **decoder_heads("Gemma3Text", token_classifier=""),
        "CausalLM": decoder_heads("Gemma3")["CausalLM"],
    }
    hf_prefix: ClassVar[str] = "model."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        image_size: int | None,
        num_layers: int,
        num_query_heads: int,
        num_key_value_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        head_dim: int,
        query_head_dim_normalize: bool = True,
        use_query_key_norm: bool = True,
        use_post_ffw_norm: bool = False,
        use_post_attention_norm: bool = False,
        attention_logit_soft_cap: float | None = None,
        final_logit_soft_cap: float | None = None,
        use_sliding_window_attention: bool = False,
        sliding_window_size: int = 1024,
        local_rope_scaling_factor: float = 1.0,
        global_rope_scaling_factor: float = 1.0,
        layer_norm_epsilon: float = 1e-6,
        dropout: float = 0.0,
        dtype: DType = None,
        *,
        query_pre_attn_scalar: float | None = None,
        layer_types: Sequence[str] | None = None,
        rope_max_wavelength: float = 1_000_000,
        local_rope_max_wavelength: float = 10_000,
        rope_scaling: Mapping[str, Any] | None = None,
        local_rope_scaling: Mapping[str, Any] | None = None,
        attention_bias: bool = False,
        attention_dropout: float = 0.0,
        activation: str = "gelu_tanh",
        tie_word_embeddings: bool = True,
        max_sequence_length: int = 131072,
        use_bidirectional_attention: bool = False,
        **kwargs: Any,
    ) -> None:
        scaling = llama_like.scaling(rope_scaling, global_rope_scaling_factor)
        local_scaling = llama_like.scaling(local_rope_scaling, local_rope_scaling_factor)
        scalar = gemma_like.query_scalar(
            query_pre_attn_scalar, query_head_dim_normalize, head_dim, hidden_dim, num_query_heads
        )
        norm = gemma_like.norm(layer_norm_epsilon)
        full = llama_like.attention(
            hidden_dim=hidden_dim,
            num_query_heads=num_query_heads,
            num_key_value_heads=num_key_value_heads,
            head_dim=head_dim,
            rope_max_wavelength=rope_max_wavelength,
            rope_scaling=scaling,
            scale=scalar**-0.5,
            bias=attention_bias,
            query_key_norm=norm if use_query_key_norm else None,
            soft_cap=attention_logit_soft_cap,
            dropout=attention_dropout,
            causal=not use_bidirectional_attention,
        )
        window = sliding_window_size
        window = window // 2 + 1 if use_bidirectional_attention else window
        sliding = make_scaling(local_scaling)
        local_rope = RopeSpec(head_dim, local_rope_max_wavelength, scaling=sliding)
        kinds = kinds_of_layers(num_layers, use_sliding_window_attention, layer_types, _PERIOD)
        head = HeadSpec(tied=tie_word_embeddings, soft_cap=final_logit_soft_cap)
        stack = gemma_like.stack(
            vocabulary_size,
            hidden_dim,
            attentions_of_layers(full, kinds, window, local_rope),
            FeedForwardSpec(intermediate_dim, activation, gated=True, use_bias=False),
            layer_norm_epsilon,
            post_attention_norm=use_post_attention_norm,
            post_feed_forward_norm=use_post_ffw_norm,
            dropout=dropout,
            head=None if use_bidirectional_attention else head,
        )
        super().__init__(stack, locals(), dtype=dtype, **kwargs)
        self._kinds, self._scalar = kinds, scalar
        local = (local_rope_max_wavelength, local_scaling)
        self._rope = {FULL: (rope_max_wavelength, scaling), WINDOW: local}

    @property
    def classifier_head(self) -> ClassifierHeadSpec:
        return ClassifierHeadSpec("last", output_bias=False)

    def weight_table(self) -> list[Line]:
        return gemma_like.table(
            self.num_layers,
            bias=self.attention_bias,
            post_attention_norm=self.use_post_attention_norm,
            post_feed_forward_norm=self.use_post_ffw_norm,
            query_key_norm=self.use_query_key_norm,
        )

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        arguments = gemma_like.read(reader, max_sequence_length=131072)
        period = reader.get("_sliding_window_pattern", reader.get("sliding_window_pattern", 6))
        later = gemma_like.read_later(reader, arguments["num_layers"], period, (None, None))
        rope = read_rope_by_layer_type(reader, _WAVELENGTHS)
        local = {f"local_{name}": value for name, value in rope[WINDOW].items()}
        is_encoder = reader.get("use_bidirectional_attention", False)
        return {
            **arguments,
            **later,
            "image_size": None,
            **_FIXED,
            **rope[FULL],
            **local,
            "use_bidirectional_attention": is_encoder,
        }

    def to_hf_config(self) -> dict[str, Any]:
        is_theirs = all(getattr(self, name) == value for name, value in _FIXED.items())
        return {
            # transformers shall refuse what it would compute otherwise.
            "model_type": "gemma3_text" if is_theirs else "nlpkit_gemma3",
            **gemma_like.write(self),
            **gemma_like.write_later(self, self._kinds, self._scalar),
            **write_rope_by_layer_type(self._rope),
            **({"use_bidirectional_attention": True} if self.use_bidirectional_attention else {}),
        }


class Gemma3CausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `Gemma3Tokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = Gemma3Tokenizer
    stop_tokens: ClassVar[tuple[str, ...]] = ("end_token", "turn_end_token")


class Gemma3CausalLM(CausalLM):
    """`CausalLM` on a `Gemma3Backbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = Gemma3Backbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = Gemma3CausalLMPreprocessor
