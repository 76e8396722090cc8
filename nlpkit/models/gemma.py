"""Gemma (Gemma Team, 2024, 2403.08295), Gemma 2 (2408.00118) and VaultGemma (2510.15001)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.layer_types import FULL, attentions_of_layers, kinds_of_layers
from nlpkit.backbones.rope.config import read_rope, write_rope
from nlpkit.backbones.shared import gemma_like, llama_like
from nlpkit.backbones.spec import FeedForwardSpec, HeadSpec
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.sentence_piece.start_end_tokenizer import StartEndPadPieceTokenizer

_NAMES = {"gemma": "Gemma", "gemma2": "Gemma2", "vaultgemma": "VaultGemma"}
# Files of the first generation say "gelu" and mean the approximation it was trained with.
_FIRST_ACTIVATIONS = {**gemma_like.ACTIVATIONS, "gelu": "gelu_tanh"}
_CAPS = (50.0, 30.0)
_PERIOD = 2
_KERASHUB = gemma_like.kerashub("Gemma", layer_name="gemma_decoder_block")


class GemmaTokenizer(StartEndPadPieceTokenizer):
    """Split text into Gemma's pieces; see `StartEndPadPieceTokenizer`."""

    @property
    def turn_end_token_id(self) -> int | None:
        """The id of "<end_of_turn>", which ends the answer of an instruction-tuned model."""
        return self._known().ids.get("<end_of_turn>")


class GemmaBackbone(Backbone):
    """The decoder of Gemma and Gemma 2: scaled embeddings, rotary positions, gated GELU layers.

    Gemma 2 has both post-norms, soft caps, and a sliding window in every other layer.

    Args:
        intermediate_dim: int. Intermediate size of the gate and the up projection together, twice
            Hugging Face's `intermediate_size`, as KerasHub counts it.
        head_dim: int. Size of each head.
        query_head_dim_normalize: bool. Whether attention scores are divided by the square root of
            `head_dim`, rather than of `hidden_dim // num_query_heads`.
        use_post_ffw_norm: bool. Whether the output of the feed-forward layers is normalized.
        use_post_attention_norm: bool. Whether the output of attention is normalized.
        attention_logit_soft_cap: float or None. Soft cap of the attention scores: `cap tanh(x /
            cap)`.
        final_logit_soft_cap: float or None. Soft cap of the logits.
        use_sliding_window_attention: bool. Whether some layers have a sliding window.
        query_pre_attn_scalar: float or None. The number whose square root attention scores are
            divided by, in place of `query_head_dim_normalize`.
        layer_types: strs or None. "sliding_attention" or "full_attention" for each layer; None for
            these in turn.

    Example:
        >>> backbone = nlpkit.models.GemmaBackbone(
        ...     vocabulary_size=100, num_layers=2, num_query_heads=4, num_key_value_heads=1,
        ...     hidden_dim=16, intermediate_dim=32, head_dim=8,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = GemmaTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = tuple(_NAMES)
    hf_architecture: ClassVar[str] = "GemmaModel"
    heads: ClassVar[Heads] = decoder_heads("Gemma", "Gemma2", "VaultGemma")
    hf_prefix: ClassVar[str] = "model."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_query_heads: int,
        num_key_value_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        head_dim: int,
        query_head_dim_normalize: bool = True,
        use_post_ffw_norm: bool = False,
        use_post_attention_norm: bool = False,
        attention_logit_soft_cap: float | None = None,
        final_logit_soft_cap: float | None = None,
        use_sliding_window_attention: bool = False,
        sliding_window_size: int = 4096,
        layer_norm_epsilon: float = 1e-6,
        dropout: float = 0.0,
        dtype: DType = None,
        *,
        query_pre_attn_scalar: float | None = None,
        layer_types: Sequence[str] | None = None,
        rope_max_wavelength: float = 10000,
        rope_scaling: Mapping[str, Any] | None = None,
        attention_bias: bool = False,
        attention_dropout: float = 0.0,
        activation: str = "gelu_tanh",
        tie_word_embeddings: bool = True,
        max_sequence_length: int = 8192,
        **kwargs: Any,
    ) -> None:
        if intermediate_dim % 2:
            raise ValueError(
                "intermediate_dim counts the gate and the up projection together and must be even; got "
                f"{intermediate_dim}."
            )
        scalar = gemma_like.query_scalar(
            query_pre_attn_scalar, query_head_dim_normalize, head_dim, hidden_dim, num_query_heads
        )
        full = llama_like.attention(
            hidden_dim=hidden_dim,
            num_query_heads=num_query_heads,
            num_key_value_heads=num_key_value_heads,
            head_dim=head_dim,
            rope_max_wavelength=rope_max_wavelength,
            rope_scaling=rope_scaling,
            scale=scalar**-0.5,
            bias=attention_bias,
            soft_cap=attention_logit_soft_cap,
            dropout=attention_dropout,
        )
        kinds = kinds_of_layers(num_layers, use_sliding_window_attention, layer_types, _PERIOD)
        stack = gemma_like.stack(
            vocabulary_size,
            hidden_dim,
            attentions_of_layers(full, kinds, sliding_window_size),
            FeedForwardSpec(intermediate_dim // 2, activation, gated=True, use_bias=False),
            layer_norm_epsilon,
            post_attention_norm=use_post_attention_norm,
            post_feed_forward_norm=use_post_ffw_norm,
            dropout=dropout,
            head=HeadSpec(tied=tie_word_embeddings, soft_cap=final_logit_soft_cap),
        )
        super().__init__(stack, locals(), dtype=dtype, **kwargs)
        self._kinds = kinds
        self._scalar = scalar

    def hf_class_name(self, name: str) -> str:
        named = name.replace("Gemma", self.hf_name, 1)
        # The only head of VaultGemma that transformers has.
        absent = self.hf_name == "VaultGemma" and not named.endswith(("Model", "ForCausalLM"))
        return "" if absent else named

    @property
    def hf_name(self) -> str:
        """The prefix of the names of Hugging Face's classes of this generation.

        What has one post-norm alone, no generation of theirs, gets a name that transformers refuses.
        """
        posts = {self.use_post_attention_norm, self.use_post_ffw_norm}
        caps = {self.attention_logit_soft_cap, self.final_logit_soft_cap}
        if posts != {False}:
            return "Gemma2" if posts == {True} else "NlpkitGemma"
        is_first = caps == {None} and {*self._kinds} <= {FULL}
        return "Gemma" if is_first and self._scalar == self.head_dim else "VaultGemma"

    def weight_table(self) -> list[Line]:
        is_first = self.hf_name == "Gemma"
        return gemma_like.table(
            self.num_layers,
            bias=self.attention_bias,
            post_attention_norm=self.use_post_attention_norm,
            post_feed_forward_norm=self.use_post_ffw_norm,
            feed_forward_norm=f"{'post_attention' if is_first else 'pre_feedforward'}_layernorm",
        )

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        generation = reader.get("model_type", "gemma")
        arguments = {**gemma_like.read(reader), **read_rope(reader)}
        arguments["intermediate_dim"] *= 2
        if generation == "gemma":
            reader.require("use_bidirectional_attention", [False], False)
            reader.ignore("hidden_activation")
            name = "hidden_act"
            return {**arguments, "activation": reader.require(name, _FIRST_ACTIVATIONS, "gelu")}
        has_post_norms = generation == "gemma2"
        return {
            **arguments,
            **gemma_like.read_later(reader, arguments["num_layers"], _PERIOD, _CAPS),
            "use_post_ffw_norm": has_post_norms,
            "use_post_attention_norm": has_post_norms,
        }

    def to_hf_config(self) -> dict[str, Any]:
        later = gemma_like.write_later(self, self._kinds, self._scalar)
        is_first = self.hf_name == "Gemma"
        return {
            "model_type": self.hf_name.lower(),
            **gemma_like.write(self),
            "intermediate_size": self.intermediate_dim // 2,
            **write_rope(self.rope_max_wavelength, self.rope_scaling),
            **({"hidden_act": later["hidden_activation"]} if is_first else later),
        }


class GemmaCausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `GemmaTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = GemmaTokenizer
    stop_tokens: ClassVar[tuple[str, ...]] = ("end_token", "turn_end_token")


class GemmaCausalLM(CausalLM):
    """`CausalLM` on a `GemmaBackbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = GemmaBackbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = GemmaCausalLMPreprocessor
