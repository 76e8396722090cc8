"""Writing tokenizers as Hugging Face's folders, which transformers opens with the same ids."""

from pathlib import Path
from typing import Any

from nlpkit.tokenizers.base.special.packing import Packing
from nlpkit.tokenizers.hugging_face_json.part import Part
from nlpkit.tokenizers.hugging_face_json.pipeline import whole_file
from nlpkit.tokenizers.hugging_face_json.tokenizer_folder import (
    FOLLOW_THE_FILE,
    JSON_FILE,
    NAMES,
    write_config,
)

_NUMBERED = ["input_ids", "token_type_ids", "attention_mask"]


def write_json_files(
    tokenizer: Any,
    content: Part,
    folder: Path,
    starts_texts: bool = True,
    text_end: str | None = None,
) -> list[str]:
    """Write `tokenizer.json` and `tokenizer_config.json`.

    Args:
        tokenizer: `Tokenizer`.
        content: dict. What the first says, but for the special tokens and the packing.
        folder: path.
        starts_texts: bool. Whether texts get a start token, if the family has one.
        text_end: str or None. See `Tokenizer.save_files`.

    Returns:
        The names of the files written.
    """
    template = _template(tokenizer, starts_texts, text_end)
    text = whole_file(tokenizer, {**content, "post_processor": template})
    (folder / JSON_FILE).write_text(text, encoding="utf-8", newline="\n")
    config: dict[str, Any] = {
        "tokenizer_class": FOLLOW_THE_FILE[0],
        "clean_up_tokenization_spaces": False,
        **{NAMES.get(name, name): token for name, token in tokenizer.special_tokens_map.items()},
        # Without a template, transformers would make one of its own.
        **({} if template else {"add_bos_token": False}),
        **input_names(tokenizer),
    }
    if tokenizer.packing is not None and tokenizer.packing.padding_side != "right":
        config["padding_side"] = tokenizer.packing.padding_side
    return [JSON_FILE, write_config(folder, config)]


def input_names(tokenizer: Any) -> dict[str, list[str]]:
    """What transformers' tokenizer returns: the number of each token's segment, or not."""
    if tokenizer.packing is None:
        return {}
    kept = [n for n in _NUMBERED if tokenizer.packing.numbers_segments or "type" not in n]
    return {"model_input_names": kept}


def _template(tokenizer: Any, starts_texts: bool, text_end: str | None) -> Part | None:
    """The post-processor that packs one text, or two."""
    packing: Packing = tokenizer.packing or Packing()
    first, *others = (
        [getattr(tokenizer, name) for name in names]
        for names in (packing.start, packing.separator, (text_end,) if text_end else packing.end)
    )
    start = first if starts_texts or packing.end else []
    separator, end = others
    if not (start or separator or end):
        return None
    second = int(packing.numbers_segments)
    whole = [*_tokens(start, 0), _sequence("A", 0)]
    ids = tokenizer._special.ids
    return {
        "type": "TemplateProcessing",
        "single": [*whole, *_ending(end, 0, packing)],
        "pair": [
            *whole,
            *_tokens(separator, 0),
            _sequence("B", second),
            *_ending(end, second, packing),
        ],
        "special_tokens": {
            token: {"id": token, "ids": [ids[token]], "tokens": [token]}
            for token in dict.fromkeys([*start, *separator, *end])
        },
    }


def _ending(tokens: list[str], segment: int, packing: Packing) -> list[Part]:
    last = segment if packing.end_segment is None else packing.end_segment
    return [*_tokens(tokens[:-1], segment), *_tokens(tokens[-1:], last)]


def _tokens(tokens: list[str], segment: int) -> list[Part]:
    return [{"SpecialToken": {"id": token, "type_id": segment}} for token in tokens]


def _sequence(name: str, segment: int) -> Part:
    return {"Sequence": {"id": name, "type_id": segment}}
