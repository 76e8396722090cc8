"""Training of WordPiece vocabularies."""

from collections.abc import Sequence
from pathlib import Path

from nlpkit._types import Data
from nlpkit._warning import warn
from nlpkit.tokenizers.base.vocabulary import Vocabulary
from nlpkit.tokenizers.training.pair_merger import PairMerger
from nlpkit.tokenizers.training.training_texts import training_texts
from nlpkit.tokenizers.word_piece.word_counts import WordCounter

_LONGEST_WORD = 100  # Longer ones are unknown to the tokenizer.


def compute_word_piece_vocabulary(
    data: Data,
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
    reserved tokens and every character, at the start of words and within; then the most frequent
    pair of adjacent pieces is merged into one, repeatedly (Sennrich et al., 2016,
    arXiv:1508.07909). Ties go to the pair that sorts first, so the same words always give the same
    vocabulary. Only distinct words are kept in memory; words of more than 100
    characters are ignored. A progress bar appears when it takes more than two seconds.

    Args:
        data: a list, iterable or generator of str; a list of `pathlib.Path`, or of str all of which
            are names of existing files, for text files (UTF-8, read line by line); or a
            `tf.data.Dataset` of strings, batched or not.
        vocabulary_size: int. The size of the vocabulary; the result is smaller, with a warning, if
            there are no more pairs to merge.
        vocabulary_output_file: path or None. Where to write the vocabulary, one token per line.
            Default None.
        lowercase: bool. Whether text is lowercased. Default False.
        strip_accents: bool. Whether accents are removed. Default False.
        split: bool. Whether texts are split into words. Otherwise every string is a word, and a
            list of strings are the words of a text. Default True.
        split_on_cjk: bool. Whether each CJK character is a word. Default True.
        suffix_indicator: str. The prefix of pieces that continue a word. Default "##".
        reserved_tokens: list of str. The first tokens of the vocabulary. Default the special tokens
            of BERT.

    Returns:
        The vocabulary, a list of str.

    Raises:
        TypeError: `data` contains something other than strings.
        ValueError: there are no words, or `vocabulary_size` is too small for the reserved tokens
            and the characters.

    Example:
        >>> nlpkit.tokenizers.compute_word_piece_vocabulary(["bat sat pat mat rat"], 13)[5:]
        ['b', 'm', 'p', 'r', 's', '##a', '##t', '##at']
    """
    if len(set(reserved_tokens)) < len(reserved_tokens):
        raise ValueError(f"reserved_tokens must be distinct; got {list(reserved_tokens)}.")
    count_words = WordCounter(lowercase, strip_accents, split, split_on_cjk, _LONGEST_WORD)
    counts = count_words(training_texts(data, split))
    if not counts:
        raise ValueError("data must contain words to train a vocabulary on; got none.")
    merger = PairMerger(counts, suffix_indicator)
    pieces = dict.fromkeys([*reserved_tokens, *merger.alphabet])
    if len(pieces) > vocabulary_size:
        raise ValueError(
            f"vocabulary_size must be at least {len(pieces)}: {len(reserved_tokens)} reserved "
            f"tokens and the {len(merger.alphabet)} pieces of one character in data; got "
            f"{vocabulary_size}."
        )
    merger.extend(pieces, vocabulary_size)
    if len(pieces) < vocabulary_size:
        warn(
            f"vocabulary_size={vocabulary_size} cannot be reached: the words of data give at most "
            f"{len(pieces)} pieces. Pass that, or more data.",
        )
    if vocabulary_output_file is not None:
        Vocabulary(list(pieces)).save(Path(vocabulary_output_file))
    return list(pieces)
