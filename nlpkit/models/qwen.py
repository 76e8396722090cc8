"""Qwen 1.5, 2 and 2.5 (Yang et al., 2024, https://arxiv.org/abs/2407.10671)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nlpkit._types import DType
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import Heads, decoder_heads
from nlpkit.backbones.layer_types import attentions_of_layers, kinds_by_index
from nlpkit.backbones.shared import llama_like
from nlpkit.backbones.spec import FeedForwardSpec, NormSpec
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.layouts.kerashub.decoder import END_OF_TEXT, ROPE, grouped_decoder
from nlpkit.presets.layouts.kerashub.family import Family
from nlpkit.presets.layouts.kerashub.layers import GATED_LAYER, PROJECTION_BIASES
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.byte_pair.files import MergesSource, VocabularySource
from nlpkit.tokenizers.byte_pair.tokenizer import BytePairTokenizer

_KERASHUB = grouped_decoder(
    "Qwen",
    END_OF_TEXT,
    arguments=(
        *ROPE,
        "tie_word_embeddings",
        "use_sliding_window_attention",
        "sliding_window_size",
    ),
    final_norm="qwen_layer_norm",
    layer=GATED_LAYER + PROJECTION_BIASES,
    layer_name="qwen_transformer_decoder",
)


class QwenTokenizer(BytePairTokenizer):
    """Split text into the byte pairs of Qwen 2, with a token for end and padding.

    Args:
        vocabulary, merges, **kwargs: as for `BytePairTokenizer`.
        end_token, pad_token: str. Default "<|endoftext|>".
        split_pattern: str. Default "qwen2".
        normalization: str or None. Default "NFC".

    Example:
        >>> vocabulary = {"<|endoftext|>": 0, "a": 1, "Ġ": 2, "b": 3, "Ġb": 4}
        >>> tokenizer = nlpkit.models.QwenTokenizer(vocabulary, ["Ġ b"])
        >>> tokenizer("a b")
        [1, 4]
        >>> tokenizer.end_token_id
        0
    """

    special_token_names: ClassVar[tuple[str, ...]] = ("end_token", "pad_token")

    def __init__(
        self,
        vocabulary: VocabularySource | None = None,
        merges: MergesSource | None = None,
        *,
        end_token: str = "<|endoftext|>",
        pad_token: str = "<|endoftext|>",
        split_pattern: str = "qwen2",
        normalization: str | None = "NFC",
        **kwargs: Any,
    ) -> None:
        super().__init__(split_pattern=split_pattern, normalization=normalization, **kwargs)
        self.end_token = end_token
        self.pad_token = pad_token
        self.set_vocabulary_and_merges(vocabulary, merges)

    @property
    def turn_end_token_id(self) -> int | None:
        """The id of "<|im_end|>", which ends the answer of an instruction-tuned model."""
        return self._known().ids.get("<|im_end|>")


class QwenBackbone(Backbone):
    """Qwen 2's decoder: Llama's, with query, key and value biases.

    Args:
        use_sliding_window_attention: bool. Whether some layers have a sliding window.
        window_layers: ints or None. Indices of these layers; None for all.

    Example:
        >>> backbone = nlpkit.models.QwenBackbone(
        ...     vocabulary_size=100, num_layers=2, num_query_heads=4, num_key_value_heads=2,
        ...     hidden_dim=16, intermediate_dim=32,
        ... )
        >>> tuple(backbone([[5, 2, 7]]).shape)
        (1, 3, 16)
    """

    tokenizer_class: ClassVar[type[Tokenizer]] = QwenTokenizer
    hf_model_types: ClassVar[tuple[str, ...]] = ("qwen2",)
    hf_architecture: ClassVar[str] = "Qwen2Model"
    heads: ClassVar[Heads] = decoder_heads("Qwen2", answers="transformer.")
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
        rope_max_wavelength: float = 10000,
        rope_scaling_factor: float = 1.0,
        layer_norm_epsilon: float = 1e-6,
        dropout: float = 0.0,
        dtype: DType = None,
        tie_word_embeddings: bool = True,
        use_sliding_window_attention: bool = False,
        sliding_window_size: int = 32768,
        *,
        rope_scaling: Mapping[str, Any] | None = None,
        head_dim: int | None = None,
        window_layers: Sequence[int] | None = None,
        attention_dropout: float = 0.0,
        activation: str = "silu",
        max_sequence_length: int = 32768,
        **kwargs: Any,
    ) -> None:
        scaling = llama_like.scaling(rope_scaling, rope_scaling_factor)
        norm = NormSpec("rms", layer_norm_epsilon)
        attention = llama_like.attention(
            hidden_dim=hidden_dim,
            num_query_heads=num_query_heads,
            num_key_value_heads=num_key_value_heads,
            head_dim=head_dim,
            rope_max_wavelength=rope_max_wavelength,
            rope_scaling=scaling,
            input_bias=True,
            dropout=attention_dropout,
        )
        feed_forward = FeedForwardSpec(intermediate_dim, activation, gated=True, use_bias=False)
        window = sliding_window_size if use_sliding_window_attention else None
        kinds = kinds_by_index(num_layers, window_layers)
        attentions = attentions_of_layers(attention, kinds, window)
        layers = [llama_like.layer(each, feed_forward, norm, dropout) for each in attentions]
        stack = llama_like.stack(vocabulary_size, hidden_dim, layers, norm, tie_word_embeddings)
        super().__init__(stack, locals(), dtype=dtype, **kwargs)
        self._scaling = scaling

    def weight_table(self) -> list[Line]:
        return llama_like.table(self.num_layers, input_bias=True)

    @classmethod
    def from_hf_config(cls, reader: ConfigReader) -> dict[str, Any]:
        reader.require("use_mrope", [False], False)
        common = llama_like.read(reader, max_sequence_length=32768)
        window, layers = llama_like.read_windows(reader, common["num_layers"])
        return {
            **common,
            "use_sliding_window_attention": window is not None,
            "sliding_window_size": 32768 if window is None else window,
            "window_layers": layers,
        }

    def to_hf_config(self) -> dict[str, Any]:
        window = self.sliding_window_size if self.use_sliding_window_attention else None
        windows = llama_like.write_windows(window, self.window_layers, self.num_layers)
        return {**llama_like.write(self, self._scaling), **windows}


class QwenCausalLMPreprocessor(CausalLMPreprocessor):
    """`CausalLMPreprocessor` with a `QwenTokenizer`."""

    tokenizer_class: ClassVar[type[Tokenizer]] = QwenTokenizer
    stop_tokens: ClassVar[tuple[str, ...]] = ("end_token", "pad_token", "turn_end_token")


class QwenCausalLM(CausalLM):
    """`CausalLM` on a `QwenBackbone`, with a tied or untied head."""

    backbone_class: ClassVar[type[Backbone]] = QwenBackbone
    preprocessor_class: ClassVar[type[CausalLMPreprocessor]] = QwenCausalLMPreprocessor


# KerasHub's other names of the same classes.
Qwen2Backbone = QwenBackbone
Qwen2CausalLM = QwenCausalLM
Qwen2CausalLMPreprocessor = QwenCausalLMPreprocessor
Qwen2Tokenizer = QwenTokenizer
