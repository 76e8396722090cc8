"""Training of SentencePiece models."""

import io
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
from sentencepiece import SentencePieceTrainer

from nlpkit._types import Data
from nlpkit.tokenizers.base.string_input import without_surrogates
from nlpkit.tokenizers.sentence_piece.source import build_processor
from nlpkit.tokenizers.training.training_texts import training_texts

_MODEL_TYPES = ("unigram", "bpe", "word", "char")
_FIRST_PIECES = ("<pad>", "<unk>", "<s>", "</s>")
_SECONDS_BEFORE_MESSAGE = 2.0
_LONGEST_WORD = 1000  # SentencePiece ignores, by default, more than 4192 bytes.
_ERRORS_ONLY = 2
_THREADS = 16  # Each thread computes a partial sum: their number affects the last bits.


def compute_sentence_piece_proto(
    data: Data,
    vocabulary_size: int,
    model_type: str = "unigram",
    proto_output_file: str | Path | None = None,
    lowercase: bool = False,
    *,
    byte_fallback: bool = False,
    character_coverage: float = 0.9995,
    special_tokens: Sequence[str] = (),
) -> bytes:
    """Train a SentencePiece model.

    The words between spaces are counted, and `sentencepiece` trains on them: pieces never cross a
    space, so it needs only words and counts, and only these are kept in memory. It normalizes them
    by its rules "nmt_nfkc". The same words and counts always give the same model, whatever the
    order of the texts. Words of more than 1,000 characters are split. A message appears when
    training takes more than two seconds.

    The first pieces are `<pad>`, `<unk>`, `<s>` and `</s>`, followed by the special tokens.

    Args:
        data: a list, iterable or generator of str; a list of `pathlib.Path`, or of str all of which
            are names of existing files, for text files (UTF-8, read line by line); or a
            `tf.data.Dataset` of strings, batched or not.
        vocabulary_size: int. The number of pieces.
        model_type: "unigram", "bpe", "word" or "char". Default "unigram".
        proto_output_file: path or None. Where to write the model. Default None.
        lowercase: bool. Whether the model folds case, by the rules "nmt_nfkc_cf". Default False.
        byte_fallback: bool. Whether characters without a piece become bytes, for which there are
            256 further pieces, rather than `<unk>`. Default False.
        character_coverage: float from 0.98 to 1. The fraction of the text's characters that get
            a piece; the rarest others get none. Default 0.9995.
        special_tokens: list of str. Further tokens, which are not found in text. Default none.

    Returns:
        bytes. The model, even if it is written to a file (KerasHub then returns None).

    Raises:
        TypeError: `data` contains something other than strings.
        ValueError: there are no words, or they do not give `vocabulary_size` pieces; the message
            says how many they give.

    Example:
        >>> proto = nlpkit.tokenizers.compute_sentence_piece_proto(
        ...     ["low low lower lowest"], 18, model_type="bpe"
        ... )
        >>> nlpkit.tokenizers.SentencePieceTokenizer(proto, dtype="string")("low lower")
        ['▁low', '▁lower']
    """
    _check_arguments(vocabulary_size, model_type, character_coverage, special_tokens)
    counts = _count_words(training_texts(data))
    if not counts:
        raise ValueError("data must contain words to train a model on; got none.")
    settings = {
        "vocab_size": vocabulary_size,
        "model_type": model_type,
        "normalization_rule_name": "nmt_nfkc_cf" if lowercase else "nmt_nfkc",
        "byte_fallback": byte_fallback,
        "character_coverage": character_coverage,
        "control_symbols": list(special_tokens),
    }
    with _message(f"Training a SentencePiece model on {len(counts)} distinct words ..."):
        proto = _train(counts, settings)
    _check_size(build_processor(proto).get_piece_size(), vocabulary_size)
    if proto_output_file is not None:
        Path(proto_output_file).write_bytes(proto)
    return proto


def _check_arguments(
    size: int, model_type: str, character_coverage: float, special_tokens: Sequence[str]
) -> None:
    if model_type not in _MODEL_TYPES:
        raise ValueError(f"model_type must be one of {_MODEL_TYPES}; got {model_type!r}.")
    if not 0.98 <= character_coverage <= 1:
        raise ValueError(f"character_coverage must be from 0.98 to 1; got {character_coverage}.")
    all_special = [*_FIRST_PIECES, *special_tokens]
    if len(set(all_special)) < len(all_special) or "" in all_special:
        raise ValueError(
            f"special_tokens must be distinct, differ from {_FIRST_PIECES}, and not be empty; got "
            f"{list(special_tokens)}."
        )
    if size <= len(all_special):
        raise ValueError(
            f"vocabulary_size must be at least {len(all_special) + 1}: there are "
            f"{len(all_special)} special pieces; got {size}."
        )


def _count_words(texts: Iterable[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        # Other separators of words are up to SentencePiece.
        counts.update(_to_spaces(without_surrogates(text)).split(" "))
    del counts[""]
    for word in [word for word in counts if len(word) > _LONGEST_WORD]:
        count = counts.pop(word)
        for start in range(0, len(word), _LONGEST_WORD):
            counts[word[start : start + _LONGEST_WORD]] += count
    return counts


def _to_spaces(text: str) -> str:
    return text.replace("\n", " ").replace("\t", " ").replace("\r", " ")


def _train(counts: Counter[str], settings: dict[str, Any]) -> bytes:
    written = io.BytesIO()
    try:
        SentencePieceTrainer.train(
            sentence_iterator=(f"{word}\t{counts[word]}" for word in sorted(counts)),
            input_format="tsv",
            model_writer=written,
            minloglevel=_ERRORS_ONLY,
            num_threads=_THREADS,
            pad_id=0,
            unk_id=1,
            bos_id=2,
            eos_id=3,
            **settings,
        )
    except (RuntimeError, ValueError) as error:
        raise _explained(str(error).strip(), settings["vocab_size"]) from None
    return written.getvalue()


def _explained(message: str, size: int) -> ValueError:
    if most := re.search(r"too high \(\d+\).*<= (\d+)", message):
        return _too_large(int(most[1]), size)
    if least := re.search(r"smaller than required_chars\. \d+ vs (\d+)", message):
        return ValueError(
            f"vocabulary_size must be at least {least[1]}: the special pieces and those of one "
            f"character in data; got {size}. A lower character_coverage needs fewer."
        )
    if "all_chars_count" in message:
        return ValueError("data must contain words to train a model on; got only whitespace.")
    return ValueError(f"SentencePiece cannot train with these arguments: {message}")


def _check_size(reached: int, size: int) -> None:
    if reached < size:
        raise _too_large(reached, size)


def _too_large(reached: int, size: int) -> ValueError:
    return ValueError(
        f"vocabulary_size cannot be reached: the words of data give at most {reached} pieces; got "
        f"{size}."
    )


@contextmanager
def _message(text: str) -> Iterator[None]:
    """A context manager that prints a line if its body takes long."""
    wanted = keras.config.is_interactive_logging_enabled()  # It is kept by thread.

    def write() -> None:
        if wanted:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    timer = threading.Timer(_SECONDS_BEFORE_MESSAGE, write)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
