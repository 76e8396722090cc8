"""Each algorithm gives the ids of its native engine, in every mode, for any text."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import chain
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from nlpkit.tokenizers import (
    BytePairTokenizer,
    ByteTokenizer,
    SentencePieceTokenizer,
    UnicodeCodepointTokenizer,
    WordPieceTokenizer,
)
from nlpkit.tokenizers.base.chunk_memo import ChunkMemo

Tokenize = Callable[[list[str]], list[list[int]]]

PASSAGE = """The quick brown fox doesn't jump over 12,345 lazy dogs; they'll sleep -- won't they?
Der größte Bär läuft über die Straße. L'été, c'était déjà fini ! Ça va ? 3.14159 2,718
def main(self, n=10):\n\treturn [x ** 2 for x in range(n)]  # the squares\n
中文和日本語。 Привет, мир! शब्द 한국어 words again, and again the words of the quick fox."""

# The published patterns: of Qwen 2, of Llama 3 and cl100k, of o200k.
QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA3 = QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(frozen=True)
class Pair:
    """One of nlpkit's tokenizers, and what its ids must be."""

    tokenizer: Any
    reference: Tokenize
    graph: Any


@cache
def pair(name: str) -> Pair:
    make, argument = PAIRS[name]
    return make(argument)


def word_piece(lowercase: bool) -> Pair:
    settings = {"lowercase": lowercase, "strip_accents": lowercase}
    pieces = [*dict.fromkeys(["[UNK]", *PASSAGE.split(), *"abcdefghijklmnopqrstuvwxyz,.;'[]0123"])]
    pieces += [f"##{piece}" for piece in ["ing", "er", "es", "n't", *"abcdeghilmnoprstu.é中²123"]]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    engine = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    engine.normalizer = normalizers.BertNormalizer(**settings)
    engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return Pair(
        WordPieceTokenizer(pieces, **settings),
        native(engine),
        WordPieceTokenizer(pieces, pure_graph=True, **settings),
    )


def byte_pair(split_pattern: str) -> Pair:
    engine = Tokenizer(models.BPE())
    engine.pre_tokenizer = BYTE_PAIR_SPLITS[split_pattern]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, show_progress=False)
    engine.train_from_iterator([PASSAGE] * 2, trainer)
    merges = merges_of(engine)
    assets = (engine.get_vocab(), merges)
    return Pair(
        BytePairTokenizer(*assets, split_pattern=split_pattern),
        native(engine),
        BytePairTokenizer(*assets, split_pattern=split_pattern, pure_graph=True),
    )


def byte_level(use_regex: bool) -> Any:
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)


def split_by(pattern: str) -> Any:
    splitter = pre_tokenizers.Split(Regex(pattern), "isolated")
    return pre_tokenizers.Sequence([splitter, byte_level(use_regex=False)])


BYTE_PAIR_SPLITS = {
    "gpt2": byte_level(use_regex=True),
    "llama3": split_by(LLAMA3),
    "cl100k": split_by(LLAMA3),
    "qwen2": split_by(QWEN2),
    "o200k": split_by(O200K),
    "falcon": pre_tokenizers.Sequence(
        [
            pre_tokenizers.Punctuation("contiguous"),
            byte_level(use_regex=True),
            pre_tokenizers.Digits(individual_digits=False),
            pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated"),
        ]
    ),
}


def merges_of(engine: Tokenizer) -> list[tuple[str, str]]:
    return [tuple(pair) for pair in json.loads(engine.to_str())["model"]["merges"]]


def sentence_piece(model_type: str) -> Pair:
    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(PASSAGE.splitlines() * 2),
        model_writer=model,
        model_type=model_type,
        vocab_size=400,
        byte_fallback=model_type == "bpe",
        hard_vocab_limit=False,
        minloglevel=2,
    )
    proto = model.getvalue()
    return Pair(
        SentencePieceTokenizer(proto),
        SentencePieceProcessor(model_proto=proto).encode,
        SentencePieceTokenizer(proto, pure_graph=True),
    )


def characters(make: Any) -> Pair:
    reference = str.encode if make is ByteTokenizer else lambda text: map(ord, text)
    return Pair(
        make(lowercase=False),
        lambda texts: [list(reference(text)) for text in texts],
        make(lowercase=False, pure_graph=True),
    )


def native(engine: Tokenizer) -> Tokenize:
    return lambda texts: [
        encoding.ids for encoding in engine.encode_batch(texts, add_special_tokens=False)
    ]


PAIRS: dict[str, tuple[Callable[[Any], Pair], Any]] = {
    "word piece, cased": (word_piece, False),
    "word piece, uncased": (word_piece, True),
    **{f"byte pair, {name}": (byte_pair, name) for name in BYTE_PAIR_SPLITS},
    "sentence piece, unigram": (sentence_piece, "unigram"),
    "sentence piece, bpe": (sentence_piece, "bpe"),
    "bytes": (characters, ByteTokenizer),
    "code points": (characters, UnicodeCodepointTokenizer),
}

HARD = [" ", "  ", "\n", "\r\n", "\t", *"\x0b\x1c\x85\xa0\u2028\u3000\u200b", "\x00", "\ufffd"]
HARD += ["\ue000", "é", "e\u0301", "\u0301", *"ΣßİﬁA中か한ש²٣_'▁Ġ", "'s", "'LL", "1234", "..."]
HARD += ["[UNK]", "<unk>", "👩‍👩‍👧", "🇩🇪"]
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(HARD),
        st.sampled_from(PASSAGE.split()),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
    ),
    max_size=8,
).map("".join)
quick = settings(deadline=None, max_examples=50)


@pytest.mark.parametrize("name", PAIRS)
@quick
@given(st.lists(TEXTS, max_size=4))
def test_ids_are_those_of_the_engine(name, texts):
    tokenizer, reference = pair(name).tokenizer, pair(name).reference
    expected = reference(texts)
    assert [list(row) for row in tokenizer(texts)] == expected
    assert [list(tokenizer(text)) for text in texts] == expected


@pytest.mark.parametrize("mode", ["tokenizer", pytest.param("graph", marks=pytest.mark.pure_graph)])
@pytest.mark.parametrize("name", PAIRS)
@quick
@given(st.lists(TEXTS, max_size=4))
def test_tensorflow_gives_the_same(name, mode, texts):
    reason = "TensorFlow is not installed"
    tf = pytest.importorskip("tensorflow", reason=reason)
    rows = traced(name, mode)(tf.constant(texts, dtype="string"))
    assert rows.to_list() == pair(name).tokenizer(texts)


@cache
def traced(name: str, mode: str) -> Any:
    import tensorflow as tf

    tokenizer = getattr(pair(name), mode)
    return tf.function(tokenizer.tokenize, input_signature=[tf.TensorSpec([None], "string")])


@quick
@given(st.lists(st.lists(TEXTS, max_size=4), max_size=6))
def test_a_memo_that_forgets_gives_the_same(batches):
    engine = Tokenizer(models.BPE({chr(i): i for i in range(128)}, []))
    memo = ChunkMemo(engine, lambda text: text.split(" "), most_bytes=2000)
    for texts in batches:
        alone = [[engine.encode(chunk).ids for chunk in text.split(" ")] for text in texts]
        assert memo(texts) == [list(chain.from_iterable(rows)) for rows in alone]


def test_a_memo_keeps_few_bytes_however_long_the_ids():
    memo = ChunkMemo(_LongIds(), lambda text: text.split(" "), most_bytes=1 << 20)
    for i in range(40):
        memo([" ".join(f"{i}-{j}" for j in range(100))])
        kept = {**memo._old, **memo._known}
        assert sum(sys.getsizeof(ids) + 32 * len(ids) for ids in kept.values()) < 1 << 20


class _LongIds:
    """An engine that gives every text a thousand ids."""

    def encode_batch_fast(self, texts, add_special_tokens):
        return [SimpleNamespace(ids=range(1000)) for _ in texts]
