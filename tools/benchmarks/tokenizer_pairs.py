"""Tokenizers of nlpkit beside the native engines that say what their ids are."""

import base64
import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Tokenize = Callable[[list[str]], list[list[int]]]

QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA3_SPLIT = QWEN_SPLIT.replace(r"|\p{N}|", r"|\p{N}{1,3}|")


@dataclass(frozen=True)
class Pair:
    """One vocabulary, here and there.

    Attributes:
        algorithm: str. Named in tables.
        build: takes further constructor arguments, returns nlpkit's tokenizer.
        references: by library, a function that loads it and returns what tokenizes a batch; the
            first is the one to beat.
    """

    algorithm: str
    build: Callable[..., Any]
    references: dict[str, Callable[[], Tokenize]]

    def available(self) -> dict[str, Callable[[], Tokenize]]:
        """The references whose library is installed."""
        return {n: make for n, make in self.references.items() if importlib.util.find_spec(n)}


def pairs(vocabularies: Path) -> dict[str, Pair]:
    """Every vocabulary of the folder, by name."""
    return word_piece(vocabularies) | byte_pair(vocabularies) | sentence_piece(vocabularies)


def word_piece(folder: Path) -> dict[str, Pair]:
    """BERT's four vocabularies."""
    named = {"bert": "uncased", "bert-cased": "cased", "bert-multilingual": "multilingual_cased"}
    named["bert-chinese"] = "chinese"
    return {
        name: _bert(folder / "bert" / f"bert_base_{suffix}" / "vocab.txt", suffix == "uncased")
        for name, suffix in named.items()
    }


def byte_pair(folder: Path) -> dict[str, Pair]:
    """Byte-level vocabularies: with merges, as ranks, and as a tokenizer.json."""
    gpt2 = (folder / "gpt2/encoder.json", folder / "gpt2/vocab.bpe")
    roberta = (folder / "roberta_base/vocab.json", folder / "roberta_base/merges.txt")
    qwen = (folder / "qwen/derived_vocab.json", folder / "qwen/derived_merges.txt")
    falcon = folder / "falcon/tokenizer.json"
    pairs = {
        "gpt2": _merges(*gpt2, ranks=folder / "tiktoken/r50k_base.tiktoken"),
        "roberta": _merges(*roberta),
        "qwen": _merges(*qwen, split=QWEN_SPLIT, split_pattern="qwen2", normalization="NFC"),
        "llama3": _ranks(folder / "llama3/tokenizer.model", "llama3"),
    }
    for name, split in (("r50k", "gpt2"), ("p50k", "gpt2"), ("cl100k", "cl100k"), ("o200k",) * 2):
        pairs[name] = _ranks(folder / f"tiktoken/{name}_base.tiktoken", split)
    return pairs | {"falcon": _tokenizer_json(falcon, "BPE")}


def sentence_piece(folder: Path) -> dict[str, Pair]:
    """SentencePiece models, unigram and BPE."""
    files = {
        "t5": "t5/spiece.model",
        "albert": "albert/spiece.model",
        "deberta": "deberta_v3/spm.model",
        "xlnet": "xlnet/spiece.model",
        "xlm-roberta": "xlm_roberta/sentencepiece.bpe.REBUILT.model",
        "llama2": "llama2/tokenizer.model",
        "mistral-v1": "mistral/tokenizer.model.v1",
        "mistral-v3": "mistral/mistral_instruct_tokenizer_240323.model.v3",
    }
    protos = {name: _proto(folder / file) for name, file in files.items()}
    phi3 = _tokenizer_json(folder / "phi3/tokenizer.json", "SentencePiece")
    return protos | {"phi3": phi3}


def _bert(path: Path, uncased: bool) -> Pair:
    def build(**arguments: Any) -> Any:
        from nlpkit.tokenizers import WordPieceTokenizer

        return WordPieceTokenizer(path, lowercase=uncased, strip_accents=uncased, **arguments)

    def load() -> Tokenize:
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

        model = models.WordPiece.from_file(str(path), unk_token="[UNK]")
        engine = Tokenizer(model)
        engine.normalizer = normalizers.BertNormalizer(lowercase=uncased, strip_accents=uncased)
        engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        return _native(engine)

    return Pair("WordPiece", build, {"tokenizers": load})


def _merges(
    vocabulary: Path,
    merges: Path,
    split: str | None = None,
    ranks: Path | None = None,
    **arguments: Any,
) -> Pair:
    def build(**more: Any) -> Any:
        from nlpkit.tokenizers import BytePairTokenizer

        return BytePairTokenizer(vocabulary, merges, **arguments, **more)

    def load() -> Tokenize:
        from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

        engine = Tokenizer(models.BPE.from_file(str(vocabulary), str(merges)))
        byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=split is None)
        engine.pre_tokenizer = byte_level
        if split:
            splitter = pre_tokenizers.Split(Regex(split), "isolated")
            engine.pre_tokenizer = pre_tokenizers.Sequence([splitter, byte_level])
        if arguments.get("normalization"):
            engine.normalizer = getattr(normalizers, arguments["normalization"])()
        return _native(engine)

    references: dict[str, Callable[[], Tokenize]] = {"tokenizers": load}
    if ranks:
        references["tiktoken"] = lambda: _tiktoken(ranks, "gpt2")
    return Pair("BPE", build, references)


def _ranks(path: Path, split: str) -> Pair:
    def build(**arguments: Any) -> Any:
        from nlpkit.tokenizers import BytePairTokenizer

        return BytePairTokenizer(path, split_pattern=split, **arguments)

    return Pair("BPE", build, {"tiktoken": lambda: _tiktoken(path, split)})


def _tokenizer_json(path: Path, algorithm: str) -> Pair:
    def build(**arguments: Any) -> Any:
        from nlpkit.tokenizers import Tokenizer

        return Tokenizer.from_tokenizer_json(path, **arguments)

    def load() -> Tokenize:
        from tokenizers import Tokenizer

        content = json.loads(path.read_text(encoding="utf-8"))
        # Text that spells a special token stays text.
        return _native(Tokenizer.from_str(json.dumps(content | {"added_tokens": []})))

    return Pair(algorithm, build, {"tokenizers": load})


def _proto(path: Path) -> Pair:
    def build(**arguments: Any) -> Any:
        from nlpkit.tokenizers import SentencePieceTokenizer

        return SentencePieceTokenizer(path, **arguments)

    def load() -> Tokenize:
        from sentencepiece import SentencePieceProcessor

        return SentencePieceProcessor(str(path)).encode

    return Pair("SentencePiece", build, {"sentencepiece": load})


def _native(engine: Any) -> Tokenize:
    def tokenize(texts: list[str]) -> list[list[int]]:
        return [e.ids for e in engine.encode_batch_fast(texts, add_special_tokens=False)]

    return tokenize


def _tiktoken(path: Path, split: str) -> Tokenize:
    from tiktoken import Encoding

    lines = (line.split() for line in path.read_bytes().splitlines())
    ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
    engine = Encoding("", pat_str=_split(split), mergeable_ranks=ranks, special_tokens={})
    return lambda texts: engine.encode_ordinary_batch(texts, num_threads=2)


def _split(name: str) -> str:
    """The pattern of an encoding as tiktoken itself has it; its ranks are a download apart."""
    from tiktoken_ext import openai_public

    if name == "llama3":
        return LLAMA3_SPLIT
    openai_public.load_tiktoken_bpe = lambda *_, **__: {}
    openai_public.data_gym_to_mergeable_bpe_ranks = lambda *_, **__: {}
    encoding: dict[str, Any] = getattr(
        openai_public, "gpt2" if name == "gpt2" else f"{name}_base"
    )()
    return encoding["pat_str"]
