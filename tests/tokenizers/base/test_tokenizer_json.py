"""Tokenizers from a Hugging Face tokenizer.json."""

import json

import pytest
from tokenizers import AddedToken, Regex, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as NativeTokenizer

from nlpkit.tokenizers import (
    BytePairTokenizer,
    SentencePieceTokenizer,
    Tokenizer,
    WordPieceTokenizer,
    compute_byte_pair_vocabulary,
)
from nlpkit.tokenizers.hugging_face_json.tokenizer_json import from_tokenizer_json

TEXTS = ["the fox", "  The FOX ", "", "thé fox's 👍", "fothe x"]
SPECIAL = ["<unk>", "<s>"]
PIECES = [("▁the", -1.0), ("▁fox", -2.0), ("▁", -3.0), *((c, -4.0) for c in "thefox")]


def unigram(steps=(), splits=None, **model):
    vocabulary = [*((token, 0.0) for token in SPECIAL), *PIECES]
    native = NativeTokenizer(models.Unigram(vocabulary, unk_id=0, **model))
    native.normalizer = normalizers.Sequence(list(steps)) if steps else None
    metaspace = pre_tokenizers.Metaspace()
    native.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), metaspace] if splits is None else splits
    )
    native.add_special_tokens(SPECIAL)
    native.decoder = decoders.Metaspace()
    return native


def byte_fallback_bpe(prefix=True):
    tokens = [*SPECIAL, *(f"<0x{i:02X}>" for i in range(256)), *"▁thefox", "he", "the", "▁the"]
    merges = [("h", "e"), ("t", "he"), ("▁", "the")]
    native = NativeTokenizer(
        models.BPE(
            {token: i for i, token in enumerate(dict.fromkeys(tokens))},
            merges,
            unk_token="<unk>",
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    steps = [normalizers.Prepend("▁")] if prefix else []
    native.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", "▁")])
    native.add_special_tokens([*SPECIAL, "<|end|>"])
    return native


def load(native, tmp_path, cls=Tokenizer, **arguments):
    native.save(str(tmp_path / "tokenizer.json"))
    return from_tokenizer_json(cls, tmp_path / "tokenizer.json", arguments)


def ids(native, texts):
    return [e.ids for e in native.encode_batch(texts, add_special_tokens=False)]


@pytest.mark.parametrize(
    "native",
    [
        unigram(),
        unigram(
            [
                normalizers.Replace("fo", "the"),
                normalizers.NFKD(),
                normalizers.StripAccents(),
                normalizers.Lowercase(),
            ]
        ),
        unigram(
            [normalizers.Strip(left=False), normalizers.Replace(Regex(" {2,}"), "▁")],
            [pre_tokenizers.Metaspace()],
        ),
        byte_fallback_bpe(),
        byte_fallback_bpe(prefix=False),
    ],
    ids=["unigram", "normalised", "stripped", "bpe", "bpe-without-prefix"],
)
def test_sentence_piece_ids(native, tmp_path):
    tokenizer = load(native, tmp_path)
    assert type(tokenizer) is SentencePieceTokenizer
    assert tokenizer(TEXTS) == ids(native, TEXTS)
    assert tokenizer.vocabulary_size() == native.get_vocab_size()
    assert {t: tokenizer.token_to_id(t) for t in native.get_vocab()} == native.get_vocab()


def test_special_tokens_are_found_if_asked_for(tmp_path):
    native = byte_fallback_bpe()
    text = "the<|end|>fox"
    assert load(native, tmp_path, special_tokens_in_strings=True)([text]) == ids(native, [text])
    assert native.token_to_id("<|end|>") not in load(native, tmp_path)(text)


def test_byte_pair_ids(tmp_path):
    vocabulary, merges = compute_byte_pair_vocabulary(["the fox the"], 261)
    native = NativeTokenizer(models.BPE(vocabulary, merges))
    native.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    native.decoder = decoders.ByteLevel()
    tokenizer = load(native, tmp_path)
    assert type(tokenizer) is BytePairTokenizer
    assert tokenizer(TEXTS) == ids(native, TEXTS)


def test_word_piece_ids(tmp_path):
    tokens = ["[UNK]", "[CLS]", "the", "fox", "##x", "fo", "s"]
    native = NativeTokenizer(
        models.WordPiece({t: i for i, t in enumerate(tokens)}, unk_token="[UNK]")
    )
    native.normalizer = normalizers.BertNormalizer()
    native.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    native.add_special_tokens(["[UNK]", "[CLS]"])
    tokenizer = load(native, tmp_path)
    assert type(tokenizer) is WordPieceTokenizer
    assert tokenizer(TEXTS) == ids(native, TEXTS)
    assert tokenizer.special_tokens == ["[UNK]", "[CLS]"]


def test_the_class_must_fit(tmp_path):
    assert load(unigram(), tmp_path, SentencePieceTokenizer)("the") == [2]
    with pytest.raises(TypeError, match="describes a SentencePieceTokenizer"):
        load(unigram(), tmp_path, WordPieceTokenizer)


def _with_model(native, **changes):
    content = json.loads(native.to_str())
    content["model"] |= changes
    return NativeTokenizer.from_str(json.dumps(content))


def _with_other_merges(native):
    native.model = models.BPE(
        native.get_vocab(False), [("h", "e")], unk_token="<unk>", fuse_unk=True
    )
    return native


@pytest.mark.parametrize(
    "native",
    [
        unigram([normalizers.NFC()]),
        unigram(splits=[pre_tokenizers.Metaspace()]),
        unigram(splits=[pre_tokenizers.Whitespace()]),
        _with_other_merges(byte_fallback_bpe()),
        _with_model(byte_fallback_bpe(), end_of_word_suffix="</w>"),
        _with_model(byte_fallback_bpe(), fuse_unk=False),
    ],
    ids=["nfc", "metaspace", "whitespace", "merges", "suffix", "unknown"],
)
def test_what_a_sentence_piece_model_does_not_do(native, tmp_path):
    tokenizer = load(native, tmp_path)
    assert tokenizer(TEXTS) == ids(native, TEXTS)
    assert [tokenizer.encode(text).ids for text in TEXTS] == ids(native, TEXTS)


@pytest.mark.parametrize(
    ("native", "message"),
    [
        (_with_model(byte_fallback_bpe(), dropout=0.1), "model.dropout"),
        (NativeTokenizer(models.WordLevel({"a": 0}, unk_token="a")), "model.type"),
    ],
)
def test_what_is_not_supported_is_named(native, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        load(native, tmp_path)


def test_flags_of_tokens_that_are_found(tmp_path):
    native = byte_fallback_bpe()
    native.add_special_tokens([AddedToken("<|pad|>", lstrip=True)])
    assert load(native, tmp_path)("the") == ids(native, ["the"])[0]
    text = "the  <|pad|> fox"
    found = load(native, tmp_path, special_tokens_in_strings=True)
    assert found(text) == ids(native, [text])[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a valid tokenizer.json"),
        ("[]", "must contain a JSON object"),
        ("{}", "has no model"),
    ],
)
def test_malformed_files(text, message, tmp_path):
    path = tmp_path / "tokenizer.json"
    with pytest.raises(ValueError, match="no file"):
        from_tokenizer_json(Tokenizer, path, {})
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        from_tokenizer_json(Tokenizer, path, {})


def test_unknown_parts_are_named(tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({**json.loads(unigram().to_str()), "magic": 1}))
    with pytest.raises(ValueError, match="magic"):
        from_tokenizer_json(Tokenizer, path, {})
