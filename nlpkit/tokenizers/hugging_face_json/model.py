"""The model of a Hugging Face `tokenizer.json`: its algorithm and supported options."""

from nlpkit.tokenizers.hugging_face_json.part import Part, added_ids

VOCABULARY = ("vocab", "merges")
_MODELS = {
    "BPE": (
        "dropout",
        "unk_token",
        "continuing_subword_prefix",
        "end_of_word_suffix",
        "fuse_unk",
        "byte_fallback",
        "ignore_merges",
    ),
    "Unigram": ("unk_id", "byte_fallback"),
    "WordPiece": ("unk_token", "continuing_subword_prefix", "max_input_chars_per_word"),
}


def algorithm(content: Part) -> str:
    """The algorithm of a file: "BPE", "Unigram" or "WordPiece".

    Raises:
        ValueError: it has another algorithm.
    """
    model = content["model"]
    # Old files omit the type.
    kind = model.get("type") or ("Unigram" if "unk_id" in model else "BPE")
    if "merges" not in model and "max_input_chars_per_word" in model:
        kind = "WordPiece"
    if kind not in _MODELS:
        raise ValueError(
            f"tokenizer.json: model.type must be Unigram, BPE or WordPiece; got {kind!r}."
        )
    return str(kind)


def check_model(content: Part) -> None:
    """Reject unsupported options.

    Raises:
        ValueError: the model has unknown options or dropout.
    """
    model, kind = content["model"], algorithm(content)
    unknown = [key for key in model if key not in (*_MODELS[kind], *VOCABULARY, "type")]
    if unknown:
        raise ValueError(f"tokenizer.json: model has the unknown {unknown}.")
    if model.get("dropout"):
        raise ValueError(
            "tokenizer.json: model.dropout must be None or 0, so that ids are always the same; "
            f"got {model['dropout']!r}."
        )
    _check_unknown_token(content, kind)


def _check_unknown_token(content: Part, kind: str) -> None:
    """Check that the unknown token is a token."""
    model = content["model"]
    key = "unk_id" if kind == "Unigram" else "unk_token"
    unknown, vocabulary = model.get(key), model["vocab"]
    if unknown is None or (kind == "BPE" and unknown == ""):
        return
    if kind == "Unigram":
        known = type(unknown) is int and 0 <= unknown < len(vocabulary)
    else:
        known = isinstance(unknown, str) and (
            unknown in vocabulary or unknown in added_ids(content)
        )
    if not known:
        raise ValueError(
            f"tokenizer.json: model.{key} must be in the vocabulary; got {unknown!r:.100}."
        )
