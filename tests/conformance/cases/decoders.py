"""The decoder families: what the modules of `conformance.families` list, and all their classes."""

from importlib import import_module
from pathlib import Path

from conformance.cases.decoder import DecoderCase

_MODULES = sorted(path.stem for path in Path(__file__).parents[1].glob("families/*.py"))
DECODERS: list[DecoderCase] = [
    case for name in _MODULES for case in import_module(f"conformance.families.{name}").CASES
]
DECODER_BACKBONES = [decoder.backbone_case() for decoder in DECODERS]
DECODER_TASKS = [decoder.task_case() for decoder in DECODERS]
DECODER_TOKENIZERS = [case for decoder in DECODERS for case in decoder.tokenizer_cases()]
DECODER_PREPROCESSORS = [case for decoder in DECODERS for case in decoder.preprocessor_cases()]
DECODER_CASES = [
    *DECODER_TOKENIZERS,
    *DECODER_PREPROCESSORS,
    *DECODER_BACKBONES,
    *DECODER_TASKS,
]
# Each kind of positions, window, cache and block: the other families combine them.
KINDS = ("GPT2", "Bloom", "Falcon", "Gemma3", "GptOss", "Mistral", "SmolLM3")
KERASHUB_DECODERS = {
    name: theirs for decoder in DECODERS for name, theirs in decoder.kerashub.items()
}
