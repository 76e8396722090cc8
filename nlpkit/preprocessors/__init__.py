"""Preprocessors: from strings to model features, one class per kind of task."""

from typing import TYPE_CHECKING

from nlpkit._namespace import namespace

if TYPE_CHECKING:
    from nlpkit.preprocessors.causal_lm_preprocessor import (
        CausalLMPreprocessor as CausalLMPreprocessor,
    )
    from nlpkit.preprocessors.masked_lm_preprocessor import (
        MaskedLMPreprocessor as MaskedLMPreprocessor,
    )
    from nlpkit.preprocessors.preprocessor import Preprocessor as Preprocessor
    from nlpkit.preprocessors.question_answerer_preprocessor import (
        QuestionAnswererPreprocessor as QuestionAnswererPreprocessor,
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

__all__, __getattr__, __dir__ = namespace(
    __name__,
    {
        "causal_lm_preprocessor": "CausalLMPreprocessor",
        "masked_lm_preprocessor": "MaskedLMPreprocessor",
        "preprocessor": "Preprocessor",
        "question_answerer_preprocessor": "QuestionAnswererPreprocessor",
        "text_classifier_preprocessor": "TextClassifierPreprocessor",
        "text_embedder_preprocessor": "TextEmbedderPreprocessor",
        "token_classifier_preprocessor": "TokenClassifierPreprocessor",
    },
)
