"""The decoder families, and all their classes."""

from conformance.cases.decoder import DecoderCase
from conformance.cases.families import FAMILIES

DECODERS = [case for case in FAMILIES if isinstance(case, DecoderCase)]
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
KERASHUB_DECODERS = {
    name: theirs for decoder in DECODERS for name, theirs in decoder.kerashub.items()
}
