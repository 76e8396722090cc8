"""Strings to the features of a model, for one kind of task each."""

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
    from nlpkit.preprocessors.text_classifier_preprocessor import (
        TextClassifierPreprocessor as TextClassifierPreprocessor,
    )

__all__, __getattr__, __dir__ = namespace(
    __name__,
    {
        "causal_lm_preprocessor": "CausalLMPreprocessor",
        "masked_lm_preprocessor": "MaskedLMPreprocessor",
        "preprocessor": "Preprocessor",
        "text_classifier_preprocessor": "TextClassifierPreprocessor",
    },
)
