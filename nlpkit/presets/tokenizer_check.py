"""Comparison of a preset tokenizer's ids with those of its reference engine."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.layouts.layout import Layout
from nlpkit.presets.loading.load import open_layout

_JSON, _CONFIG, _WORD_PIECE = "tokenizer.json", "tokenizer_config.json", "vocab.txt"
_ADDED = "added_tokens.json"
_MODELS = ("tokenizer.model", "spiece.model", "spm.model", "sentencepiece.bpe.model")
# How many of the added tokens are spelled in texts, and how many differences are told.
_SPELLED, _TOLD = 64, 5
_TEXTS = (
    "",
    " ",
    "a",
    " a",
    "a ",
    "  two  spaces   three ",
    "\t tab\nline\r\n\r\nlines\n\n\n",
    "no\u00a0break, thin\u2009space, line\u2028separator, ideographic\u3000space",
    "zero\u200bwidth, soft\u00adhyphen, mark \ufeff, \u202eright to left\u202c",
    "control\x00\x07\x1f\x7fcharacters \ufffd",
    "1 12 123 1234 12345678 3.14 1,000,000 0x1F 2024-01-31 ½ ² Ⅷ ٣٤٥ १२३",
    "It's I'LL they've don't 'quoted' \"double\" `tick`",
    "UPPER lower Title camelCase snake_case kebab-case İstanbul ẞ straße ﬁ",
    "naïve café cafe\u0301 e\u0323\u0302 \u1e9b\u0323 \u0301",
    "電影很好看。 日本語のテキスト 한국어 텍스트 ไทย",
    "مرحبا שלום Привет γειά नमस्ते",
    "👍 👍🏽 👨\u200d👩\u200d👧 🇩🇪 😀😀",
    "def f(x):\n    return x ** 2  # square\n\n\tif (a != b) { c[i]++; }",
    "https://example.org/a?b=c&d=%20 mail@example.org #tag @name ...---!!!??",
    "▁ ▁a Ġ Ċ ##a <0x41> </w> @@",
    "<s> </s> <pad> <unk> [CLS] [SEP] [MASK] <|endoftext|> <|im_start|>user",
    "long" * 64,
    "ab" * 9 + " " * 33 + "\n" * 9 + "=" * 40,
)


def check_tokenizer(preset: str | Path) -> int:
    """Compare a tokenizer's ids with the engine's on texts that are hard to tokenize.

    The engine is that of the library `tokenizers` for a tokenizer.json, or for the vocab.txt of a
    BERT, and otherwise `sentencepiece`. The former finds special tokens in texts, and so does the
    tokenizer here.

    Args:
        preset: str or Path. A name, a handle or a folder.

    Returns:
        int, the number of texts compared.

    Raises:
        ValueError: ids differ, and the message says where; or there is nothing to compare with.
    """
    layout = open_layout(preset)
    if layout.tokenizer_class is None:
        raise ValueError(f"{layout} holds no tokenizer.")
    encode, tokens = _reference(layout)
    tokenizer = layout.tokenizer_class.from_preset(
        preset, sequence_length=None, dtype="int32", special_tokens_in_strings=bool(tokens)
    )
    texts = [*_TEXTS, *_spelled(tokens)]
    found = zip(texts, tokenizer(texts), map(encode, texts), strict=True)
    wrong = [(text, ours, theirs) for text, ours, theirs in found if list(ours) != list(theirs)]
    if wrong:
        told = "".join(
            f"\n  {text!r:.80}\n    nlpkit: {_short(ours)}\n    engine: {_short(theirs)}"
            for text, ours, theirs in wrong[:_TOLD]
        )
        raise ValueError(
            f"{layout}: the tokenizer's ids differ in {len(wrong)} of {len(texts)} texts:{told}"
        )
    return len(texts)


def _reference(layout: Layout) -> tuple[Callable[[str], Any], list[str]]:
    """What tokenizes a text, and the tokens that it finds in texts."""
    if layout.folder.has(_JSON) or layout.folder.has(_WORD_PIECE):
        native = _native(layout.folder)
        added = [token.content for token in native.get_added_tokens_decoder().values()]
        return lambda text: native.encode(text, add_special_tokens=False).ids, added
    name = next((name for name in _MODELS if layout.folder.has(name)), None)
    if name is None:
        raise ValueError(
            f"{layout} holds no {_JSON}, no {_WORD_PIECE} and no SentencePiece model "
            f"({', '.join(_MODELS)}) to compare ids with."
        )
    from sentencepiece import SentencePieceProcessor

    return SentencePieceProcessor(model_proto=layout.folder.read(name)).encode, []


def _native(folder: FolderFiles) -> Any:
    """The engine that a tokenizer.json describes, or BERT's for a vocab.txt alone."""
    from tokenizers import BertWordPieceTokenizer, Tokenizer

    if folder.has(_JSON):
        native = Tokenizer.from_buffer(folder.read(_JSON))
        native.no_truncation()
        native.no_padding()
        return native
    config = folder.json(_CONFIG) if folder.has(_CONFIG) else {}
    native = BertWordPieceTokenizer(
        {token: i for i, token in enumerate(folder.lines(_WORD_PIECE))},
        handle_chinese_chars=config.get("tokenize_chinese_chars", True),
        strip_accents=config.get("strip_accents"),
        lowercase=config.get("do_lower_case", True),
    )._tokenizer
    added = folder.json(_ADDED) if folder.has(_ADDED) else {}
    native.add_tokens(sorted(added, key=lambda token: added[token]))
    return native


def _spelled(tokens: Iterable[str]) -> list[str]:
    """Texts that spell tokens: alone, between words, and next to spaces."""
    return [
        text.format(token)
        for token in list(tokens)[:_SPELLED]
        for text in ("{}", "a{}b", " a {} b")
    ]


def _short(ids: Any) -> str:
    shown = ", ".join(str(i) for i in list(ids)[:24])
    return f"[{shown}, … {len(ids)} in all]" if len(ids) > 24 else f"[{shown}]"
