"""What holds for every family that transcribes: it is Hugging Face's, and comes back."""

import json
import re
import wave
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from keras import ops

import nlpkit
from conformance.cases.case import assert_close
from conformance.cases.speech import GENERATION, RATE, clips, inputs_of, spoken
from conformance.cases.speeches import SPEECH
from conformance.decoder_programs import compiled, tensor
from conformance.test_decoders import same_model
from nlpkit.generation.trials import compression_ratio
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.presets.mapping.assignment import named_variables
from nlpkit.presets.mapping.key_matching import check_table

CASES = SPEECH
SHAPES = [(case, shape) for case in SPEECH for shape in case.references]
with_shapes = pytest.mark.parametrize(
    ("family", "shape"), SHAPES, ids=[f"{case.name}-{shape}" for case, shape in SHAPES]
)
by_turns_of_shapes = pytest.mark.parametrize(
    ("family", "shape"),
    [
        pytest.param(case, shape, id=f"{case.name}-{shape}", marks=pytest.mark.by_turns(turn))
        for turn, (case, shape) in enumerate(SHAPES)
    ],
)
OUTPUTS = {
    "encoder_sequence_output": "encoder_last_hidden_state",
    "decoder_sequence_output": "last_hidden_state",
}


def by_turns(case):
    """The checks on a case alone are of data and files."""
    return True


class Converted(NamedTuple):
    """A model of Hugging Face's, the backbone made from its folder, inputs and outputs for them."""

    theirs: Any
    ours: Any
    inputs: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    @cache
    def convert(family, shape):
        theirs, folder = family.references[shape](), tmp_path_factory.mktemp(shape)
        theirs.save_pretrained(folder)
        ours, config = nlpkit.models.Backbone.from_preset(folder), theirs.config
        frames = 2 * config.max_source_positions
        inputs = inputs_of(config.num_mel_bins, frames, config.vocab_size)
        return Converted(theirs, ours, inputs, outputs_of_transformers(theirs, inputs))

    return convert


@pytest.fixture(scope="module")
def converted_task(tmp_path_factory):
    import transformers

    @cache
    def convert(case):
        task, folder = case.build(), tmp_path_factory.mktemp("task")
        task.export_to_transformers(folder)
        return task, transformers.WhisperForConditionalGeneration.from_pretrained(folder).eval()

    return convert


@with_shapes
def test_outputs_are_those_of_transformers(converted, family, shape):
    made = converted(family, shape)
    assert type(made.ours) is family.cls("Backbone")
    found = compiled(made.ours, made.ours)({n: as_tensor(x) for n, x in made.inputs.items()})
    mask = made.inputs["decoder_padding_mask"]
    for name, expected in made.outputs.items():
        rows = mask if name.startswith("decoder") else slice(None)
        assert_close(ops.convert_to_numpy(found[name])[rows], expected[rows])


@with_shapes
def test_steps_equal_the_whole(converted, family, shape):
    made = converted(family, shape)
    features, ids, mask = made.inputs.values()

    def prefill(ids, mask, features):
        reach = ops.full((len(ids),), 5, dtype="int32")
        return made.ours.prefill(Prompt(ids, mask, reach, 6, source={"features": features}))

    prompt = (ids[:, :2], mask[:, :2], features)
    hidden, held = compiled(prefill, made.ours)(*map(as_tensor, prompt))
    found, step = [hidden], compiled(made.ours.step, made.ours)
    for i in range(2, ids.shape[1]):
        hidden, held = step(as_tensor(ids[:, i : i + 1]), held)
        found.append(hidden)
    whole = ops.convert_to_numpy(ops.concatenate(found, axis=1))
    assert_close(whole[mask], made.outputs["decoder_sequence_output"][mask])


@by_turns_of_shapes
def test_transformers_opens_what_is_saved(converted, family, shape, tmp_path):
    import transformers

    made = converted(family, shape)
    made.ours.save_to_preset(tmp_path)
    again = transformers.AutoModel.from_pretrained(tmp_path)
    outputs = outputs_of_transformers(again.eval(), made.inputs)
    assert_close(outputs, made.outputs, tolerance=1e-6)
    same_model(nlpkit.models.Backbone.from_preset(tmp_path), made.ours)


def test_every_variant_comes_back(case, tmp_path):
    backbone = case.cls("Backbone")(**case.arguments())
    check_table(backbone.weight_table(), named_variables(backbone), case.name)
    backbone.save_to_preset(tmp_path)
    same_model(nlpkit.models.Backbone.from_preset(tmp_path), backbone)


def test_transcripts_are_those_of_transformers(case, converted_task):
    import torch

    task, theirs = converted_task(case)
    converter, tokenizer = task.preprocessor.audio_converter, task.preprocessor.tokenizer
    features = converter(clips(800, 300, 500))
    given = {"input_features": torch.tensor(features.swapaxes(1, 2))}
    options = {"language": "de", "task": "translate", "max_new_tokens": 8, "do_sample": False}
    expected = theirs.generate(**given, **options, return_timestamps=False).tolist()
    prompt = tokenizer.prompt_ids("de", "translate")
    found = task._transcripts([prompt] * 3, features, task._rules(timestamps=False))
    stops = [tokenizer.eos_token_id]
    assert [row[:8] for row in found] == [
        [i for i in row if i not in stops][-len(mine[:8]) :]
        for row, mine in zip(expected, found, strict=True)
    ]
    assert len({*map(tuple, found)}) > 1


@pytest.mark.parametrize("beams", [1, pytest.param(2, marks=pytest.mark.by_turns(0))])
def test_timestamps_stand_in_pairs_and_do_not_go_back(case, converted_task, beams):
    task, _ = converted_task(case)
    task.sampler = nlpkit.samplers.BeamSampler(2) if beams > 1 else nlpkit.samplers.GreedySampler()
    tokenizer = task.preprocessor.tokenizer
    features = task.preprocessor.audio_converter(clips(800, 300, 500, 700))
    prompt = tokenizer.prompt_ids("en", timestamps=True)
    first = tokenizer.no_timestamps_token_id + 1
    for ids in task._transcripts([prompt] * 4, features, task._rules(timestamps=True)):
        times = [i - first for i in ids if i >= first]
        assert ids[0] >= first
        assert times[0] <= GENERATION["max_initial_timestamp_index"]
        assert times == sorted(times)
        assert not {*GENERATION["suppress_tokens"], first - 1} & {*ids}
        kinds = "".join("t" if i >= first else "w" for i in ids)
        assert re.fullmatch("t(w+tt)*(w*|w+t)", kinds)
    task.sampler = nlpkit.samplers.GreedySampler()


def test_long_audio_is_transcribed_by_windows(case, converted_task, capsys, monkeypatch):
    task, _ = converted_task(case)
    audio = clips(800, 2500, 100)
    found = task.transcribe(audio, timestamps=True)
    for transcript, clip in zip(found, audio, strict=True):
        times = [time for x in transcript.segments for time in (x.start, x.end)]
        assert times == sorted(times)
        assert times[0] >= 0
        assert times[-1] <= len(clip) / RATE
        assert transcript.text
    monkeypatch.setattr(nlpkit._progress, "_SECONDS_BEFORE_BAR", -1)
    assert task.transcribe(audio[1], timestamps=True) == found[1]
    assert "3/3" in capsys.readouterr().out


@pytest.mark.by_turns(0)  # Which transcripts are tried again is decided on the host.
def test_what_repeats_itself_is_tried_at_the_next_temperature(case, converted_task):
    task, theirs = converted_task(case)
    audio, heats = clips(700, 300), (0.0, 5.0)
    single = [task.transcribe(audio, "en", temperature=x) for x in heats]
    assert single[0] != single[1]
    for threshold, expected in ((1e6, single[0]), (0.0, single[1])):
        limit = {"compression_ratio_threshold": threshold}
        assert task.transcribe(audio, "en", temperature=heats, **limit) == expected
    for ids in ([5, 9, 60, 5, 9], [7] * 40):
        reference = theirs._retrieve_compression_ratio(np.array(ids), 120)
        assert compression_ratio(ids, 120) == reference


def test_learns_transcripts_and_their_ends(case):
    task, given = case.build(), spoken()
    _, labels, weights = task._reader()(given)
    tokenizer = task.preprocessor.tokenizer
    learned = [row[real > 0].tolist() for row, real in zip(labels, weights, strict=True)]
    assert learned == [[*tokenizer(x), tokenizer.eos_token_id] for x in given["decoder_text"]]
    task.optimizer.learning_rate = 0.01
    losses = task.fit(given, batch_size=4, epochs=6, verbose=0).history["loss"]
    assert losses[-1] < 0.9 * losses[0]
    tf = pytest.importorskip("tensorflow")
    audio = tf.ragged.constant([x.tolist() for x in given["encoder_audio"]], dtype="float32")
    batches = tf.data.Dataset.from_tensor_slices({**given, "encoder_audio": audio}).batch(4)
    assert task.fit(batches, verbose=0).history["loss"][0] < losses[-1]


@pytest.mark.by_turns(1)
def test_what_training_refuses_and_cuts_is_said(case):
    task, given = case.build(), spoken()
    with pytest.raises(ValueError, match="labels are the transcripts"):
        task.fit(given, np.zeros(4))
    task.preprocessor.decoder_sequence_length = 8
    with pytest.warns(UserWarning, match="2 of 4 examples to fit sequence_length=8"):
        _, _, weights = task._reader()(given)
    lengths = map(len, task.preprocessor.tokenizer(given["decoder_text"]))
    # An end that is not the transcript's is not learned.
    assert weights.sum(axis=1).tolist() == [n + 1 if n <= 4 else 4 for n in lengths]


@pytest.mark.by_turns(0)
def test_the_vocabulary_tells_that_a_model_knows_english_alone(case, tmp_path):
    case.tokenizer().save_to_preset(tmp_path)
    (tmp_path / "nlpkit.json").unlink()
    for size, languages in ((51_865, ["en", "de"]), (51_864, [])):
        config = {"model_type": "whisper", "vocab_size": size}
        (tmp_path / "config.json").write_text(json.dumps(config))
        assert [*nlpkit.models.Tokenizer.from_preset(tmp_path).languages] == languages


@pytest.mark.by_turns(2)
def test_task_comes_back(case, tmp_path):
    task, (clip,) = case.build(), clips(900)
    task.save_to_preset(tmp_path / "own")
    task.export_to_transformers(tmp_path / "theirs")
    for folder in ("own", "theirs"):
        again = nlpkit.models.SpeechToText.from_preset(tmp_path / folder)
        assert type(again) is type(task)
        assert again.generation_config == GENERATION
        assert again.transcribe(clip) == task.transcribe(clip)


def test_preprocessing_is_the_same_in_tf_data(case):
    tf = pytest.importorskip("tensorflow")
    preprocessor = case.preprocessor(language="de")
    x = {"encoder_audio": np.stack(clips(800, 800)), "decoder_text": ["the movie", "was"]}
    expected = preprocessor(x)
    ids = preprocessor.tokenizer.prompt_ids("de")
    assert expected["decoder_token_ids"][:, :4].tolist() == [ids, ids]
    assert expected["decoder_padding_mask"].sum(axis=1).tolist() == [12, 8]
    (batch,) = tf.data.Dataset.from_tensor_slices(x).batch(2).map(preprocessor)
    assert_close({name: y.numpy() for name, y in batch.items()}, expected, tolerance=0)


def test_a_file_is_read(case, converted_task, tmp_path):
    task, _ = converted_task(case)
    samples = (clips(600)[0].clip(-1, 1) * 32767).astype("<i2")
    for name, rate, channels in (("a", RATE, 1), ("fast", 2 * RATE, 1), ("stereo", RATE, 2)):
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as file:
            file.setparams((channels, 2, rate, 0, "NONE", ""))
            file.writeframes(samples.tobytes())
    expected = task.transcribe(samples / 32768.0, "en")
    assert task.transcribe(tmp_path / "a.wav", "en") == expected
    assert task.transcribe([str(tmp_path / "a.wav")], "en") == [expected]
    for name, told in (("fast", "1600 samples a second"), ("stereo", "2 channels")):
        with pytest.raises(ValueError, match=told):
            task.transcribe(tmp_path / f"{name}.wav", "en")
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(ValueError, match="is not a WAV file"):
        task.transcribe(tmp_path / "text.wav")


@pytest.mark.parametrize(
    ("audio", "options", "told"),
    [
        ([], {}, "Audio 0 has no samples"),
        ([0.1, np.nan], {}, "NaN or infinite"),
        (np.zeros((50, 2)), {}, "must be mono"),
        ([0.1], {"sampling_rate": 8000}, "800 samples a second; got 8000"),
        ([0.1], {"language": "xx"}, "one of en, de; got 'xx'"),
        ([0.1], {"task": "sing"}, "'transcribe' or 'translate'; got 'sing'"),
        ([0.1], {"batch_size": 0}, "batch_size must be"),
        ([0.1], {"temperature": -1.0}, "at least 0; got -1.0"),
        ([0.1], {"temperature": (0.0, 0.5)}, "pass compression_ratio_threshold"),
    ],
)
@pytest.mark.by_turns
def test_an_error_names_what_is_wrong(converted_task, audio, options, told):
    task, _ = converted_task(SPEECH[0])
    with pytest.raises(ValueError, match=told):
        task.transcribe(audio, **options)


@pytest.mark.parametrize(
    ("features", "named"),
    [
        ((20, 6), r"encoder_features must have the shape \[batch, seq, 6\]"),
        ((1, 20, 5), r"encoder_features must have the shape \[batch, seq, 6\]"),
        ((1, 21, 6), "encoder_features has 21 positions a row, WhisperBackbone has 20"),
    ],
)
@pytest.mark.by_turns
def test_features_of_another_shape_are_refused(features, named):
    backbone = SPEECH[0].cls("Backbone")(**SPEECH[0].arguments())
    with pytest.raises(ValueError, match=named):
        backbone({"encoder_features": np.zeros(features), "decoder_token_ids": [[3]]})
    with pytest.raises(ValueError, match="no 'encoder_features'"):
        backbone({"decoder_token_ids": [[3]]})


def outputs_of_transformers(model, inputs):
    import torch

    features, ids, mask = (torch.tensor(x) for x in inputs.values())
    with torch.no_grad():
        found = model.base_model(
            input_features=features.swapaxes(1, 2),
            decoder_input_ids=ids.long(),
            decoder_attention_mask=mask,
        )
    return {own: found[name].numpy() for own, name in OUTPUTS.items()}


def as_tensor(x):
    return ops.convert_to_tensor(x) if x.dtype.kind == "f" else tensor(x)
