"""The heads of every encoder family: they are Hugging Face's, converted and back."""

import numpy as np
import pytest

import nlpkit
from conformance.cases.case import assert_close
from conformance.cases.encoder import head_inputs
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
    every = np.broadcast_to(np.arange(inputs["token_ids"].shape[1], dtype="int32"), (3, 6))
    further = {"mask_positions": every} if "mask_positions" in task.input else {}
    found = run(task, **inputs, **further)
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
        found = model(**given).logits.numpy()
    return found[inputs["padding_mask"]] if found.ndim == 3 else found
