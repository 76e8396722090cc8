"""KerasHub's folders of families that transcribe: the same outputs, features, ids and languages."""

from functools import cache

import keras
import numpy as np
import pytest

import nlpkit
from conformance.cases.case import assert_close
from conformance.cases.kerashub_decoder import MERGES, PLAIN, TEXTS
from conformance.cases.speech import clips, inputs_of

_NAMES = ["endoftext", "startoftranscript", "translate", "transcribe", "nospeech", "notimestamps"]
# As OpenAI's file has it, a vocabulary has a token without text.
_VOCABULARY = {token: i for i, token in enumerate(["a", "b", "Ġ", "ab", "Ġab", ""])}
_SPECIAL = {f"<|{name}|>": len(_VOCABULARY) + i for i, name in enumerate(_NAMES)}
_LANGUAGES = {
    "multilingual": {"<|en|>": 12, "<|de|>": 13},
    "english": None,
}
_CONVERTER = {"num_mels": 6, "num_fft_bins": 40, "stride": 40, "sampling_rate": 800}
_SIZES = {
    **PLAIN,
    "num_mels": 6,
    "max_encoder_sequence_length": 20,
    "max_decoder_sequence_length": 14,
}
each_kind = pytest.mark.parametrize(
    "kind",
    [pytest.param(x, marks=pytest.mark.by_turns(turn)) for turn, x in enumerate(_LANGUAGES)],
)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """KerasHub's own folder of a random model, and what is in it, by whether it knows languages."""
    hub = pytest.importorskip("keras_hub")

    @cache
    def write(kind):
        folder = str(tmp_path_factory.mktemp(kind))
        vocabulary = (dict(_VOCABULARY), MERGES, _SPECIAL, _LANGUAGES[kind])
        parts = {
            "backbone": hub.models.WhisperBackbone(**_SIZES),
            "tokenizer": hub.models.WhisperTokenizer(*vocabulary),
            "converter": hub.layers.WhisperAudioConverter(**_CONVERTER, max_audio_length=1),
        }
        generator = np.random.default_rng(5)
        for variable in parts["backbone"].weights:
            variable.assign(generator.normal(scale=0.5, size=variable.shape))
        for part in parts.values():
            part.save_to_preset(folder)
        return folder, parts

    return write


@each_kind
def test_a_folder_of_kerashub_s_is_read(written, kind):
    folder, theirs = written(kind)
    task = nlpkit.models.SpeechToText.from_preset(folder)
    converter, tokenizer = task.preprocessor.audio_converter, task.preprocessor.tokenizer
    (clip,) = clips(700)
    assert_close(converter(clip), np.asarray(theirs["converter"](clip)))
    assert tokenizer(TEXTS) == [[*map(int, row)] for row in theirs["tokenizer"](TEXTS)]
    assert {f"<|{x}|>": i for x, i in tokenizer.languages.items()} == (_LANGUAGES[kind] or {})
    inputs = inputs_of(6, 20, 17)
    mask = inputs["decoder_padding_mask"]
    # KerasHub's masks are integers.
    expected = theirs["backbone"]({**inputs, "decoder_padding_mask": mask.astype("int32")})
    for name, found in task.backbone(inputs).items():
        rows = mask if name.startswith("decoder") else slice(None)
        assert_close(*(keras.ops.convert_to_numpy(x)[rows] for x in (found, expected[name])))
