"""AudioConverter equals transformers' feature extractor, in any form of audio."""

import numpy as np
import pytest

from nlpkit.layers.preprocessing.audio_converter import AudioConverter

RATE = 16_000
RNG = np.random.default_rng(0)
SECONDS = np.arange(2 * RATE) / RATE
CLIPS = [
    RNG.normal(0, 0.1, RATE).astype("float32"),
    (np.sin(2 * np.pi * (300 + 900 * SECONDS) * SECONDS) + RNG.normal(0, 0.01, 2 * RATE)) / 2,
    np.array([0.5], "float32"),
    np.zeros(300),
    RNG.uniform(-1, 1, 3 * RATE),
]


@pytest.mark.by_turns
@pytest.mark.parametrize("num_mels", [80, 128])
def test_equals_transformers(num_mels):
    transformers = pytest.importorskip("transformers")
    extractor = transformers.WhisperFeatureExtractor(num_mels, chunk_length=2)
    # With PyTorch it computes in float32, where a pure tone is off by 6e-5.
    padded = [np.pad(clip[: 2 * RATE], (0, max(0, 2 * RATE - len(clip)))) for clip in CLIPS]
    expected = extractor._np_extract_fbank_features(padded, "cpu")
    converter = AudioConverter(num_mels, max_audio_length=2, truncation="silent")
    found = converter(CLIPS, sampling_rate=RATE)
    assert found.shape == (5, 200, num_mels)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, expected.transpose(0, 2, 1), rtol=0, atol=1e-6)
    for clip, features in zip(CLIPS, found, strict=True):
        np.testing.assert_array_equal(converter(clip.tolist()), features)


def test_thirty_seconds_are_3000_frames_the_same_on_every_backend():
    found = AudioConverter()(CLIPS[1])
    assert found.shape == (3000, 80)
    # Where the tone is, and what silence comes to after it.
    golden = [0.119585, 0.05104, 0.068956, -0.55101]
    assert [*found[100, 10:40:10], found[-1, 0]] == pytest.approx(golden, abs=1e-6)


@pytest.mark.by_turns
def test_in_tf_data():
    tf = pytest.importorskip("tensorflow")
    converter = AudioConverter(max_audio_length=1)
    expected = converter([CLIPS[0], CLIPS[0][:99]])
    ragged = tf.ragged.constant([CLIPS[0], CLIPS[0][:99]], "float32")
    for batch in tf.data.Dataset.from_tensors(ragged).map(converter):
        np.testing.assert_array_equal(batch, expected)
    assert converter(tf.constant(CLIPS[0])).shape == (100, 80)


@pytest.mark.by_turns
@pytest.mark.parametrize(
    ("audio", "told"),
    [
        ([], "no samples"),
        ([CLIPS[0], np.zeros(0)], "Audio 1 has no samples"),
        (np.array([0.1, np.nan]), "NaN or infinite"),
        (np.array([0.1, np.inf]), "NaN or infinite"),
        (np.zeros((50, 2)), r"mono.*\(50, 2\)"),
        ([np.zeros((2, 50))], r"mono.*\(2, 50\)"),
        (np.zeros((1, 2, 50)), r"mono.*\(2, 50\)"),
        (np.zeros(RATE + 7), "cut 7 samples"),
    ],
)
def test_other_audio_is_refused(audio, told):
    with pytest.raises(ValueError, match=told):
        AudioConverter(max_audio_length=1, truncation="error")(audio)


@pytest.mark.by_turns
def test_what_would_be_misread_is_refused():
    converter = AudioConverter(max_audio_length=1)
    with pytest.raises(TypeError, match="Divide 16-bit samples by 32768"):
        converter(np.zeros(50, "int16"))
    with pytest.raises(ValueError, match="16000 samples a second; got 44100"):
        converter(CLIPS[0], sampling_rate=44_100)
    with pytest.raises(ValueError, match="stride must be an integer from 1"):
        AudioConverter(stride=0)
    with pytest.raises(ValueError, match="half a window"):
        AudioConverter(sampling_rate=100, max_audio_length=2)


@pytest.mark.by_turns
def test_the_configuration_rebuilds_it():
    given = {
        "num_mels": 20,
        "num_fft_bins": 200,
        "stride": 80,
        "sampling_rate": 8000,
        "max_audio_length": 3,
        "truncation": "error",
    }
    revived = AudioConverter.from_config(AudioConverter(**given).get_config())
    assert {name: getattr(revived, name) for name in given} == given
    assert revived(CLIPS[0]).shape == (300, 20)
