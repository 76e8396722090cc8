"""The encoder families, and all their classes."""

from conformance.cases.encoder import EncoderCase
from conformance.cases.families import FAMILIES

ENCODERS = [case for case in FAMILIES if isinstance(case, EncoderCase)]
ENCODER_BACKBONES = [encoder.backbone_case() for encoder in ENCODERS]
ENCODER_TASKS = [case for encoder in ENCODERS for case in encoder.task_cases()]
ENCODER_TOKENIZERS = [case for encoder in ENCODERS for case in encoder.tokenizer_cases()]
ENCODER_PREPROCESSORS = [case for encoder in ENCODERS for case in encoder.preprocessor_cases()]
ENCODER_CASES = [
    *ENCODER_TOKENIZERS,
    *ENCODER_PREPROCESSORS,
    *ENCODER_BACKBONES,
    *ENCODER_TASKS,
]
