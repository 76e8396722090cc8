"""Which tokenizer a Hugging Face folder has: its files say so, not its family.

multilingual-e5 is a BERT with XLM-RoBERTa's tokenizer, Chinese ALBERTs have BERT's.
"""

from collections.abc import Mapping
from typing import Any

from nlpkit._registry import known_classes
from nlpkit.presets.folders.store import TOKENIZER_CONFIG, PresetFolder

# Of tokenizers that name no class, for each kind of files: by the token that starts a sequence.
_BY_FIRST_TOKEN = {
    "[CLS]": ("BertTokenizer", "ModernBertTokenizer", "AlbertTokenizer"),
    "<s>": ("RobertaTokenizer", "XLMRobertaTokenizer", "MPNetTokenizer"),
}


def find_tokenizer_class(usual: Any, folder: PresetFolder) -> Any:
    """The class of a folder's tokenizer: the family's, unless the files are of another kind.

    Args:
        usual: the family's class.
        folder: `PresetFolder`.
    """
    config = folder.json(TOKENIZER_CONFIG) if folder.has(TOKENIZER_CONFIG) else {}
    named = str(config.get("tokenizer_class")).removesuffix("Fast")
    # Decoders' files are read by their families, unless they name another class.
    packing = getattr(usual, "packing", None)  # A class of one's own need not say it.
    is_encoder = packing is not None and packing.end
    tokenizers = {
        name: cls
        for name, cls in known_classes().items()
        if getattr(cls, "preset_kind", "") == "tokenizer"
    }
    names_another = named in tokenizers and named != usual.__name__
    if not (is_encoder or names_another) or usual.reads(folder):
        return usual
    names = (named, *_BY_FIRST_TOKEN.get(_first_token(config), ()))
    found = (tokenizers[name] for name in names if name in tokenizers)
    return next((cls for cls in found if cls.reads(folder)), usual)


def _first_token(config: Mapping[str, Any]) -> str:
    token = config.get("cls_token", config.get("bos_token"))
    return str(token["content"] if isinstance(token, Mapping) else token)
