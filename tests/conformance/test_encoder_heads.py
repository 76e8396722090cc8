"""The heads of every encoder family: they are Hugging Face's, converted and back."""

import numpy as np
import pytest

import nlpkit
from conformance.cases.case import assert_close
from conformance.cases.encoder import head_inputs, reference
from conformance.cases.encoders import ENCODERS
from conformance.decoder_programs import run

HEADS = [(case, kind) for case in ENCODERS for kind in case.heads]


@pytest.mark.parametrize(("family", "kind"), HEADS, ids=[f"{c.name}-{k}" for c, k in HEADS])
def test_head_is_that_of_transformers_and_back(family, kind, tmp_path):
    theirs = family.heads[kind]()
    theirs.save_pretrained(tmp_path / "theirs")
    task = getattr(nlpkit.models, kind).from_preset(tmp_path / "theirs", preprocessor=None)
    inputs = head_inputs(family)
    expected = outputs_of(theirs, inputs)
    assert_close(outputs(task, inputs), expected)

    task.save_to_preset(tmp_path / "ours")
    opened = type(theirs).from_pretrained(tmp_path / "ours").eval()
    assert_close(outputs_of(opened, inputs), expected, tolerance=1e-6)


def outputs(task, inputs):
    """A task's outputs for real tokens, or whole rows."""
    shape = inputs["token_ids"].shape
    every = np.broadcast_to(np.arange(shape[1], dtype="int32"), shape)
    further = {"mask_positions": every} if "mask_positions" in task.input else {}
    found = run(task, **inputs, **further)
    if isinstance(task, nlpkit.models.QuestionAnswerer):
        found = found.transpose(0, 2, 1)
    return found[inputs["padding_mask"]] if found.ndim == 3 else found


def outputs_of(model, inputs):
    import torch

    names = {
        "token_ids": "input_ids",
        "padding_mask": "attention_mask",
        "segment_ids": "token_type_ids",
    }
    with torch.no_grad():
        given = {names[n]: torch.tensor(x.astype("int64")) for n, x in inputs.items()}
        returned = model(**given)
    found = returned[0].numpy()
    if "end_logits" in returned:
        found = np.stack([found, returned.end_logits.numpy()], axis=-1)
    return found[inputs["padding_mask"]] if found.ndim == 3 else found


def test_encoder_of_a_discriminator_is_read_without_its_head(tmp_path, recwarn):
    theirs = reference("ElectraForPreTraining", embedding_size=5)()
    theirs.save_pretrained(tmp_path)
    ours = nlpkit.models.Backbone.from_preset(tmp_path)
    again = nlpkit.models.TextClassifier.from_preset(tmp_path, num_classes=3, preprocessor=None)
    assert not [str(w.message) for w in recwarn if "discriminator" in str(w.message)]
    ids = np.array([[3, 4, 5, 6]], "int32")
    inputs = {"token_ids": ids, "padding_mask": ids > 0}
    for found in (ours, again.backbone):
        assert_close(outputs(found, inputs), outputs_of(theirs.electra, inputs))
