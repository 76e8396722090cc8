"""Training WordPiece vocabularies."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nlpkit._compat import is_tensorflow_dataset
from nlpkit.tokenizers.basic_splitter import BasicSplitter
from nlpkit.tokenizers.pair_merger import PairMerger
from nlpkit.tokenizers.string_input import map_strings
from nlpkit.tokenizers.vocabulary import Vocabulary

_MOST_CHUNKS = 500_000
_LONGEST_WORD = 100  # Longer ones are unknown to the tokenizer.


def compute_word_piece_vocabulary(
    data: Any,
    vocabulary_size: int,
    vocabulary_output_file: str | Path | None = None,
    lowercase: bool = False,
    strip_accents: bool = False,
    split: bool = True,
    split_on_cjk: bool = True,
    suffix_indicator: str = "##",
    reserved_tokens: Sequence[str] = ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"),
) -> list[str]:
    """Train a WordPiece vocabulary.

    Words are split as `WordPieceTokenizer` splits them and counted. The vocabulary starts with the
    reserved tokens and every character, at the start of words and within; then, again and again,
    the two neighbouring pieces that are most frequent are merged into one (Sennrich et al., 2016,
    https://arxiv.org/abs/1508.07909). Ties go to the pair that sorts first, so that the same words
    always give the same vocabulary. Only distinct words are kept in memory; words of more than 100
    characters are ignored. A progress bar appears when it takes more than two seconds.

    Args:
        data: a list, iterable or generator of str; a list of `pathlib.Path`, or of str all of which
            are names of existing files, for text files (UTF-8, read line by line); or a
            `tf.data.Dataset` of strings, batched or not.
        vocabulary_size: int. The size of the vocabulary; it is smaller when the words run out of
            pairs to merge.
        vocabulary_output_file: path or None. Where to write the vocabulary, one token a line.
            Default None.
        lowercase: bool. Whether text is lower-cased. Default False.
        strip_accents: bool. Whether accents are removed. Default False.
        split: bool. Whether texts are split into words. If not, every string is a word, and a list
            of strings the words of a text. Default True.
        split_on_cjk: bool. Whether each CJK character is a word. Default True.
        suffix_indicator: str. What marks the pieces that continue a word. Default "##".
        reserved_tokens: list of str. What the vocabulary starts with. Default the special tokens of
            BERT.

    Returns:
        The vocabulary, a list of str.

    Raises:
        TypeError: `data` holds something other than strings.
        ValueError: there are no words, or `vocabulary_size` is too small for the reserved tokens
            and the characters.

    Example:
        words = ["bat sat pat mat rat"]
        nlpkit.tokenizers.compute_word_piece_vocabulary(words, 13)[5:]
        # ["b", "m", "p", "r", "s", "##a", "##t", "##at"]
    """
    if len(set(reserved_tokens)) < len(reserved_tokens):
        raise ValueError(f"reserved_tokens must differ; got {list(reserved_tokens)}.")
    splitter = BasicSplitter(lowercase, strip_accents, split, split_on_cjk)
    counts = _count_words(_texts(data, split), splitter)
    if not counts:
        raise ValueError("data holds no words to learn a vocabulary from.")
    merger = PairMerger(counts, suffix_indicator)
    pieces = dict.fromkeys([*reserved_tokens, *merger.alphabet])
    if len(pieces) > vocabulary_size:
        raise ValueError(
            f"vocabulary_size must be at least {len(pieces)}: {len(reserved_tokens)} reserved "
            f"tokens and the {len(merger.alphabet)} pieces of one character in data; got "
            f"{vocabulary_size}."
        )
    merger.extend(pieces, vocabulary_size)
    if vocabulary_output_file is not None:
        Vocabulary(list(pieces)).save(Path(vocabulary_output_file))
    return list(pieces)


def _count_words(texts: Iterable[str], splitter: BasicSplitter) -> Counter[str]:
    """Count words by way of chunks between spaces: distinct ones are split once."""
    words: Counter[str] = Counter()
    chunks: Counter[str] = Counter()
    for text in texts:
        chunks.update(text.split(" ") if splitter.split else [text])
        if len(chunks) > _MOST_CHUNKS:
            _move(chunks, words, splitter)
    _move(chunks, words, splitter)
    return words


def _move(chunks: Counter[str], words: Counter[str], splitter: BasicSplitter) -> None:
    for chunk, count in chunks.items():
        for word in splitter(chunk):
            if len(word) <= _LONGEST_WORD:
                words[word] += count
    chunks.clear()


def _texts(data: Any, split: bool) -> Iterator[str]:
    if is_tensorflow_dataset(data):
        return _dataset_texts(data)
    if isinstance(data, str | bytes | Path) or not isinstance(data, Iterable):
        raise TypeError(
            "data must be an iterable of strings, a list of files, or a tf.data.Dataset; got "
            f"{data!r:.80}. For one text or file, pass a list of it."
        )
    if not _are_files(data):
        return _iterable_texts(data, split)
    if not split:
        raise ValueError("split must be True when data is a list of files.")
    return _file_lines(data)


def _are_files(data: Iterable[Any]) -> bool:
    if not isinstance(data, list | tuple) or not data:
        return False
    if all(isinstance(item, Path) for item in data):
        return True
    return all(isinstance(item, str) and os.path.isfile(item) for item in data)


def _file_lines(paths: Iterable[str | Path]) -> Iterator[str]:
    for path in paths:
        with open(path, encoding="utf-8") as file:
            yield from (line.rstrip("\n") for line in file)


def _iterable_texts(data: Iterable[Any], split: bool) -> Iterator[str]:
    for item in data:
        if split and not isinstance(item, str):
            raise TypeError(f"data must hold strings; got {item!r:.80} ({type(item).__name__}).")
        yield from map_strings(lambda texts: texts, [item] if isinstance(item, str) else item)


def _dataset_texts(dataset: Any) -> Iterator[str]:
    for batch in dataset:
        if getattr(batch, "dtype", None) != "string":
            raise TypeError(f"data must be a dataset of strings; got one of {batch!r:.80}.")
        flat = getattr(batch, "flat_values", batch).numpy()
        yield from map_strings(
            lambda texts: texts, [flat] if isinstance(flat, bytes) else flat.ravel()
        )
