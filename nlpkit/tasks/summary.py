"""What the summary of a task says of its preprocessor."""

from typing import Any


def summary_of(preprocessor: Any) -> str:
    """A preprocessor and its tokenizer, a line each."""
    tokenizer = preprocessor.tokenizer
    words = "none yet" if tokenizer._vocabulary is None else f"{tokenizer.vocabulary_size():,}"
    lines = [
        f'Preprocessor: "{preprocessor.name}" ({type(preprocessor).__name__})',
        f"  {tokenizer.name} ({type(tokenizer).__name__}), vocabulary: {words}",
    ]
    if getattr(preprocessor, "sequence_length", None) is not None:
        lines.append(f"  sequence_length: {preprocessor.sequence_length}")
    return "\n".join(lines)
