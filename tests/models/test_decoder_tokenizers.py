"""The tokenizers of decoder families, from the files that Hugging Face's folders hold."""

import json

import pytest
from tokenizers import AddedToken, decoders, models, normalizers
from tokenizers import Tokenizer as NativeTokenizer

from nlpkit.models.gemma import GemmaCausalLMPreprocessor, GemmaTokenizer
from nlpkit.models.gemma3 import Gemma3Tokenizer
from nlpkit.models.gpt_oss import GptOssTokenizer
from nlpkit.models.olmo import Olmo2Tokenizer
from nlpkit.models.phi3 import Phi3Tokenizer
from nlpkit.models.stablelm import StableLMTokenizer
from nlpkit.tokenizers import (
    Tokenizer,
    compute_byte_pair_vocabulary,
)
from nlpkit.tokenizers.byte_pair.splitting.patterns import SPLIT_PATTERNS, build_pre_tokenizer
from nlpkit.tokenizers.sentence_piece.proto import Piece, PieceKind, SentencePieceProto

TEXTS = ["the fox\n\nthe  fox 3000", " They'LL go", "", "thé 👍"]
BYTES = [f"<0x{i:02X}>" for i in range(256)]
MERGES = [("h", "e"), ("t", "he"), ("▁", "the")]


def pieces(special, plain=(), prefix=False):
    """A file as those of Gemma, or with a prefix as that of Phi-3."""
    tokens = [*special, *plain, *BYTES, *"▁thefox", "he", "the", "▁the"]
    vocabulary = {token: i for i, token in enumerate(tokens)}
    merges = [*MERGES, *((a, b) for a in "▁" for b in "▁" if a + b in plain)]
    model = models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    native = NativeTokenizer(model)
    steps = [normalizers.Prepend("▁")] * prefix
    native.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", "▁")])
    native.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    native.add_special_tokens(list(special))
    native.add_tokens([AddedToken(token, normalized=False) for token in plain])
    return native


def byte_pairs(split_pattern, special):
    vocabulary, merges = compute_byte_pair_vocabulary(
        TEXTS * 9, 270, split_pattern=split_pattern, special_tokens=special
    )
    native = NativeTokenizer(models.BPE(vocabulary, merges))
    native.pre_tokenizer = build_pre_tokenizer(split_pattern)
    native.decoder = decoders.ByteLevel()
    native.add_special_tokens(special)
    return native


def write(folder, native, model_type, **config):
    native.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def ids(native):
    return [found.ids for found in native.encode_batch(TEXTS, add_special_tokens=False)]


@pytest.mark.parametrize(
    ("model_type", "cls"), [("gemma2", GemmaTokenizer), ("gemma3_text", Gemma3Tokenizer)]
)
def test_gemma_without_its_model_file(model_type, cls, tmp_path):
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
    native = pieces(special, plain=["\n\n", "▁▁"])
    write(tmp_path, native, model_type, add_bos_token=True, bos_token="<bos>")
    tokenizer = Tokenizer.from_preset(tmp_path)
    assert type(tokenizer) is cls
    assert tokenizer(TEXTS) == ids(native)
    assert tokenizer.token_to_id("\n\n") in tokenizer(TEXTS[0])
    assert (tokenizer.start_token_id, tokenizer.end_token_id, tokenizer.pad_token_id) == (2, 1, 0)
    # Text that spells a special token is text.
    assert 4 not in tokenizer("<start_of_turn>")
    assert tokenizer.detokenize(tokenizer(TEXTS)) == TEXTS


def test_gemma_stops_at_the_end_of_a_turn(tmp_path):
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<end_of_turn>"]
    write(tmp_path, pieces(special), "gemma")
    preprocessor = GemmaCausalLMPreprocessor(Tokenizer.from_preset(tmp_path))
    assert preprocessor.stop_token_ids() == [1, 4]
    assert preprocessor.generate_preprocess("the")["token_ids"][0] == 2


def test_phi3_reads_the_tokens_that_its_model_file_lacks(tmp_path):
    special = ["<unk>", "<s>", "</s>"]
    native = pieces(special, prefix=True)
    native.add_special_tokens(["<|endoftext|>", "<|assistant|>", "<|end|>"])
    write(tmp_path, native, "phi3", add_bos_token=True)
    tokens = sorted(native.get_vocab(False), key=native.token_to_id)
    kinds = [PieceKind.UNKNOWN if token == "<unk>" else PieceKind.NORMAL for token in tokens]
    pieces_alone = [Piece(t, 0.0, kind) for t, kind in zip(tokens, kinds, strict=True)]
    proto = SentencePieceProto.build(pieces_alone, model_type="bpe")
    (tmp_path / "tokenizer.model").write_bytes(proto.to_bytes())
    tokenizer = Tokenizer.from_preset(tmp_path)
    assert type(tokenizer) is Phi3Tokenizer
    assert tokenizer(TEXTS) == ids(native)
    assert tokenizer.end_token_id == native.token_to_id("<|endoftext|>")
    assert tokenizer.turn_end_token_id == native.token_to_id("<|end|>")


@pytest.mark.parametrize(
    ("model_type", "split_pattern", "cls", "special"),
    [
        ("olmo2", "cl100k", Olmo2Tokenizer, ["<|endoftext|>", "<|pad|>"]),
        ("gpt_oss", "o200k", GptOssTokenizer, ["<|endoftext|>", "<|return|>", "<|call|>"]),
        ("stablelm", "gpt2", StableLMTokenizer, ["<|endoftext|>"]),
    ],
)
def test_byte_pairs(model_type, split_pattern, cls, special, tmp_path):
    native = byte_pairs(split_pattern, special)
    write(tmp_path, native, model_type, eos_token="<|endoftext|>")
    tokenizer = Tokenizer.from_preset(tmp_path)
    assert type(tokenizer) is cls
    assert SPLIT_PATTERNS[tokenizer.split_pattern] == SPLIT_PATTERNS[split_pattern]
    assert tokenizer(TEXTS) == ids(native)
    assert tokenizer.end_token_id == native.token_to_id("<|endoftext|>")
