"""Hostile arguments and tokenizers: numbers out of range, patterns, tokens and texts that grow."""

import json
import os

from presets.hostile.hostile_case import (
    GPT2,
    HUGGING_FACE,
    KERASHUB,
    KERASHUB_GPT2,
    LLAMA,
    OWN,
    Case,
    both,
    edit,
    replace_text,
    write,
)

from nlpkit.tokenizers.sentence_piece.proto import charsmap_of

MANIFEST, CONFIG, TASK, TOKENIZER = "nlpkit.json", "config.json", "task.json", "tokenizer.json"
SETTINGS, MODEL, VOCABULARY = "tokenizer_config.json", "tokenizer.model", "vocab.txt"
ASSETS = "assets/tokenizer/"
FRESH = {"load_weights": False}
LONG = "x" * 100_000
COLLIDING = {f"t{i}": i * (2**61 - 1) for i in range(1, 50_000)}


def _backbone(**arguments):
    return edit(
        MANIFEST, **{f"arguments__backbone__arguments__{n}": v for n, v in arguments.items()}
    )


def _tokenizer(**arguments):
    place = "arguments__preprocessor__arguments__tokenizer__arguments__"
    return edit(MANIFEST, **{f"{place}{name}": value for name, value in arguments.items()})


def _step(place, *steps):
    """Put steps before those of a tokenizer.json."""

    def spoil(folder, outside):
        content = json.loads((folder / TOKENIZER).read_text())
        key = {"normalizer": "normalizers", "pre_tokenizer": "pretokenizers"}[place]
        there = [content[place]] if content.get(place) else []
        content[place] = {"type": "Sequence", key: [*steps, *there]}
        (folder / TOKENIZER).write_text(json.dumps(content))

    return spoil


def _split(regex):
    pattern = {"Regex": regex}
    return {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}


def _replace(old, new):
    return {"type": "Replace", "pattern": {"String": old}, "content": new}


def _pipe(name):
    def spoil(folder, outside):
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return spoil


def _word_piece(**model):
    content = {
        "normalizer": {"type": "BertNormalizer", "lowercase": True, "strip_accents": None,
                       "handle_chinese_chars": True, "clean_text": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "vocab": {t: i for i, t in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"))},
                  "max_input_chars_per_word": 100, **model},
    }  # fmt: skip
    return _only(VOCABULARY, TOKENIZER, content)


def _unigram(*vocabulary, unknown=0):
    model = {"type": "Unigram", "unk_id": unknown, "vocab": [[t, 0.0] for t in vocabulary]}
    return _only(MODEL, TOKENIZER, {"model": model})


def _only(other, name, content):
    """A file in the place of another one."""

    def spoil(folder, outside):
        (folder / other).unlink()
        (folder / name).write_text(json.dumps(content))

    return spoil


def _added(**changes):
    token = {"id": 256, "content": "<|endoftext|>", "special": True, "normalized": False,
             "single_word": False, "lstrip": False, "rstrip": False}  # fmt: skip
    return edit(TOKENIZER, added_tokens=[{**token, **changes}])


def _charsmap(damage):
    """Damage the compiled normalization of a SentencePiece model, whose trie begins it."""

    def spoil(folder, outside):
        content = bytearray((folder / MODEL).read_bytes())
        at = content.index(charsmap_of(bytes(content)))
        damage(content, at)
        (folder / MODEL).write_bytes(content)

    return spoil


def _lead_out(content, at):
    content[at + 4 : at + 8] = (0x7FFFFC00 | 1 << 9).to_bytes(4, "little")


def _lengthen(content, at):
    content[at : at + 4] = (2**31).to_bytes(4, "little")


NUMBERS = [
    Case("negative epsilon", HUGGING_FACE, edit(CONFIG, layer_norm_eps=-1e-5), "epsilon must be"),
    Case("epsilon of zero", HUGGING_FACE, edit(CONFIG, layer_norm_eps=0.0), "epsilon must be"),
    Case("epsilon lost in float32", HUGGING_FACE, edit(CONFIG, layer_norm_eps=1e-60), "epsilon mu"),
    Case("rate of one", HUGGING_FACE, edit(CONFIG, hidden_dropout_prob=1.0), "dropout must be"),
    Case("negative rate", HUGGING_FACE, edit(CONFIG, hidden_dropout_prob=-0.1), "dropout must be"),
    Case("rate of attention", HUGGING_FACE, edit(CONFIG, attention_probs_dropout_prob=2.0), "drop"),
    Case("negative epsilon, nlpkit's", OWN, _backbone(layer_norm_epsilon=-0.5), "epsilon must"),
    Case("rate of one, nlpkit's", OWN, _backbone(dropout=1.0), "dropout must be"),
    Case(
        "rate of one, KerasHub's", KERASHUB,
        both(*(replace_text(name, '"dropout": 0.1', '"dropout": 1.0') for name in (TASK, CONFIG))),
        "dropout must be",
    ),
    Case("no base", LLAMA, edit(CONFIG, rope_theta=0.0), "wavelength must be a positive"),
    Case("negative base", LLAMA, edit(CONFIG, rope_theta=-1e4), "wavelength must be a positive"),
    Case(
        "no factor", LLAMA, edit(CONFIG, rope_scaling={"rope_type": "linear", "factor": 0.0}),
        "factor must be a positive",
    ),
    Case(
        "negative factor", LLAMA, edit(CONFIG, rope_scaling={"rope_type": "linear", "factor": -2}),
        "factor must be a positive",
    ),
    Case(
        "no original length", LLAMA,
        edit(CONFIG, rope_scaling={"rope_type": "yarn", "factor": 2.0,
                                   "original_max_position_embeddings": 0}),
        "must be a positive",
    ),
    Case(
        "endless frequencies", LLAMA,
        edit(CONFIG, rope_scaling={"rope_type": "longrope", "short_factor": [0.0, 0.0],
                                   "long_factor": [1.0, 1.0], "attention_factor": 1.0,
                                   "original_max_position_embeddings": 4}),
        "must be a positive",
    ),
    Case("endless heads", LLAMA, edit(CONFIG, head_dim=10**9), "head_dim=1000"),
    Case("wide heads", LLAMA, edit(CONFIG, head_dim=1000), "head_dim=1000"),
    Case("no key heads", LLAMA, edit(CONFIG, num_key_value_heads=0), "num_key_value_heads=0"),
    Case("text as flag", LLAMA, edit(CONFIG, tie_word_embeddings="false"), "type bool"),
    Case("text as rate", GPT2, edit(CONFIG, resid_pdrop="0.1"), "type float"),
    Case("negative epsilon, GPT-2's", GPT2, edit(CONFIG, layer_norm_epsilon=-1.0), "epsilon must"),
    Case(
        "many positions", OWN,
        edit(MANIFEST, arguments__preprocessor__arguments__sequence_length=2**21), "2\\*\\*20",
    ),
    Case(
        "terabytes without weights", HUGGING_FACE,
        edit(CONFIG, hidden_size=2**20, intermediate_size=2**20), "max_parameters=", FRESH,
    ),
    Case("vocabulary without weights", LLAMA, edit(CONFIG, vocab_size=2**30), "max_par", FRESH),
    Case("terabytes, nlpkit's", OWN, _backbone(vocabulary_size=2**31 - 1), "max_parame", FRESH),
    Case("layers without weights", LLAMA, edit(CONFIG, num_hidden_layers=10**4), "num_laye", FRESH),
]  # fmt: skip

TOKENS = [
    Case("text as a setting", HUGGING_FACE, edit(SETTINGS, do_lower_case="false"), "true or false"),
    Case("text as accents", HUGGING_FACE, edit(SETTINGS, strip_accents="no"), "true or false"),
    Case("text as prefix", GPT2, edit(SETTINGS, add_prefix_space="false"), "true or false"),
    Case("text as start", LLAMA, write(SETTINGS, '{"add_bos_token": "false"}'), "true or false"),
    Case("text as lowercase, nlpkit's", OWN, _tokenizer(lowercase="false"), "must be bool"),
    Case("text as special", GPT2, _added(special="false"), "true or false"),
    Case("number as added token", GPT2, _added(content=7), "true or false"),
    Case("far added id", GPT2, _added(id=2**62), "ids from 0"),
    Case("added id of text", GPT2, _added(id="256"), "an int"),
    Case("added id taken", GPT2, _added(id=5), "has .* at the id|gives the token"),
    Case("unknown token is none", HUGGING_FACE, _word_piece(unk_token="[NONE]"), "unk_token must"),
    Case("unknown token of a list", HUGGING_FACE, _word_piece(unk_token=["a"]), "unk_token must"),
    Case("unknown token of byte pairs", GPT2, edit(TOKENIZER, model__unk_token="<?>"), "unk_token"),
    Case(
        "unknown id past the pieces", LLAMA,
        _unigram("a", unknown=9), "unk_id must",
    ),
    Case("endless words", HUGGING_FACE, _word_piece(max_input_chars_per_word=10**9), "per_word"),
    Case("endless words, nlpkit's", OWN, _tokenizer(max_characters_per_word=10**9), "per_word"),
    Case("no words", HUGGING_FACE, _word_piece(max_input_chars_per_word=0), "per_word must"),
    Case("colliding ids", HUGGING_FACE, _word_piece(vocab=COLLIDING), "ids from 0"),
    Case("colliding ids, byte pairs", GPT2, edit(TOKENIZER, model__vocab=COLLIDING), "ids from 0"),
    Case(
        "colliding ids, KerasHub's", KERASHUB_GPT2,
        write(f"{ASSETS}vocabulary.json", json.dumps(COLLIDING)), "ids from 0",
    ),
    Case("long token", HUGGING_FACE, write(VOCABULARY, f"[PAD]\n[UNK]\n{LONG}"), "at most 1024"),
    Case("long token of a file", HUGGING_FACE, _word_piece(vocab={"[UNK]": 0, LONG: 1}), "most"),
    Case(
        "long token, KerasHub's", KERASHUB_GPT2,
        write(f"{ASSETS}vocabulary.json", json.dumps({LONG: 0})), "at most 1024",
    ),
    Case(
        "long piece", LLAMA,
        _unigram("a", LONG), "at most 1024",
    ),
    Case(
        "token twice, KerasHub's", KERASHUB_GPT2,
        write(f"{ASSETS}vocabulary.json", '{"a": 0, "a": 1}'), "occurs twice",
    ),
    Case(
        "deep, KerasHub's", KERASHUB_GPT2,
        write(f"{ASSETS}vocabulary.json", '{"a":' * 10**5), "recursion",
    ),
    Case(
        "many, KerasHub's", KERASHUB_GPT2,
        write(f"{ASSETS}vocabulary.json", "[" + "{}," * 1_000_001), "too many values|JSON object",
    ),
    Case(
        "merges without end, KerasHub's", KERASHUB_GPT2,
        write(f"{ASSETS}merges.txt", b"\n" * (2 << 20)), "more than 1000000 lines",
    ),
    Case("pipe, KerasHub's", KERASHUB_GPT2, _pipe(f"{ASSETS}vocabulary.json"), "is a pipe"),
    Case("pipe as a model", LLAMA, _pipe(MODEL), "is a pipe"),
    Case("pipe that nobody reads", OWN, _pipe("README"), "is a pipe"),
    Case("large model", LLAMA, write(MODEL, b"\0" * (17 << 20)), "more than 16 MiB"),
]  # fmt: skip

TEXTS = [
    Case("slow pattern", GPT2, _step("pre_tokenizer", _split("(a+)+$")), "allow_patterns=True"),
    Case("pattern that panics", GPT2, _step("pre_tokenizer", _split(r"(\w|\w\w)*!")), "allow_patt"),
    Case("pattern that refers back", GPT2, _step("pre_tokenizer", _split(r"(.*)\1")), "allow_pat"),
    Case("broken pattern", GPT2, _step("pre_tokenizer", _split("(")), "allow_patterns=True"),
    Case(
        "pattern that grows", GPT2, _step("pre_tokenizer", _split("((a{999}){999}){999}")),
        "allow_patterns=True",
    ),
    Case(
        "slow replacement", GPT2,
        _step("normalizer", {"type": "Replace", "pattern": {"Regex": "(a|a)*b"}, "content": ""}),
        "allow_patterns=True",
    ),
    Case("long replacement", GPT2, _step("normalizer", _replace("a", LONG)), "times as long"),
    Case("long prefix", GPT2, _step("normalizer", {"type": "Prepend", "prepend": LONG}), "times"),
    Case(
        "doubling replacements", GPT2,
        _step("normalizer", *(_replace(chr(97 + i), chr(98 + i) * 2) for i in range(24))),
        "times as long",
    ),
    Case(
        "many replacements", GPT2, _step("normalizer", *[_replace("a", "b")] * 1000), "100. steps"
    ),
    Case("normalization that leads out", LLAMA, _charsmap(_lead_out), "an offset out of bounds"),
    Case("normalization without end", LLAMA, _charsmap(_lengthen), "is damaged"),
]  # fmt: skip

CASES = NUMBERS + TOKENS + TEXTS
