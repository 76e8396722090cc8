"""BART, mBART and mBART-50."""

from conformance.cases.bart_like import arguments, heads, references
from conformance.cases.decoder import byte_pairs, sentence_pieces
from conformance.cases.kerashub_decoder import PLAIN, KerasHubDecoder
from conformance.cases.seq2seq import LENGTHS, Seq2SeqCase

_SPECIAL = {
    "start_token": "[CLS]",
    "end_token": "[SEP]",
    "pad_token": "[PAD]",
    "mask_token": "[MASK]",
}


CASES = [
    Seq2SeqCase(
        "BartBackbone",
        arguments,
        references=references("BartForConditionalGeneration"),
        heads=heads("Bart"),
        tokenizer=byte_pairs(special=_SPECIAL),
        kerashub={
            "bart": KerasHubDecoder(
                "Bart", {**PLAIN, "max_sequence_length": 16}, task="Seq2SeqLM", lengths=LENGTHS
            )
        },
    ),
    Seq2SeqCase(
        "MBartBackbone",
        arguments,
        references=references("MBartForConditionalGeneration"),
        heads=heads("MBart"),
        tokenizer=sentence_pieces(
            special={**_SPECIAL, "source_language": "[UNK]", "target_language": "[MASK]"},
            languages=["en_XX"],
        ),
        # Its model lacks what comes last, so that the tokenizer adds it.
        tokenizers={
            "MBart50Tokenizer": sentence_pieces(
                special={
                    **_SPECIAL,
                    "mask_token": "<m>",
                    "source_language": "de_DE",
                    "target_language": "ro_RO",
                    "languages": ["de_DE", "ro_RO"],
                }
            )
        },
    ),
]
