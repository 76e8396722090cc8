"""The preprocessor's lines in the summary of a task."""

from nlpkit.preprocessors.preprocessor import Preprocessor


def summary_of(preprocessor: Preprocessor) -> str:
    """Describe a preprocessor and its tokenizer, one line each."""
    tokenizer = preprocessor.tokenizer
    words = f"{tokenizer.vocabulary_size():,}" if tokenizer.has_vocabulary else "none yet"
    lines = [
        f'Preprocessor: "{preprocessor.name}" ({type(preprocessor).__name__})',
        f"  {tokenizer.name} ({type(tokenizer).__name__}), vocabulary: {words}",
    ]
    if (length := getattr(preprocessor, "sequence_length", None)) is not None:
        lines.append(f"  sequence_length: {length}")
    return "\n".join(lines)
