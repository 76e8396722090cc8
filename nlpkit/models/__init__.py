"""The model families: tokenizer, preprocessors, backbone and tasks of each in one file."""

from nlpkit import _backend as _backend
from nlpkit.backbones.backbone import Backbone
from nlpkit.models.bert import (
    BertBackbone,
    BertClassifier,
    BertMaskedLM,
    BertMaskedLMPreprocessor,
    BertPreprocessor,
    BertTokenizer,
)
from nlpkit.models.bloom import (
    BloomBackbone,
    BloomCausalLM,
    BloomCausalLMPreprocessor,
    BloomTokenizer,
)
from nlpkit.models.falcon import (
    FalconBackbone,
    FalconCausalLM,
    FalconCausalLMPreprocessor,
    FalconTokenizer,
)
from nlpkit.models.gemma import (
    GemmaBackbone,
    GemmaCausalLM,
    GemmaCausalLMPreprocessor,
    GemmaTokenizer,
)
from nlpkit.models.gemma3 import (
    Gemma3Backbone,
    Gemma3CausalLM,
    Gemma3CausalLMPreprocessor,
    Gemma3Tokenizer,
)
from nlpkit.models.gpt2 import (
    GPT2Backbone,
    GPT2CausalLM,
    GPT2CausalLMPreprocessor,
    GPT2Tokenizer,
)
from nlpkit.models.gpt_neo_x import (
    GPTNeoXBackbone,
    GPTNeoXCausalLM,
    GPTNeoXCausalLMPreprocessor,
    GPTNeoXTokenizer,
)
from nlpkit.models.gpt_oss import (
    GptOssBackbone,
    GptOssCausalLM,
    GptOssCausalLMPreprocessor,
    GptOssTokenizer,
)
from nlpkit.models.llama import (
    Llama3CausalLMPreprocessor,
    Llama3Tokenizer,
    LlamaBackbone,
    LlamaCausalLM,
    LlamaCausalLMPreprocessor,
    LlamaTokenizer,
)
from nlpkit.models.mistral import (
    MistralBackbone,
    MistralCausalLM,
    MistralCausalLMPreprocessor,
    MistralTekkenCausalLMPreprocessor,
    MistralTekkenTokenizer,
    MistralTokenizer,
)
from nlpkit.models.mixtral import (
    MixtralBackbone,
    MixtralCausalLM,
    MixtralCausalLMPreprocessor,
    MixtralTokenizer,
)
from nlpkit.models.olmo2 import (
    Olmo2Backbone,
    Olmo2CausalLM,
    Olmo2CausalLMPreprocessor,
    Olmo2Tokenizer,
)
from nlpkit.models.opt import (
    OPTBackbone,
    OPTCausalLM,
    OPTCausalLMPreprocessor,
    OPTTokenizer,
)
from nlpkit.models.phi3 import (
    Phi3Backbone,
    Phi3CausalLM,
    Phi3CausalLMPreprocessor,
    Phi3Tokenizer,
)
from nlpkit.models.qwen import (
    QwenBackbone,
    QwenCausalLM,
    QwenCausalLMPreprocessor,
    QwenTokenizer,
)
from nlpkit.models.qwen3 import (
    Qwen3Backbone,
    Qwen3CausalLM,
    Qwen3CausalLMPreprocessor,
    Qwen3Tokenizer,
)
from nlpkit.models.qwen3_moe import (
    Qwen3MoeBackbone,
    Qwen3MoeCausalLM,
    Qwen3MoeCausalLMPreprocessor,
    Qwen3MoeTokenizer,
)
from nlpkit.models.smollm3 import (
    SmolLM3Backbone,
    SmolLM3CausalLM,
    SmolLM3CausalLMPreprocessor,
    SmolLM3Tokenizer,
)
from nlpkit.models.stablelm import (
    StableLMBackbone,
    StableLMCausalLM,
    StableLMCausalLMPreprocessor,
    StableLMTokenizer,
)
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.preprocessors.text_classifier_preprocessor import TextClassifierPreprocessor
from nlpkit.tasks.causal_lm import CausalLM
from nlpkit.tasks.masked_lm import MaskedLM
from nlpkit.tasks.task import Task
from nlpkit.tasks.text_classifier import TextClassifier
from nlpkit.tokenizers.base.tokenizer import Tokenizer

# KerasHub's other names of the same classes.
Classifier = TextClassifier
BertTextClassifier = BertClassifier
BertTextClassifierPreprocessor = BertPreprocessor
Llama3Backbone = LlamaBackbone
Llama3CausalLM = LlamaCausalLM
Qwen2Backbone = QwenBackbone
Qwen2CausalLM = QwenCausalLM
Qwen2CausalLMPreprocessor = QwenCausalLMPreprocessor
Qwen2Tokenizer = QwenTokenizer
SmolLMTokenizer = SmolLM3Tokenizer

__all__ = [
    "Backbone",
    "BertBackbone",
    "BertClassifier",
    "BertMaskedLM",
    "BertMaskedLMPreprocessor",
    "BertPreprocessor",
    "BertTextClassifier",
    "BertTextClassifierPreprocessor",
    "BertTokenizer",
    "BloomBackbone",
    "BloomCausalLM",
    "BloomCausalLMPreprocessor",
    "BloomTokenizer",
    "CausalLM",
    "CausalLMPreprocessor",
    "Classifier",
    "FalconBackbone",
    "FalconCausalLM",
    "FalconCausalLMPreprocessor",
    "FalconTokenizer",
    "GPT2Backbone",
    "GPT2CausalLM",
    "GPT2CausalLMPreprocessor",
    "GPT2Tokenizer",
    "GPTNeoXBackbone",
    "GPTNeoXCausalLM",
    "GPTNeoXCausalLMPreprocessor",
    "GPTNeoXTokenizer",
    "Gemma3Backbone",
    "Gemma3CausalLM",
    "Gemma3CausalLMPreprocessor",
    "Gemma3Tokenizer",
    "GemmaBackbone",
    "GemmaCausalLM",
    "GemmaCausalLMPreprocessor",
    "GemmaTokenizer",
    "GptOssBackbone",
    "GptOssCausalLM",
    "GptOssCausalLMPreprocessor",
    "GptOssTokenizer",
    "Llama3Backbone",
    "Llama3CausalLM",
    "Llama3CausalLMPreprocessor",
    "Llama3Tokenizer",
    "LlamaBackbone",
    "LlamaCausalLM",
    "LlamaCausalLMPreprocessor",
    "LlamaTokenizer",
    "MaskedLM",
    "MaskedLMPreprocessor",
    "MistralBackbone",
    "MistralCausalLM",
    "MistralCausalLMPreprocessor",
    "MistralTekkenCausalLMPreprocessor",
    "MistralTekkenTokenizer",
    "MistralTokenizer",
    "MixtralBackbone",
    "MixtralCausalLM",
    "MixtralCausalLMPreprocessor",
    "MixtralTokenizer",
    "OPTBackbone",
    "OPTCausalLM",
    "OPTCausalLMPreprocessor",
    "OPTTokenizer",
    "Olmo2Backbone",
    "Olmo2CausalLM",
    "Olmo2CausalLMPreprocessor",
    "Olmo2Tokenizer",
    "Phi3Backbone",
    "Phi3CausalLM",
    "Phi3CausalLMPreprocessor",
    "Phi3Tokenizer",
    "Preprocessor",
    "Qwen2Backbone",
    "Qwen2CausalLM",
    "Qwen2CausalLMPreprocessor",
    "Qwen2Tokenizer",
    "Qwen3Backbone",
    "Qwen3CausalLM",
    "Qwen3CausalLMPreprocessor",
    "Qwen3MoeBackbone",
    "Qwen3MoeCausalLM",
    "Qwen3MoeCausalLMPreprocessor",
    "Qwen3MoeTokenizer",
    "Qwen3Tokenizer",
    "QwenBackbone",
    "QwenCausalLM",
    "QwenCausalLMPreprocessor",
    "QwenTokenizer",
    "SmolLM3Backbone",
    "SmolLM3CausalLM",
    "SmolLM3CausalLMPreprocessor",
    "SmolLM3Tokenizer",
    "SmolLMTokenizer",
    "StableLMBackbone",
    "StableLMCausalLM",
    "StableLMCausalLMPreprocessor",
    "StableLMTokenizer",
    "Task",
    "TextClassifier",
    "TextClassifierPreprocessor",
    "Tokenizer",
]


def __dir__() -> list[str]:
    return [*__all__]
