"""The encoder-decoder families, and all their classes."""

from conformance.cases.families import FAMILIES
from conformance.cases.seq2seq import Seq2SeqCase

SEQ2SEQ = [case for case in FAMILIES if isinstance(case, Seq2SeqCase)]
SEQ2SEQ_CASES = [own for case in SEQ2SEQ for own in case.cases()]
SEQ2SEQ_BACKBONES = [own for own in SEQ2SEQ_CASES if own.name.endswith("Backbone")]
KERASHUB_SEQ2SEQ = {name: theirs for case in SEQ2SEQ for name, theirs in case.kerashub.items()}
SEQ2SEQ_TOKENIZERS = [own for own in SEQ2SEQ_CASES if own.name.endswith("Tokenizer")]
