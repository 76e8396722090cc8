"""Ids of every shape of tokenizer.json that models are published with: those of the Rust engine.

Tokenizers are trained on the spot on a few strings.
"""

import json

import pytest
from tokenizers import AddedToken, Regex, decoders, models, trainers
from tokenizers import Tokenizer as NativeTokenizer
from tokenizers import normalizers as n
from tokenizers import pre_tokenizers as p

from conformance.cases.hard_strings import HARD_STRINGS
from nlpkit._compat import is_tensorflow_value
from nlpkit.tokenizers import BytePairTokenizer, Tokenizer, WordPieceTokenizer

TEXTS = [
    *HARD_STRINGS,
    "  <ent> x<ent>y [ENT] [ent] x[ENT] ",
    "<ent>a  <l> b<|s|>  c <|end|>  d",
    "12345 3.14 ٣٤ 2024's",
    "def f(x):\n\treturn x  # ½\n\n\n",
    "e\u0301 I'LL 数字한국어 \u00ad",
]
CORPUS = [*HARD_STRINGS * 2, *["the fox 123 4567 jumps"] * 9]


def split(pattern, behavior="isolated"):
    return p.Split(Regex(pattern), behavior)


def byte_level(prefix=False, regex=False):
    return p.ByteLevel(add_prefix_space=prefix, use_regex=regex)


LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPLITTERS = {
    "gpt2": [byte_level(regex=True)],
    "prefix": [byte_level(prefix=True, regex=True)],
    "llama3": [split(LLAMA3), byte_level()],
    "digits": [p.Digits(individual_digits=True), byte_level(regex=True)],  # StarCoder, SmolLM
    "runs of digits": [p.Digits(individual_digits=False), byte_level(regex=True)],
    "two splits": [split(r"\p{N}{1,3}"), split(r"[一-龥]+|\s+|\p{L}+"), byte_level()],  # DeepSeek
    "lines": [split(r"[\r\n]"), split(r"\s?\p{L}+"), p.Digits(True), byte_level()],
    "falcon": [
        p.Punctuation("contiguous"),
        byte_level(regex=True),
        p.Digits(False),
        split("[0-9][0-9][0-9]"),
    ],
    "punctuation": [p.Punctuation("isolated"), byte_level(regex=True)],
    "bloom": [split(r" ?[^(\s|[.,!?\u2026\u3002\uff0c])]+"), byte_level()],
    "removed": [split(r"\s+", "removed"), byte_level()],
    "merged": [p.Split(" ", "merged_with_next"), byte_level(prefix=True)],
}
NORMALIZERS = {
    "NFC": n.NFC(),
    "NFKC, lower": n.Sequence([n.NFKC(), n.Lowercase(), n.Strip()]),
    "BERT": n.BertNormalizer(lowercase=True),
    "accents": n.Sequence([n.NFD(), n.StripAccents()]),
    "replaced": n.Sequence([n.Replace("the", "THE"), n.Prepend("x ")]),
}
WORDS = {
    "BERT": (n.BertNormalizer(), p.BertPreTokenizer()),
    "tour": (n.Sequence([n.NFD(), n.Lowercase(), n.StripAccents()]), p.Whitespace()),
    "dirty": (n.BertNormalizer(clean_text=False, lowercase=False), p.BertPreTokenizer()),
}
SPACES = {
    "first": (None, p.Metaspace(prepend_scheme="first", split=False)),  # Llama 2, by transformers 5
    "always": (None, p.Metaspace(prepend_scheme="always", split=False)),
    "never": (None, p.Metaspace(prepend_scheme="never", split=False)),
    "split": (None, p.Metaspace(prepend_scheme="first", split=True)),
    "legacy": (n.Sequence([n.Prepend("▁"), n.Replace(" ", "▁")]), None),
    "Gemma": (n.Replace(" ", "▁"), p.Split(" ", "merged_with_previous")),
    "NFKC": (n.Sequence([n.NFKC(), n.Prepend("▁"), n.Replace(" ", "▁")]), None),
}


def train(model, trainer, normalizer, splitter, decoder=None):
    native = NativeTokenizer(model)
    if normalizer is not None:
        native.normalizer = normalizer
    if splitter is not None:
        native.pre_tokenizer = splitter
    if decoder is not None:
        native.decoder = decoder
    native.train_from_iterator(CORPUS, trainer)
    return native


def byte_pairs(splitter, normalizer=None):
    trainer = trainers.BpeTrainer(
        vocab_size=340,
        initial_alphabet=p.ByteLevel.alphabet(),
        special_tokens=["<|s|>"],
        show_progress=False,
    )
    steps = p.Sequence(SPLITTERS[splitter])
    return train(models.BPE(), trainer, normalizer, steps, decoders.ByteLevel())


def word_pieces(name):
    trainer = trainers.WordPieceTrainer(
        vocab_size=250, special_tokens=["[PAD]", "[UNK]", "<|s|>"], show_progress=False
    )
    model = models.WordPiece(unk_token="[UNK]")
    return train(model, trainer, *WORDS[name], decoders.WordPiece())


def pieces(name, **model):
    special = ["<unk>", "<s>", "</s>"]
    trainer = trainers.BpeTrainer(
        vocab_size=360,
        special_tokens=[*special, *(f"<0x{i:02X}>" for i in range(256))],
        show_progress=False,
    )
    model = models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True, **model)
    content = json.loads(train(model, trainer, *SPACES[name]).to_str())
    content["added_tokens"] = [t for t in content["added_tokens"] if t["content"] in special]
    return NativeTokenizer.from_str(json.dumps(content))


def with_added_tokens(native):
    native.add_tokens(
        ["<ent>", AddedToken("[ENT]", single_word=True), AddedToken("<l>", lstrip=True)]
    )
    native.add_special_tokens([AddedToken("<|end|>", rstrip=True), "<|last|>"])
    return native


def ids(native, found):
    native.encode_special_tokens = not found
    return [encoding.ids for encoding in native.encode_batch(TEXTS, add_special_tokens=False)]


def check(native, folder, cls):
    """The ids are the engine's: alone, in a batch, with places, reloaded, and where saved."""
    folder.mkdir()
    native.save(str(folder / "tokenizer.json"))
    for found in (False, True):
        expected = ids(native, found)
        tokenizer = Tokenizer.from_tokenizer_json(
            folder / "tokenizer.json", special_tokens_in_strings=found
        )
        assert isinstance(tokenizer, cls)
        assert tokenizer(TEXTS) == expected
        assert [tokenizer(text) for text in TEXTS] == expected
        assert [encoding.ids for encoding in tokenizer.encode(TEXTS)] == expected
        assert tokenizer.vocabulary_size() == native.get_vocab_size()
        saved = folder / f"saved-{found}"
        tokenizer.save_to_preset(saved)
        assert type(tokenizer).from_preset(saved)(TEXTS) == expected
        if (saved / "tokenizer.json").is_file():
            assert ids(NativeTokenizer.from_file(str(saved / "tokenizer.json")), found) == expected
    return tokenizer


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_byte_pairs(splitter, tmp_path):
    native = byte_pairs(splitter)
    tokenizer = check(native, tmp_path / "plain", BytePairTokenizer)
    if "removed" not in splitter and splitter not in ("prefix", "merged"):
        assert tokenizer.detokenize(tokenizer(TEXTS)) == TEXTS
    check(with_added_tokens(native), tmp_path / "added", BytePairTokenizer)


@pytest.mark.parametrize("normalizer", NORMALIZERS)
def test_normalized_byte_pairs(normalizer, tmp_path):
    native = byte_pairs("gpt2", NORMALIZERS[normalizer])
    check(native, tmp_path / "plain", BytePairTokenizer)
    check(with_added_tokens(native), tmp_path / "added", BytePairTokenizer)


@pytest.mark.parametrize("name", WORDS)
def test_word_pieces(name, tmp_path):
    native = word_pieces(name)
    check(native, tmp_path / "plain", WordPieceTokenizer)
    check(with_added_tokens(native), tmp_path / "added", WordPieceTokenizer)


@pytest.mark.parametrize("name", SPACES)
def test_pieces(name, tmp_path):
    native = pieces(name)
    check(native, tmp_path / "plain", Tokenizer)
    check(with_added_tokens(native), tmp_path / "added", Tokenizer)
    check(pieces(name, ignore_merges=True), tmp_path / "whole", Tokenizer)


def test_tensors_of_tensorflow_have_the_same_ids(tmp_path):
    tf = pytest.importorskip("tensorflow")
    for i, native in enumerate([byte_pairs("digits"), word_pieces("tour"), pieces("first")]):
        path = tmp_path / f"{i}.json"
        with_added_tokens(native).save(str(path))
        tokenizer = Tokenizer.from_tokenizer_json(path)
        (batch,) = tf.data.Dataset.from_tensor_slices(TEXTS).batch(99).map(tokenizer)
        assert is_tensorflow_value(batch)
        assert batch.to_list() == tokenizer(TEXTS)
        tokenizer = Tokenizer.from_tokenizer_json(path, pure_graph=True)
        with pytest.raises(ValueError, match="pure_graph=True needs"):
            tokenizer(tf.constant(["a"]))


def test_text_never_spells_a_special_token(tmp_path):
    trainer = trainers.WordPieceTrainer(special_tokens=["[UNK]", "[SEP]"], show_progress=False)
    model = models.WordPiece(unk_token="[UNK]")
    native = train(model, trainer, n.Lowercase(), p.WhitespaceSplit())
    native.save(str(tmp_path / "tokenizer.json"))
    tokenizer = WordPieceTokenizer.from_tokenizer_json(tmp_path / "tokenizer.json")
    assert tokenizer.token_to_id("[SEP]") not in tokenizer("a [SEP]")
