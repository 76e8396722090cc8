"""The model families: tokenizer, preprocessors, backbone and tasks of each in one file.

The classes that a family's file defines are public, unless their names start with "_". Type
checkers are told of each file below.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nlpkit import _backend as _backend
from nlpkit.backbones.backbone import Backbone as Backbone
from nlpkit.preprocessors.causal_lm_preprocessor import CausalLMPreprocessor as CausalLMPreprocessor
from nlpkit.preprocessors.masked_lm_preprocessor import MaskedLMPreprocessor as MaskedLMPreprocessor
from nlpkit.preprocessors.preprocessor import Preprocessor as Preprocessor
from nlpkit.preprocessors.question_answerer_preprocessor import (
    QuestionAnswererPreprocessor as QuestionAnswererPreprocessor,
)
from nlpkit.preprocessors.seq2seq_lm_preprocessor import (
    Seq2SeqLMPreprocessor as Seq2SeqLMPreprocessor,
)
from nlpkit.preprocessors.speech_to_text_preprocessor import (
    SpeechToTextPreprocessor as SpeechToTextPreprocessor,
)
from nlpkit.preprocessors.text_classifier_preprocessor import (
    TextClassifierPreprocessor as TextClassifierPreprocessor,
)
from nlpkit.preprocessors.text_embedder_preprocessor import (
    TextEmbedderPreprocessor as TextEmbedderPreprocessor,
)
from nlpkit.preprocessors.token_classifier_preprocessor import (
    TokenClassifierPreprocessor as TokenClassifierPreprocessor,
)
from nlpkit.tasks.causal_lm import CausalLM as CausalLM
from nlpkit.tasks.masked_lm import MaskedLM as MaskedLM
from nlpkit.tasks.question_answerer import QuestionAnswerer as QuestionAnswerer
from nlpkit.tasks.reranker import Reranker as Reranker
from nlpkit.tasks.seq2seq_lm import Seq2SeqLM as Seq2SeqLM
from nlpkit.tasks.speech_to_text import SpeechToText as SpeechToText
from nlpkit.tasks.task import Task as Task
from nlpkit.tasks.text_classifier import TextClassifier as TextClassifier
from nlpkit.tasks.text_embedder import TextEmbedder as TextEmbedder
from nlpkit.tasks.token_classifier import TokenClassifier as TokenClassifier
from nlpkit.tokenizers.base.tokenizer import Tokenizer as Tokenizer

if TYPE_CHECKING:
    from nlpkit.models.albert import *
    from nlpkit.models.bart import *
    from nlpkit.models.bert import *
    from nlpkit.models.bloom import *
    from nlpkit.models.byt5 import *
    from nlpkit.models.deberta_v3 import *
    from nlpkit.models.distil_bert import *
    from nlpkit.models.electra import *
    from nlpkit.models.euro_bert import *
    from nlpkit.models.f_net import *
    from nlpkit.models.falcon import *
    from nlpkit.models.gemma import *
    from nlpkit.models.gemma3 import *
    from nlpkit.models.gpt2 import *
    from nlpkit.models.gpt_neo_x import *
    from nlpkit.models.gpt_oss import *
    from nlpkit.models.granite import *
    from nlpkit.models.llama import *
    from nlpkit.models.marian import *
    from nlpkit.models.mistral import *
    from nlpkit.models.mixtral import *
    from nlpkit.models.modern_bert import *
    from nlpkit.models.mpnet import *
    from nlpkit.models.nomic_bert import *
    from nlpkit.models.olmo import *
    from nlpkit.models.opt import *
    from nlpkit.models.pegasus import *
    from nlpkit.models.phi3 import *
    from nlpkit.models.qwen import *
    from nlpkit.models.qwen3 import *
    from nlpkit.models.qwen3_moe import *
    from nlpkit.models.roberta import *
    from nlpkit.models.smollm3 import *
    from nlpkit.models.stablelm import *
    from nlpkit.models.t5 import *
    from nlpkit.models.whisper import *
    from nlpkit.models.xlnet import *


def _family_classes() -> Iterator[tuple[str, type]]:
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        for name, thing in vars(module).items():
            is_its_own = isinstance(thing, type) and thing.__module__ == module.__name__
            if is_its_own and not name.startswith("_"):
                yield name, thing


globals().update(_family_classes())
Classifier = TextClassifier  # KerasHub's other name of it.

__all__ = sorted(
    name
    for name, thing in globals().items()
    if isinstance(thing, type) and thing.__module__.startswith("nlpkit.")
)


def __dir__() -> list[str]:
    return [*__all__]
