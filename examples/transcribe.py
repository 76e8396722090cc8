"""Transcribe a WAV file with Whisper; without --preset, with a small random model, for a try.

Runs on any backend: KERAS_BACKEND=jax python examples/transcribe.py --preset whisper_tiny_multi
"""

import argparse

import numpy as np

import nlpkit

models = nlpkit.models


def random_model():
    """A model without knowledge, of the bytes of English."""
    vocabulary, merges = nlpkit.tokenizers.compute_byte_pair_vocabulary(["to be or not"], 260)
    names = ["endoftext", "startoftranscript", "en", "translate", "transcribe", "notimestamps"]
    special = {f"<|{name}|>": len(vocabulary) + i for i, name in enumerate(names)}
    tokenizer = models.WhisperTokenizer(vocabulary, merges, special_tokens=special)
    preprocessor = models.WhisperPreprocessor(models.WhisperAudioConverter(), tokenizer, 32)
    rows = tokenizer.vocabulary_size() + 1501  # and a timestamp each 0.02 seconds
    backbone = models.WhisperBackbone(rows, 2, 2, 16, 32)
    return models.WhisperSpeechToText(backbone, preprocessor)


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--preset", help="of Whisper; by default a random model")
parser.add_argument("--audio", help="a mono WAV file of 16,000 samples a second; default: a tone")
parser.add_argument("--language", help="such as en; by default it is detected")
parser.add_argument("--task", default="transcribe", help="or translate, into English")
parser.add_argument("--quick", action="store_true", help="a short tone")
arguments = parser.parse_args()

seconds = np.arange(16_000 * (1 if arguments.quick else 5)) / 16_000
audio = arguments.audio or 0.5 * np.sin(2 * np.pi * 440 * seconds)
model = models.SpeechToText.from_preset(arguments.preset) if arguments.preset else random_model()
transcript = model.transcribe(audio, arguments.language, arguments.task, timestamps=True)
print(f"language: {transcript.language}")
for segment in transcript.segments:
    print(f"{segment.start:7.2f} to {segment.end:7.2f}  {segment.text}")
