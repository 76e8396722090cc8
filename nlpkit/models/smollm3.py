"""SmolLM3 (Bakouch et al., 2025, https://huggingface.co/blog/smollm3)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.layer_types import FULL, WINDOW, attentions_of_layers
from nlpkit.backbones.shared import llama_like
from nlpkit.backbones.spec import FeedForwardSpec, NormSpec
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.decoder import SIZES, byte_pairs, decoder, with_scale
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import FLAT_PROJECTIONS_LAYER, renamed
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer

_RENAMED = {
    "num_query_heads": "num_attention_heads",
    "rope_max_wavelength": "rope_theta",
    "max_sequence_length": "max_position_embeddings",
}
_KERASHUB_BUFFERS = """
<- *rotary_embedding/* ; buffer
"""
_KERASHUB = decoder(
    "SmolLM3",
    byte_pairs("<|begin_of_text|>", "<|end_of_text|>", "<think>", "</think>"),
    arguments=(
        *SIZES,
        "num_attention_heads",
        "num_key_value_heads",
        "attention_dropout",
        "rope_layer_enabled_list",
        "layer_types",
        "layer_norm_epsilon",
        "max_position_embeddings",
        "rope_theta",
        "partial_rotary_factor",
    ),
    # With biases its attention lacks that of the output.
    fixed={"attention_bias": False, "mlp_bias": False},
    inert={"attention_bias": (False,), "mlp_bias": (False,)},
    lines=with_scale("rms_normalization") + _KERASHUB_BUFFERS,
    layer=renamed(
        FLAT_PROJECTIONS_LAYER,
        {
            "self_attention_layer_norm": "input_layer_norm",
            "feedforward_layer_norm": "post_attention_layer_norm",
            "self_attention_layer/query_dense": "self_attn/q_proj",
            "self_attention_layer/key_dense": "self_attn/k_proj",
            "self_attention_layer/value_dense": "self_attn/v_proj",
            "self_attention_layer/output_dense": "self_attn/o_proj",
            "feedforward_gate_dense": "mlp/gate_proj",
            "feedforward_intermediate_dense": "mlp/up_proj",
            "feedforward_output_dense": "mlp/down_proj",
        },
    ),
    layer_name="smol_lm3_decoder_layer",
    sizes={"heads": "num_attention_heads"},
)


class SmolLM3Tokenizer(BytePairTokenizer):
    """Split text into the byte pairs of SmolLM3, with a token for the end.

    Args:
        vocabulary, merges, **kwargs: as for `BytePairTokenizer`.
        end_token: str. Default "<|end_of_text|>".
        split_pattern: str. Default "llama3".

    Example:
        >>> vocabulary = {"<|end_of_text|>": 0, "a": 1, "Ġ": 2, "b": 3, "Ġb": 4}
        >>> tokenizer = nlpkit.models.SmolLM3Tokenizer(vocabulary, ["Ġ b"])
        >>> tokenizer("a b")
        [1, 4]
        >>> tokenizer.end_token_id
        0
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("end_token",)

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        *,
        end_token: str = "<|end_of_text|>",
        split_pattern: str = "llama3",
        **kwargs: Any,
    ) -> None:
        super().__init__(split_pattern=split_pattern, **kwargs)
        self.end_token = end_token
        self.set_vocabulary_and_merges(vocabulary, merges)

    @property
    def turn_end_token_id(self) -> int | None:
        """The id of "<|im_end|>", which ends the answer."""
        return self._known().ids.get("<|im_end|>")


class SmolLM3Backbone(Backbone):
    """SmolLM3's decoder: Llama's, with no rotary positions in some layers.

    Args:
        num_attention_heads: int. Number of query heads.
        rope_layer_enabled_list: bools, one per layer. Whether it has rotary positions.
        layer_types: strs, one per layer. "sliding_attention" for layers with the window of
            `sliding_window`, anything else for those without.
        mlp_bias: bool. Whether the feed-forward layers have biases.
        max_position_embeddings: int. Length of the longest sequences that the model was trained on;
            sets no limit.
        rope_theta: float. Base of the rotary frequencies.
        partial_rotary_factor: float. Fraction of each head that is rotated; 1.0.
        sliding_window: int or None. Number of tokens that a token attends to in such layers, itself
            included.
        head_dim: int or None. Size of each head; None for `hidden_dim / num_attention_heads`.

    Example:
        >>> backbone = nlpkit.models.SmolLM3Backbone(
        ...     vocabulary_size=100, hidden_dim=16, intermediate_dim=32, num_layers=4,
        ...     num_attention_heads=4, num_key_value_heads=2, attention_bias=False,
        ...     attention_dropout=0.0, rope_layer_enabled_list=[True, True, True, False],
        ...     layer_types=["full_attention"] * 4, mlp_bias=False, layer_norm_epsilon=1e-6,
        ...     max_position_embeddings=64, rope_theta=10000.0, partial_rotary_factor=1.0,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = SmolLM3Tokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("smollm3",)
    hf_architecture: ClassVar[str] = "SmolLM3Model"
    heads: ClassVar[Heads] = decoder_heads("SmolLM3", answers="transformer.")
    hf_prefix: ClassVar[str] = "model."
    kerashub: ClassVar[tuple[Family, ...]] = (_KERASHUB,)

    def __init__(
        self,
        vocabulary_size: int,
        hidden_dim: int,
        intermediate_dim: int,
        num_layers: int,
        num_attention_heads: int,
        num_key_value_heads: int,
        attention_bias: bool,
        attention_dropout: float,
        rope_layer_enabled_list: Sequence[bool],
        layer_types: Sequence[str],
        mlp_bias: bool,
        layer_norm_epsilon: float,
        max_position_embeddings: int,
        rope_theta: float,
        partial_rotary_factor: float,
        *,
        rope_scaling: Mapping[str, Any] | None = None,
        sliding_window: int | None = None,
        head_dim: int | None = None,
        tie_word_embeddings: bool = True,
        dropout: float = 0.0,
        activation: str = "silu",
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        norm = NormSpec("rms", layer_norm_epsilon)
        attention = llama_like.attention(
            hidden_dim=hidden_dim,
            num_query_heads=num_attention_heads,
            num_key_value_heads=num_key_value_heads,
            head_dim=head_dim,
            rope_max_wavelength=rope_theta,
            rope_scaling=rope_scaling,
            bias=attention_bias,
            dropout=attention_dropout,
        )
        feed_forward = FeedForwardSpec(intermediate_dim, activation, gated=True, use_bias=mlp_bias)
        rotary_dim = int(attention.head_dim * partial_rotary_factor)
        rope = attention.rope and replace(attention.rope, rotary_dim=rotary_dim)
        _check_lists(num_layers, rope_layer_enabled_list, layer_types, sliding_window)
        windowed = attentions_of_layers(attention, layer_types, sliding_window)
        of_layers = [
            replace(each, rope=rope if rotated else None)
            for each, rotated in zip(windowed, rope_layer_enabled_list, strict=True)
        ]
        layers = [llama_like.layer(each, feed_forward, norm, dropout) for each in of_layers]
        stack = llama_like.stack(vocabulary_size, hidden_dim, layers, norm, tie_word_embeddings)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)

    def weight_table(self) -> list[Line]:
        return llama_like.table(
            self.num_layers, bias=self.attention_bias, feed_forward_bias=self.mlp_bias
        )

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        common = llama_like.read(
            reader,
            max_sequence_length=32768,
            tie_word_embeddings=True,
            rope_max_wavelength=2_000_000.0,
        )
        layers = common["num_layers"]
        interval = reader.get("no_rope_layer_interval", 4)
        without = [int((i + 1) % interval != 0) for i in range(layers)]
        rotated = [bool(x) for x in reader.get("no_rope_layers", without)]
        uses, window = reader.get("use_sliding_window", False), reader.get("sliding_window", 0)
        window = window if uses and window else None
        kinds = [WINDOW if window and not rope else FULL for rope in rotated]
        return {
            **{_RENAMED.get(name, name): value for name, value in common.items()},
            "attention_bias": reader.get("attention_bias", False),
            "mlp_bias": reader.get("mlp_bias", False),
            "rope_layer_enabled_list": rotated,
            "layer_types": reader.get("layer_types", kinds),
            "sliding_window": window,
            "partial_rotary_factor": 1.0,
        }

    def to_hf_config(self) -> dict[str, Any]:
        if self.partial_rotary_factor != 1.0:
            raise ValueError(
                f"Hugging Face's SmolLM3 rotates whole heads; got partial_rotary_factor="
                f"{self.partial_rotary_factor}."
            )
        return {
            **llama_like.write(self, self.rope_scaling, _RENAMED),
            # Else transformers takes one that a small vocabulary lacks.
            "pad_token_id": None,
            "attention_bias": self.attention_bias,
            "mlp_bias": self.mlp_bias,
            "no_rope_layers": [int(x) for x in self.rope_layer_enabled_list],
            "layer_types": list(self.layer_types),
            "use_sliding_window": self.sliding_window is not None,
            "sliding_window": self.sliding_window,
        }


def _check_lists(layers: int, rotated: Any, kinds: Any, window: int | None) -> None:
    if len(rotated) != layers or len(kinds) != layers:
        raise ValueError(
            f"rope_layer_enabled_list and layer_types must have an entry for each of the {layers} "
            f"layers; got {len(rotated)} and {len(kinds)}."
        )
    if WINDOW in kinds and window is None:
        raise ValueError(f"layer_types has {WINDOW!r}, which needs sliding_window.")


class SmolLM3CausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `SmolLM3Tokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = SmolLM3Tokenizer
    stop_tokens: ClassVar[tuple[str, ...]] = ("end_token", "turn_end_token")


class SmolLM3CausalLM(CausalLM):
    """`CausalLM` on a `SmolLM3Backbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = SmolLM3Backbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = SmolLM3CausalLMPreprocessor


# KerasHub's other names of the same classes.
SmolLMTokenizer = SmolLM3Tokenizer
