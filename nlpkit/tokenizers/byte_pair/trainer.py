"""Training of byte-level byte-pair vocabularies."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from nlpkit._types import Data
from nlpkit._warning import warn
from nlpkit.tokenizers.byte_pair.algorithm import build_normalizer
from nlpkit.tokenizers.byte_pair.byte_alphabet import BYTE_SYMBOLS
from nlpkit.tokenizers.byte_pair.files import Merge, write_merges, write_vocabulary
from nlpkit.tokenizers.byte_pair.splitting.chunks import Chunks
from nlpkit.tokenizers.byte_pair.splitting.patterns import build_pre_tokenizer
from nlpkit.tokenizers.training.pair_merger import PairMerger
from nlpkit.tokenizers.training.training_texts import training_texts

_MOST_CHUNKS = 500_000
_LONGEST_WORD = 1000


def compute_byte_pair_vocabulary(
    data: Data,
    vocabulary_size: int,
    vocabulary_output_file: str | Path | None = None,
    merges_output_file: str | Path | None = None,
    *,
    split_pattern: str = "gpt2",
    normalization: str | None = None,
    add_prefix_space: bool = False,
    special_tokens: Sequence[str] = (),
) -> tuple[dict[str, int], list[Merge]]:
    """Train a byte-level byte-pair vocabulary.

    Texts are split into words as `BytePairTokenizer` splits them, and words are counted. The
    vocabulary starts with the special tokens and the 256 bytes; then the most frequent pair of
    adjacent tokens is merged into one, repeatedly (Sennrich et al., 2016, arXiv:1508.07909). Ties
    go to the pair that sorts first, so the same words always give the same vocabulary. Only
    distinct words are kept in memory; words of more than 1,000 bytes are ignored. A progress bar
    appears when merging takes more than two seconds.

    Args:
        data: a list, iterable or generator of str; a list of `pathlib.Path`, or of str all of which
            are names of existing files, for text files (UTF-8, read line by line); or a
            `tf.data.Dataset` of strings, batched or not.
        vocabulary_size: int. The size of the vocabulary, at least 256 plus the number of special
            tokens; the result is smaller, with a warning, if there are no more pairs to merge.
        vocabulary_output_file: path or None. Where to write the vocabulary, as a vocab.json.
            Default None.
        merges_output_file: path or None. Where to write the merges, as a merges.txt. Default None.
        split_pattern: str. As `BytePairTokenizer` takes it. Default "gpt2".
        normalization: str or None. As `BytePairTokenizer` takes it. Default None.
        add_prefix_space: bool. As `BytePairTokenizer` takes it. Default False.
        special_tokens: list of str. The first tokens of the vocabulary. Default none.

    Returns:
        The vocabulary, a dict of token to id, and the merges, a list of pairs, both in the alphabet
        that `BytePairTokenizer` reads.

    Raises:
        TypeError: `data` contains something other than strings.
        ValueError: there are no words, or `vocabulary_size` is too small.

    Example:
        >>> texts = ["low low lower lowest"]
        >>> vocabulary, merges = nlpkit.tokenizers.compute_byte_pair_vocabulary(texts, 259)
        >>> merges
        [('l', 'o'), ('lo', 'w'), ('Ġ', 'low')]
    """
    pieces = _first_pieces(special_tokens, vocabulary_size)
    count_words = _WordCounter(split_pattern, normalization, add_prefix_space)
    counts = count_words(training_texts(data))
    if not counts:
        raise ValueError("data must contain words to train a vocabulary on; got none.")
    merger = PairMerger(counts, "")
    merger.extend(pieces, vocabulary_size)
    if len(pieces) < vocabulary_size:
        warn(
            f"vocabulary_size={vocabulary_size} cannot be reached: the {len(counts)} distinct "
            f"words of data have pairs for a vocabulary of {len(pieces)} tokens. Pass that, "
            "or more data.",
        )
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    if vocabulary_output_file is not None:
        write_vocabulary(vocabulary, Path(vocabulary_output_file))
    if merges_output_file is not None:
        write_merges(merger.merges, Path(merges_output_file))
    return vocabulary, merger.merges


def _first_pieces(special_tokens: Sequence[str], vocabulary_size: int) -> dict[str, None]:
    pieces = dict.fromkeys([*special_tokens, *sorted(BYTE_SYMBOLS)])
    if len(pieces) < len(special_tokens) + len(BYTE_SYMBOLS):
        raise ValueError(
            "special_tokens must differ from each other and from the symbols of the bytes; got "
            f"{list(special_tokens)}."
        )
    if vocabulary_size < len(pieces):
        raise ValueError(
            f"vocabulary_size must be at least {len(pieces)}: {len(special_tokens)} special tokens "
            f"and 256 bytes; got {vocabulary_size}."
        )
    return pieces


class _WordCounter:
    """Counts the words of texts, each distinct chunk between spaces once.

    Args:
        split_pattern: str.
        normalization: str or None.
        prefix: bool. Whether a space is added before text.
    """

    def __init__(self, split_pattern: str, normalization: str | None, prefix: bool) -> None:
        self._normalizer = build_normalizer(normalization)
        self._split_words = build_pre_tokenizer(split_pattern).pre_tokenize_str
        self._chunks = Chunks(split_pattern, normalization, prefix)

    def __call__(self, texts: Iterable[str]) -> Counter[str]:
        """Count the words of `texts`, written in the byte alphabet."""
        words: Counter[str] = Counter()
        chunks: Counter[str] = Counter()
        for text in texts:
            chunks.update(self._chunks.split(text))
            if len(chunks) > _MOST_CHUNKS:
                self._move(chunks, words)
        self._move(chunks, words)
        return words

    def _move(self, chunks: Counter[str], words: Counter[str]) -> None:
        for chunk, count in chunks.items():
            text = self._chunks.spell(chunk)
            if self._normalizer:
                text = self._normalizer.normalize_str(text)
            for word, _ in self._split_words(text):
                if len(word) <= _LONGEST_WORD:
                    words[word] += count
        chunks.clear()
