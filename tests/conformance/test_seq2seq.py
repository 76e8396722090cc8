"""What holds for every encoder-decoder family: it is Hugging Face's, saved, trained, generating."""

from functools import cache
from itertools import takewhile
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
from keras import ops

import nlpkit
from conformance.cases.case import assert_close
from conformance.cases.decoders import DECODERS
from conformance.cases.seq2seq import PAIRS, SOURCES, TARGETS, TRAINED_ON, rows_of_ids
from conformance.cases.seq2seqs import SEQ2SEQ
from conformance.decoder_programs import compiled, run, tensor
from conformance.test_decoders import same_model
from nlpkit.modules.caching.prompt import Prompt
from nlpkit.presets.mapping.assignment import named_variables
from nlpkit.presets.mapping.key_matching import check_table
from nlpkit.samplers import BeamSampler

CASES = SEQ2SEQ
SHAPES = [(case, shape) for case in SEQ2SEQ for shape in case.references]
NEW = 8
RULES = {
    "no_repeat_ngram_size": 2,
    # That which ends a target is not observed.
    "bad_words_ids": [[1], [2], [7], [30], [5, 9, 3], *([i, i + 3] for i in range(3, 27))],
    "min_new_tokens": 3,
    "forced_bos_token_id": 5,
    "forced_eos_token_id": 1,
}
PATIENCE = {"early_stopping": "never", "length_penalty": 2.0, "renormalize_logits": True}
BEAMS = {"num_beams": 4, "early_stopping": True, "length_penalty": 2.0}
# The sampler and its arguments here, and transformers' arguments.
SEARCHES = {
    "greedy": ({"sampler": "greedy"}, {}),
    "beams": ({"sampler": BeamSampler(4)}, {"num_beams": 4}),
    "greedy_by_rules": ({"sampler": "greedy", **RULES}, RULES),
    "beams_by_rules": (
        {"sampler": BeamSampler(4, early_stopping=True, length_penalty=2.0), **RULES},
        {**BEAMS, **RULES},
    ),
    "patient_beams": (
        {"sampler": BeamSampler(3, **PATIENCE), **RULES},
        {"num_beams": 3, **PATIENCE, **RULES},
    ),
}
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


def by_turns(case):
    """The checks on a case alone are of data and files."""
    return True


class Converted(NamedTuple):
    """A model of Hugging Face's, the task made from its folder, inputs and logits for them."""

    theirs: Any
    ours: Any
    inputs: dict[str, np.ndarray]
    logits: np.ndarray


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    @cache
    def convert(family, shape):
        theirs, folder = family.references[shape](), tmp_path_factory.mktemp(shape)
        theirs.save_pretrained(folder)
        ours = nlpkit.models.Seq2SeqLM.from_preset(folder, preprocessor=None)
        inputs = inputs_for(theirs)
        return Converted(theirs, ours, inputs, logits_of_transformers(theirs, inputs))

    return convert


@with_shapes
def test_logits_are_those_of_transformers(converted, family, shape):
    made = converted(family, shape)
    assert type(made.ours) is family.cls("Seq2SeqLM")
    mask = made.inputs["decoder_padding_mask"]
    assert_close(run(made.ours, **made.inputs)[mask], made.logits[mask])


@with_shapes
def test_steps_equal_the_whole(converted, family, shape):
    """Sources padded on the left, as prompts are; two rows share each source, as beams do."""
    made = converted(family, shape)
    sources = [on_the_left(made.inputs[f"encoder_{x}"], SOURCES) for x in NAMES]
    ids, mask = (made.inputs[f"decoder_{x}"] for x in NAMES)

    def prefill(ids, mask, reach, source_ids, source_mask):
        source = {"token_ids": source_ids, "padding_mask": source_mask}
        prompt = Prompt(ids, mask, reach, 6, source=source)
        return made.ours.prefill(prompt)

    def step(ids, cache):
        return made.ours.step(ids, cache)

    prompt = (ids[:, :1], mask[:, :1], TARGETS, *sources)
    logits, _, held = compiled(prefill, made.ours)(*map(tensor, prompt))
    found, step = [ops.convert_to_numpy(logits)], compiled(step, made.ours)
    held = held.take_rows(tensor(np.repeat(np.arange(len(ids)), 2)))
    for i in range(1, ids.shape[1]):
        logits, _, held = step(tensor(np.repeat(ids[:, i : i + 1], 2, axis=0)), held)
        both = ops.convert_to_numpy(logits)[:, 0].reshape(len(ids), 2, -1)
        assert_close(both[:, 0], both[:, 1])
        found.append(both[:, 1])
    assert_close(np.stack(found, axis=1)[mask], made.logits[mask])


@by_turns_of_shapes
def test_transformers_opens_what_is_saved(converted, family, shape, tmp_path):
    import transformers

    made = converted(family, shape)
    made.ours.save_to_preset(tmp_path)
    again = transformers.AutoModelForSeq2SeqLM.from_pretrained(tmp_path)
    assert type(again) is type(made.theirs)
    mask = made.inputs["decoder_padding_mask"]
    logits = logits_of_transformers(again.eval(), made.inputs)
    assert_close(logits[mask], made.logits[mask], tolerance=1e-6)
    reopened = nlpkit.models.Seq2SeqLM.from_preset(tmp_path, preprocessor=None)
    same_model(reopened, made.ours)
    assert reopened.generation_config == made.ours.generation_config


@pytest.mark.parametrize(
    "search",
    # Those by rules are the others, and more.
    [pytest.param(x, marks=() if "rules" in x else pytest.mark.by_turns(0)) for x in SEARCHES],
)
@pytest.mark.parametrize("family", CASES, ids=[case.name for case in CASES])
def test_searches_are_those_of_transformers(converted, family, search):
    import torch

    made = converted(family, next(iter(family.references)))
    own, theirs = SEARCHES[search]
    end = made.theirs.config.eos_token_id
    ids, mask = (torch.tensor(made.inputs[f"encoder_{x}"]) for x in NAMES)
    options = {"do_sample": False, "max_new_tokens": NEW, "use_cache": False, **theirs}
    expected = made.theirs.generate(ids.long(), attention_mask=mask, **options).tolist()
    found = made.ours.generate(sources_of(made), max_new_tokens=NEW, **own)
    assert found == [before(end, row) for row in expected]


@pytest.mark.by_turns(0)
def test_minimum_length_counts_what_a_target_begins_with(converted):
    import torch

    made = converted(*SHAPES[0])
    ids = {"encoder_token_ids": [[5, 6, 7]], "decoder_token_ids": [[2, 4]]}
    options = {"max_new_tokens": 4, "sampler": "greedy"}
    end = made.ours.generate(ids, **options)["decoder_token_ids"][0, 2]
    own = type(made.ours)(made.ours.backbone, generation_config={"min_length": 4})
    own.set_weights(made.ours.get_weights())
    found = own.generate(ids, stop_token_ids=[end], **options)["decoder_token_ids"]
    source, begun = (torch.tensor(x) for x in ids.values())
    limits = {"min_length": 4, "max_new_tokens": 4, "eos_token_id": int(end)}
    theirs = made.theirs.generate(source, decoder_input_ids=begun, do_sample=False, **limits)
    assert found.tolist() == theirs[:, : found.shape[1]].tolist()
    assert found.shape[1] >= 4


@pytest.mark.by_turns(1)
def test_row_does_not_depend_on_its_batch(converted):
    made = converted(*SHAPES[0])
    first, second, third = sources_of(made)
    options = {"sampler": "random", "temperature": 3.0, "max_new_tokens": NEW, "seed": 3}
    alone = made.ours.generate([second], **options)
    assert made.ours.generate([third, second, first], **options)[1] == alone[0]
    others = made.ours.generate([third, second, second], **options)
    assert others[1] == alone[0] != others[2]


@pytest.mark.by_turns(0)
def test_candidates_share_their_source(converted):
    made = converted(*SHAPES[0])
    first, second, third = sources_of(made)
    options = {"sampler": "contrastive", "max_new_tokens": NEW}
    alone = made.ours.generate([second], **options)
    assert made.ours.generate([third, second, first], **options)[1] == alone[0]


@pytest.mark.by_turns(0)
def test_guesses_change_nothing(converted):
    made = converted(*SHAPES[0])
    greedy, guessed = (
        made.ours.generate(sources_of(made), max_new_tokens=NEW, sampler=name, **RULES)
        for name in ("greedy", "speculative")
    )
    assert guessed == greedy


def test_streamed_equals_whole(case):
    task = case.build()
    options = {"max_new_tokens": NEW, "sampler": "greedy", "stop_token_ids": None}
    pieces = list(task.generate(PAIRS[0], stream=True, **options))
    whole = task.generate(PAIRS[0], **options)
    assert ["".join(column) for column in zip(*pieces, strict=True)] == whole
    dict_form = task.generate(task.preprocessor.generate_preprocess(PAIRS[0]), **options)
    assert task.preprocessor.generate_postprocess(dict_form) == whole
    begun = task.generate({"encoder_text": "go", "decoder_text": "the movie"}, **options)
    assert begun.startswith("the movie")
    forced = task.generate("go", forced_bos_token_id=9, **options)
    assert forced.startswith(task.preprocessor.tokenizer.detokenize([9]).strip())


def test_trains_scores_and_comes_back(case, tmp_path):
    task = case.build()
    task.optimizer.learning_rate = 0.03
    before = np.concatenate(task.score(PAIRS)).mean()
    task.fit(TRAINED_ON, epochs=8, batch_size=3, verbose=0)
    scores = task.score(PAIRS)
    starts = len(task.preprocessor.decoder_start_ids)
    tokenize = task.preprocessor.tokenizer.target_tokenizer()
    lengths = [len(tokenize(text)) + starts for text in PAIRS[1]]
    assert [len(row) for row in scores] == lengths
    assert np.concatenate(scores).mean() > before + 0.5
    loss = task.evaluate([*zip(*PAIRS, strict=True)], verbose=0)[0]
    assert_close(loss, -np.concatenate(scores).mean())
    task.save_to_preset(tmp_path)
    again = nlpkit.models.Seq2SeqLM.from_preset(tmp_path)
    assert_close(again.score(TRAINED_ON), scores, tolerance=1e-6)
    assert again.generate("go", max_new_tokens=4) == task.generate("go", max_new_tokens=4)


def test_saved_as_keras_file(case, tmp_path):
    task = case.build()
    task.save(tmp_path / "task.keras")
    same_model(keras.saving.load_model(tmp_path / "task.keras"), task)


def test_every_variant_comes_back(case, tmp_path):
    for label, arguments in {"all": case.arguments, **case.others}.items():
        backbone = case.cls("Backbone")(**arguments())
        check_table(backbone.weight_table(), named_variables(backbone), case.name)
        backbone.save_to_preset(tmp_path / label)
        same_model(nlpkit.models.Backbone.from_preset(tmp_path / label), backbone)


def test_packed_equals_alone(case):
    backbone = case.build().backbone
    compute = compiled(lambda inputs: backbone(inputs)["decoder_sequence_output"], backbone)

    def features(inputs):
        return ops.convert_to_numpy(compute({name: tensor(x) for name, x in inputs.items()}))

    alone = [features({f"{side}_token_ids": x for side, x in pair.items()}) for pair in PACKED]
    sides = {side: [pair[side] for pair in PACKED] for side in PACKED[0]}
    inputs = {f"{side}_token_ids": np.concatenate(ids, axis=1) for side, ids in sides.items()}
    for side, rows in sides.items():
        numbers = np.repeat([1, 2], [ids.shape[1] for ids in rows])[None]
        inputs[f"{side}_sequence_ids"] = numbers
    assert_close(features(inputs), np.concatenate(alone, axis=1))


def test_preprocessing_is_the_same_everywhere(case):
    preprocessor = case.preprocessor(encoder_sequence_length=9, decoder_sequence_length=7)
    expected = preprocessor(TRAINED_ON)
    assert_close(preprocessor(PAIRS), expected, tolerance=0)
    assert_close(preprocessor([*zip(*PAIRS, strict=True)]), expected, tolerance=0)
    single = preprocessor({name: column[0] for name, column in TRAINED_ON.items()})
    assert_close(single, keras.tree.map_structure(lambda x: x[0], expected), tolerance=0)
    tf = pytest.importorskip("tensorflow")
    (batch,) = tf.data.Dataset.from_tensor_slices(TRAINED_ON).batch(3).map(preprocessor)
    assert_close(keras.tree.map_structure(lambda x: x.numpy(), batch), expected, tolerance=0)
    left = case.preprocessor(
        encoder_sequence_length=9, decoder_sequence_length=7, padding_side="left"
    )
    assert left(TRAINED_ON)[0]["encoder_padding_mask"][:, -1].all()


@pytest.mark.parametrize(
    ("inputs", "options", "named"),
    [
        (([[5]]), {"forced_bos_token_id": 99}, "forced_bos_token_id.*99"),
        (([[5]]), {"decoder_start_token_id": -1}, "decoder_start_token_id.*-1"),
        (([[5]]), {"bad_words_ids": []}, "bad_words_ids must be a list of lists"),
        (([[5]]), {"bad_words_ids": [5]}, "bad_words_ids must be a list of lists"),
        (([[5]]), {"bad_words_ids": [[]]}, "bad_words_ids must be a list of lists"),
        (([[5]]), {"bad_words_ids": [[4, 31]]}, r"bad_words_ids must lie in.*31\); got 31"),
        (([[5]]), {"bad_words_ids": [[-1]]}, "bad_words_ids must lie in.*got -1"),
        (([[5]]), {"length_penalty": 2.0}, "length_penalty need a BeamSampler"),
        (([[5]]), {"early_stopping": "maybe", "sampler": "beam"}, "early_stopping"),
        (([[5]]), {"early_stopping": 1, "sampler": "beam"}, "early_stopping"),
        (([[5]]), {"truncation": "left"}, 'truncation must be "error" or "right"'),
        (([[]]), {}, "Source 0 is empty"),
        (([[99]]), {}, "token_ids must lie in"),
        ({"encoder_token_ids": [[5], [6]], "decoder_token_ids": [[0]]}, {}, "2 and 1"),
        ({"encoder_token_ids": [[5]], "decoder_token_ids": [[0, 3, 4]]}, {"max_length": 2}, "room"),
    ],
)
@pytest.mark.by_turns
def test_an_error_names_what_is_wrong(converted, inputs, options, named):
    with pytest.raises(ValueError, match=named):
        converted(*SHAPES[0]).ours.generate(inputs, **{"max_new_tokens": 2, **options})


@pytest.mark.by_turns
def test_backbones_of_other_kinds_are_refused():
    backbone = SEQ2SEQ[0].build().backbone
    with pytest.raises(ValueError, match="Expected a decoder backbone"):
        nlpkit.models.CausalLM(backbone)
    with pytest.raises(ValueError, match="is for Seq2SeqLM"):
        nlpkit.models.TokenClassifier(backbone, labels=["O"])
    with pytest.raises(ValueError, match="Expected an encoder-decoder"):
        nlpkit.models.Seq2SeqLM(DECODERS[0].build().backbone)
    with pytest.raises(ValueError, match="no 'decoder_token_ids'"):
        backbone({"encoder_token_ids": [[3]]})


@pytest.mark.by_turns
def test_sources_are_not_cut_on_the_left():
    preprocessor = SEQ2SEQ[0].build().preprocessor
    with pytest.raises(ValueError, match="truncation must be one of 'error', 'right'; got 'left'"):
        preprocessor.generate_preprocess(PAIRS[0], truncation="left")


NAMES = ("token_ids", "padding_mask")
PACKED = [
    {"encoder": np.array([[5, 6, 7]]), "decoder": np.array([[3, 4]])},
    {"encoder": np.array([[8, 9]]), "decoder": np.array([[3, 9, 7]])},
]


def inputs_for(model):
    words = model.config.vocab_size
    rows = [*rows_of_ids(SOURCES, words, 0), *rows_of_ids(TARGETS, words, 1)]
    names = [f"{side}_{name}" for side in ("encoder", "decoder") for name in NAMES]
    return dict(zip(names, rows, strict=True))


def before(end, row):
    """The tokens of a row after the first, and that, before the end token."""
    return [row[0], *takewhile(lambda token: token != end, row[1:])]


def sources_of(made):
    ids, mask = (made.inputs[f"encoder_{x}"] for x in NAMES)
    return [row[real].tolist() for row, real in zip(ids, mask, strict=True)]


def logits_of_transformers(model, inputs):
    import torch

    given = {
        "input_ids": "encoder_token_ids",
        "attention_mask": "encoder_padding_mask",
        "decoder_input_ids": "decoder_token_ids",
        "decoder_attention_mask": "decoder_padding_mask",
    }
    with torch.no_grad():
        outputs = model(**{name: torch.tensor(inputs[own]) for name, own in given.items()})
    return outputs.logits.numpy()


def on_the_left(rows, lengths):
    return np.stack([np.roll(row, len(row) - n) for row, n in zip(rows, lengths, strict=True)])
