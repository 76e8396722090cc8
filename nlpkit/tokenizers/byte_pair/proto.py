"""Conversion of a byte-pair vocabulary to a SentencePiece model, for TensorFlow."""

from dataclasses import dataclass

from tokenizers.models import BPE

from nlpkit.tokenizers.byte_pair.byte_alphabet import to_bytes
from nlpkit.tokenizers.sentence_piece.proto import Piece, PieceKind, SentencePieceProto


@dataclass(frozen=True)
class BytePairModel:
    """The equivalent of a `BytePairAlgorithm` for a word.

    Words are written in Latin-1: each byte is the character of the same number.

    Attributes:
        proto: bytes. A SentencePiece model of the tokens that merges make, and of bytes.
        ids: list of int. The id of each of its pieces; -1 of the first, the unknown one.
        whole: dict of word to id. Words that are tokens, though merges do not make them.
    """

    proto: bytes
    ids: list[int]
    whole: dict[str, int]


def build_model(
    ids: dict[str, int], merges: list[tuple[str, str]], looks_up_words: bool
) -> BytePairModel:
    """Build the model of a `BytePairAlgorithm`.

    SentencePiece merges two neighbors if their concatenation is a piece, the highest score first;
    the native engine merges them if they are in `merges`, in that order. Both are the same for
    ranks and for merges from training, where two tokens whose concatenation is a token, but not by
    a merge, are never neighbors. Tokens that cannot be merged from their own bytes are omitted.

    Args:
        ids: dict of token to id. The tokens that can occur in a text.
        merges: list of pairs of tokens.
        looks_up_words: bool. Whether a word that is a token becomes that token.
    """
    ranks = _ranks(ids, merges)
    tokenize = BPE(ids, merges).tokenize
    made = [token for token in ranks if len(tokenize(token)) == 1]
    scores = {token: -float(ranks[token]) for token in made}
    pieces = [Piece(_latin_1(token), score) for token, score in scores.items()]
    proto = SentencePieceProto.build(
        [Piece("<unk>", 0.0, PieceKind.UNKNOWN), *pieces],
        model_type="bpe",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        escape_whitespaces=False,
    )
    others = ids.keys() - scores.keys() if looks_up_words else ()
    return BytePairModel(
        proto.to_bytes(),
        [-1, *(ids[token] for token in made)],
        {_latin_1(token): ids[token] for token in sorted(others)},
    )


def _ranks(ids: dict[str, int], merges: list[tuple[str, str]]) -> dict[str, int]:
    """The single-byte tokens and the merged ones, ranked by their first merge."""
    ranks = {token: 0 for token in ids if len(token) == 1}
    for rank, (first, second) in enumerate(merges, start=1):
        ranks.setdefault(first + second, rank)
    return ranks


def _latin_1(token: str) -> str:
    return to_bytes(token).decode("latin-1")
