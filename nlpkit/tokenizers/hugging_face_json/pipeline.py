"""The pipeline of a Hugging Face `tokenizer.json`, run by the native engine."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tokenizers import Tokenizer as NativeTokenizer

from nlpkit.tokenizers.base.native_engine import without_panics
from nlpkit.tokenizers.hugging_face_json.model import VOCABULARY, algorithm, check_model
from nlpkit.tokenizers.hugging_face_json.part import (
    Part,
    added_tokens,
    in_sequence,
)
from nlpkit.tokenizers.hugging_face_json.preset_patterns import check_patterns
from nlpkit.tokenizers.hugging_face_json.text_growth import check_growth_of_file

# Starts the names of tokens that never occur in text: U+10FFFF is a permanent noncharacter.
HIDDEN = "\U0010ffff"

_PARTS = ("normalizer", "pre_tokenizer", "decoder", "added_tokens")
# Written by other versions of the engine, and read by this one under other names.
_OLDER = {"Metaspace": ("add_prefix_space", "str_rep")}


def is_byte_level(content: Part) -> bool:
    """Whether the pipeline converts text to bytes, written in GPT-2's alphabet."""
    steps = in_sequence(content.get("pre_tokenizer"), "pretokenizers")
    return any(step["type"] == "ByteLevel" for step in steps)


def pipeline_of(content: Part) -> str:
    """The contents of a file without its vocabulary, as JSON: the `pipeline` of a tokenizer."""
    model = {key: value for key, value in content["model"].items() if key not in VOCABULARY}
    parts = {name: content.get(name) for name in _PARTS[:-1]}
    added = {"added_tokens": added_tokens(content)}
    return json.dumps({"model": {"type": algorithm(content)} | model, **parts, **added})


def content_of(pipeline: str, vocabulary: Any, merges: Iterable[Any] | None = None) -> Part:
    """The contents of a file with this pipeline and vocabulary."""
    content: dict[str, Any] = json.loads(pipeline)
    model = {**content["model"], "vocab": vocabulary}
    if merges is not None:
        model["merges"] = [list(merge) for merge in merges]
    return {**content, "model": model}


def to_text(content: Part) -> str:
    """The file as text, with everything that the engine requires."""
    whole = {"version": "1.0", "truncation": None, "padding": None}
    parts = {name: content.get(name) for name in (*_PARTS[:-1], "post_processor")}
    model = {"type": algorithm(content)} | dict(content["model"])
    return json.dumps(
        {**whole, **parts, "added_tokens": added_tokens(content), "model": model},
        ensure_ascii=False,
    )


def whole_file(tokenizer: Any, content: Part) -> str:
    """The tokenizer.json of a tokenizer, as text.

    Args:
        tokenizer: `Tokenizer`. Has special tokens, and may have more than the file.
        content: dict. What the file says.
    """
    added = sorted(_with_special_tokens(content, tokenizer._special.ids), key=_id)
    return to_text({**content, "added_tokens": added})


def build_pipeline(content: Part, special: Mapping[str, int], found: bool) -> NativeTokenizer:
    """Build the native engine of a file.

    Args:
        content: dict. The parsed file.
        special: dict of token to id. The special tokens, in addition to those that the file marks.
        found: bool. Whether they are recognized in texts. If not, their names are hidden, except
            for those that result from merges.

    Raises:
        ValueError: the engine does not support a part, or would give a token another id; or a
            preset has a pattern that is not allowed.
    """
    check_model(content)
    check_growth_of_file(content)
    check_patterns({name: content.get(name) for name in _PARTS[:-1]})
    added = _with_special_tokens(content, special)
    model = dict(content["model"])
    if not found:
        hidden = {token["content"] for token in added if token["special"]} | special.keys()
        model, added = _hide(model, added, hidden - _made(model.get("merges") or ()))
    added = _without_gaps(sorted(added, key=_id), _names(model))
    whole = {**content, "model": model, "added_tokens": added}
    native = _build(whole)
    _check_ids(native, added)
    return native


def shown(text: str) -> str:
    """Restore the names of hidden tokens in a text."""
    return text.replace(HIDDEN, "")


def _with_special_tokens(content: Part, special: Mapping[str, int]) -> list[dict[str, Any]]:
    """The added tokens of a file, plus the special tokens that it does not list."""
    added = added_tokens(content)
    listed = {token["content"] for token in added}
    others = [t for t in special if t not in listed]
    return added + added_tokens(
        {"added_tokens": [{"id": special[t], "content": t, "special": True} for t in others]}
    )


def _id(token: Part) -> int:
    return int(token["id"])


def _build(content: Part) -> NativeTokenizer:
    try:
        with without_panics():
            native = NativeTokenizer.from_str(to_text(content))
    except Exception as error:  # The engine does not have its own class of errors.
        raise ValueError(f"tokenizer.json is not supported: {error}") from None
    understood = json.loads(_without_vocabulary(native))
    for name in _PARTS[:-1]:
        for lost in _lost(content.get(name), understood[name]):
            raise ValueError(f"tokenizer.json: {name} has the unknown {lost}.")
    return native


def _without_vocabulary(native: NativeTokenizer) -> str:
    """The parts of an engine except its model, which is large."""
    parts = ("normalizer", "pre_tokenizer", "decoder")
    states = {name: getattr(native, name) for name in parts}
    return json.dumps(
        {
            n: None if state is None else json.loads(state.__getstate__())
            for n, state in states.items()
        }
    )


def _lost(given: object, understood: object) -> list[str]:
    """The keys of a part that the engine ignored."""
    if isinstance(given, Mapping) and isinstance(understood, Mapping):
        older = _OLDER.get(str(given.get("type")), ())
        lost = [key for key in given if key not in understood and key not in older]
        return lost + [
            x for key in given if key in understood for x in _lost(given[key], understood[key])
        ]
    if isinstance(given, list) and isinstance(understood, list):
        return [x for a, b in zip(given, understood, strict=False) for x in _lost(a, b)]
    return []


def _hide(
    model: dict[str, Any], added: list[dict[str, Any]], hidden: set[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    def rename(token: str) -> str:
        return HIDDEN + token if token in hidden else token

    vocabulary = model["vocab"]
    if isinstance(vocabulary, Mapping):
        vocabulary = {rename(token): i for token, i in vocabulary.items()}
    else:
        vocabulary = [[rename(token), score] for token, score in vocabulary]
    model = {**model, "vocab": vocabulary}
    if isinstance(model.get("unk_token"), str):
        model["unk_token"] = rename(model["unk_token"])
    # A normalizer might drop what hides a name.
    tokens = [
        {**token, "content": HIDDEN + token["content"], "normalized": False}
        if token["content"] in hidden
        else token
        for token in added
        # One that merges make is in the vocabulary, and spelled by its merges alone.
        if token["content"] in hidden or not token["special"]
    ]
    return model, tokens


def _made(merges: Iterable[Any]) -> set[str]:
    return {"".join(m.split(" ") if isinstance(m, str) else m) for m in merges}


def _names(model: Part) -> set[str]:
    vocabulary = model["vocab"]
    return (
        set(vocabulary) if isinstance(vocabulary, Mapping) else {token for token, _ in vocabulary}
    )


def _without_gaps(added: list[dict[str, Any]], names: set[str]) -> list[dict[str, Any]]:
    """The added tokens, plus a hidden one for each id between them.

    The engine numbers the tokens that its model lacks consecutively.
    """
    filled: list[dict[str, Any]] = []
    following = len(names)
    if added and added[-1]["id"] > 2 * (following + len(added)) + 1000:
        raise ValueError(
            f"tokenizer.json: added_tokens has an id far past the others: {added[-1]}."
        )
    for token in added:
        if token["content"] not in names:
            filled += [
                {**token, "id": i, "content": f"{HIDDEN}{i}", "normalized": False, "special": True}
                for i in range(following, token["id"])
            ]
            following = max(following, token["id"]) + 1
        filled.append(token)
    return filled


def _check_ids(native: NativeTokenizer, added: list[dict[str, Any]]) -> None:
    for token in added:
        found = native.token_to_id(token["content"])
        if found != token["id"]:
            raise ValueError(
                f"tokenizer.json: added_tokens gives {shown(token['content'])!r} the id "
                f"{token['id']}, which is not its own in model.vocab, or that of another token; "
                f"the native engine gives it {found}."
            )
