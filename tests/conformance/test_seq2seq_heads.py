"""The heads of encoder-decoders that classify: they are Hugging Face's, converted and back."""

import numpy as np
import pytest

import nlpkit
from conformance.cases.case import assert_close
from conformance.cases.seq2seqs import SEQ2SEQ
from conformance.decoder_programs import run

HEADS = [
    (case, kind, number)
    for case in SEQ2SEQ
    for kind, models in case.heads.items()
    for number in range(len(models))
]
LENGTHS = np.array([6, 3, 4])


def parameters():
    """The second shapes are converted on one backend in turn."""
    for turn, (case, kind, number) in enumerate(HEADS):
        marks = [pytest.mark.by_turns(turn)] if number else []
        yield pytest.param(case, kind, number, id=f"{case.name}-{kind}-{number}", marks=marks)


@pytest.mark.parametrize(("family", "kind", "number"), [*parameters()])
def test_head_is_that_of_transformers_and_back(family, kind, number, tmp_path):
    theirs = family.heads[kind][number]()
    theirs.save_pretrained(tmp_path / "theirs")
    task = getattr(nlpkit.models, kind).from_preset(tmp_path / "theirs", preprocessor=None)
    inputs = rows_of(theirs.config)
    expected = outputs_of(theirs, inputs)
    assert_close(outputs(task, **inputs), expected)
    # On the other side of the padding, the decoder begins later.
    turned = {name: x[:, ::-1].copy() for name, x in inputs.items()}
    turned["token_ids"][turned["padding_mask"]] = inputs["token_ids"][inputs["padding_mask"]]
    assert_close(outputs(task, **turned), expected)

    task.save_to_preset(tmp_path / "ours")
    opened = type(theirs).from_pretrained(tmp_path / "ours").eval()
    assert_close(outputs_of(opened, inputs), expected, tolerance=1e-6)


@pytest.mark.by_turns(0)
def test_transformers_finds_the_ends_that_a_tokenizer_has(tmp_path):
    import transformers

    case, texts = SEQ2SEQ[0], ["the movie was great", "good"]
    preprocessor = case.cls("TextClassifierPreprocessor")(
        case.tokenizer.build(case.named("Tokenizer")), sequence_length=8
    )
    task = case.cls("TextClassifier")(case.build().backbone, 3, preprocessor)
    task.save_to_preset(tmp_path)
    opened = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path)
    expected = outputs_of(opened.eval(), preprocessor(texts))
    assert_close(task.predict(texts, verbose=0), expected)


def rows_of(config):
    """Rows of several lengths, with one token that ends them."""
    mask = np.arange(LENGTHS.max()) < LENGTHS[:, None]
    ids = np.random.default_rng(4).integers(4, config.vocab_size, mask.shape)
    ids[np.arange(len(ids)), LENGTHS - 1] = config.eos_token_id
    return {
        "token_ids": np.where(mask, ids, config.pad_token_id).astype("int32"),
        "padding_mask": mask,
    }


def outputs(task, token_ids, padding_mask):
    found = run(task, token_ids=token_ids, padding_mask=padding_mask)
    return found if found.ndim == 2 else found.transpose(0, 2, 1)[padding_mask]


def outputs_of(model, inputs):
    import torch

    mask = inputs["padding_mask"]
    with torch.no_grad():
        given = {"input_ids": torch.tensor(inputs["token_ids"].astype("int64"))}
        returned = model(**given, attention_mask=torch.tensor(mask.astype("int64")))
    if "end_logits" in returned:
        return np.stack([returned.start_logits, returned.end_logits], axis=-1)[mask]
    return returned.logits.numpy()
