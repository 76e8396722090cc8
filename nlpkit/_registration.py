"""Lazy registration of nlpkit's classes with Keras.

A `.keras` file names the classes it needs, and `keras.saving` looks them up among the registered
ones. Classes are registered when their modules are imported, but `import nlpkit` imports neither
them nor Keras, so placeholders are registered by name when Keras is imported.
"""

import importlib
import importlib.abc
import importlib.machinery
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from nlpkit._namespace import ORIGINS
from nlpkit._registry import registered_class

_SAVING = "keras.saving"
_LAZY = ("layers", "losses", "metrics", "preprocessors", "samplers", "tokenizers")
# The classes that are in none of these namespaces and not a family's: modules, registered names.
_OTHERS = {
    "backbones.backbone": "Backbone",
    "backbones.encoder_decoder": "EncoderDecoderBackbone",
    "backbones.shared.bart_like": "BartLikeBackbone",
    "layers.modeling.transformer_layer": "TransformerLayer",
    "layers.preprocessing.audio_converter": "AudioConverter",
    "layers.preprocessing.packing.next_token_packer": "NextTokenPacker",
    "layers.preprocessing.packing.packer": "Packer",
    "layers.preprocessing.preprocessing_layer": "PreprocessingLayer",
    "layers.preprocessing.packing.prompt_packer": "PromptPacker",
    "layers.preprocessing.token_augmenter": "TokenAugmenter",
    "layers.preprocessing.token_layer": "TokenLayer",
    "losses.embedding_loss": "EmbeddingLoss",
    "metrics.counted_metric": "CountedMetric",
    "metrics.edit_distance": "ErrorRate",
    "metrics.rouge": "Rouge",
    "metrics.sacrebleu_metric": "SacreBleuMetric",
    "metrics.text_metric": "TextMetric",
    "modules.mixing.attention": "Attention",
    "modules.dense": "Dense",
    "modules.mixing.disentangled_attention": "DisentangledAttention RelativeEmbedding",
    "modules.dropout": "Dropout",
    "modules.embedding_table": "SinusoidTable Table",
    "modules.experts": "ExpertDense Experts",
    "modules.feed_forward": "FeedForward",
    "modules.frame_embedding": "FrameEmbedding",
    "modules.mixing.fourier_mixing": "FourierMixing",
    "modules.logits_bias": "LogitsBias",
    "modules.normalization": "LayerNormalization RMSNorm",
    "modules.pooling": "Pooling",
    "modules.mixing.relative_attention": "RelativeAttention RelativeEncoding",
    "modules.mixing.relative_bias": "RelativeBias",
    "modules.mixing.sequence_convolution": "SequenceConvolution",
    "modules.transformer_block": "Residual TransformerBlock",
    "preprocessors.generation_preprocessor": "GenerationPreprocessor",
    "preprocessors.seq2seq_lm_preprocessor": "Seq2SeqLMPreprocessor",
    "preprocessors.speech_to_text_preprocessor": "SpeechToTextPreprocessor",
    "preprocessors.segment_preprocessor": "PackingPreprocessor SegmentPreprocessor",
    "preprocessors.window_preprocessor": "WindowPreprocessor",
    "tasks.causal_lm": "CausalLM",
    "tasks.masked_lm": "MaskedLM",
    "tasks.question_answerer": "QuestionAnswerer",
    "tasks.reranker": "Reranker",
    "tasks.seq2seq_lm": "Seq2SeqLM",
    "tasks.speech_to_text": "SpeechToText",
    "tasks.task": "Task",
    "tasks.text_classifier": "TextClassifier",
    "tasks.text_embedder": "TextEmbedder",
    "tasks.token_classifier": "TokenClassifier",
    "tokenizers.byte_pair.transcript_tokenizer": "TranscriptTokenizer",
    "tokenizers.byte_pair.family_tokenizers": (
        "EndOfTextTokenizer ImEndTokenizer StartEndMaskTokenizer ClsSepBytePairTokenizer"
    ),
    "tokenizers.sentence_piece.start_end_tokenizer": (
        "StartEndPieceTokenizer StartEndPadPieceTokenizer StartEndMaskPieceTokenizer"
    ),
    "tokenizers.sentence_piece.cls_sep_tokenizer": "ClsSepPieceTokenizer ClsSepMaskPieceTokenizer",
    "tokenizers.word_piece.cls_sep_tokenizer": "ClsSepTokenizer",
}
_CLASS = re.compile(r"^class ([A-Z]\w*)\(", re.MULTILINE)


class _Deferred:
    """A placeholder for a class until it is used; registering the class itself replaces it."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._find()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._find(), name)

    def _find(self) -> Any:
        importlib.import_module(self._module)
        return registered_class(self._name)


class _WhenSavingIsImported(importlib.abc.MetaPathFinder):
    """Registers the names as soon as Keras' registry is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != _SAVING:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_register(module: ModuleType) -> None:
                execute(module)
                _register(module)

            spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec


def register_names() -> None:
    """Register all classes by name, now or when Keras is imported."""
    if _SAVING in sys.modules:
        _register(sys.modules[_SAVING])
    else:
        sys.meta_path.insert(0, _WhenSavingIsImported())


def class_names() -> Iterator[tuple[str, str]]:
    """The modules that have classes to be found by name, and the names; none is imported."""
    for namespace in _LAZY:
        importlib.import_module(f"nlpkit.{namespace}")
        for module, name in ORIGINS[f"nlpkit.{namespace}"].values():
            if name[0].isupper():
                yield module, name
    for module, names in _OTHERS.items():
        for name in names.split():
            yield f"nlpkit.{module}", name
    for path in (Path(__file__).parent / "models").glob("*.py"):
        # Adding a family is adding its file, which is read here, and imported when it is needed.
        for name in _CLASS.findall(path.read_text(encoding="utf-8")):
            yield f"nlpkit.models.{path.stem}", name


def _register(saving: ModuleType) -> None:
    registered = saving.get_custom_objects()
    for module, name in class_names():
        registered.setdefault(f"nlpkit>{name}", _Deferred(module, name))
