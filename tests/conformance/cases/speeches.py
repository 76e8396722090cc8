"""The families that transcribe speech, and all their classes."""

from conformance.cases.families import FAMILIES
from conformance.cases.speech import SpeechCase

SPEECH = [case for case in FAMILIES if isinstance(case, SpeechCase)]
SPEECH_CASES = [own for case in SPEECH for own in case.cases()]
SPEECH_TOKENIZERS = [own for own in SPEECH_CASES if own.name.endswith("Tokenizer")]
SPEECH_BACKBONES = [own for own in SPEECH_CASES if own.name.endswith("Backbone")]
