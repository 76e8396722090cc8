"""Compatibility checks of a task's parts."""

from typing import TYPE_CHECKING, Any

import keras

from nlpkit._types import DType

if TYPE_CHECKING:
    from nlpkit.backbones.backbone import Backbone
    from nlpkit.preprocessors.preprocessor import Preprocessor


def check_family(name: str, part: object, needed: type) -> None:
    """Raise a ValueError if a part is not of the class that the task needs."""
    if not isinstance(part, needed):
        raise ValueError(
            f"{name} must be a {needed.__name__}; got {part!r} of type {type(part).__name__}."
        )


def check_dtype(dtype: DType, backbone: "Backbone") -> None:
    """Raise a ValueError if the dtype of a task is not that of its backbone."""
    of_backbone = backbone.dtype_policy.name
    if dtype is not None and keras.dtype_policies.get(dtype).name != of_backbone:
        raise ValueError(f"A task has its backbone's dtype, {of_backbone!r}; got dtype={dtype!r}.")


def check_vocabulary(preprocessor: "Preprocessor | None", backbone: "Backbone") -> None:
    """Raise a ValueError if a preprocessor has more tokens than a backbone.

    A last one that only masked texts have may be missing, as in BART's models that write summaries.
    """
    tokenizer: Any = getattr(preprocessor, "tokenizer", None)
    if not getattr(tokenizer, "has_vocabulary", False):
        return
    rows = backbone.token_embedding.input_dim
    tokens = tokenizer.vocabulary_size()
    if getattr(tokenizer, "mask_token_id", None) == tokens - 1:
        tokens -= 1
    if tokens > rows:
        raise ValueError(
            f"The preprocessor's vocabulary has {tokenizer.vocabulary_size()} entries, more than "
            f"the {rows} rows of the backbone's token embedding; they belong to different models."
        )
