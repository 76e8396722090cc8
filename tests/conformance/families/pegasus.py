"""Pegasus."""

from conformance.cases.bart_like import arguments, references
from conformance.cases.decoder import sentence_pieces
from conformance.cases.seq2seq import Seq2SeqCase

CASES = [
    Seq2SeqCase(
        "PegasusBackbone",
        arguments,
        references=references("PegasusForConditionalGeneration"),
        # Its model lacks the mask token, so that the tokenizer adds it, and others.
        tokenizer=sentence_pieces(
            special={"end_token": "[SEP]", "pad_token": "[PAD]", "mask_token": "<m>"}, offset=5
        ),
    )
]
