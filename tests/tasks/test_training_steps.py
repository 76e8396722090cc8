"""Steps of training are those of transformers, whatever the backend: also of repeated tokens."""

import keras
import numpy as np
import pytest

import nlpkit
from conformance.cases.backbones import randomize

IDS = np.array([[2, 5, 5, 3], [2, 7, 5, 3], [2, 5, 9, 3]], "int32")
MASK, LABELS = np.ones(IDS.shape, bool), np.array([0, 1, 1], "int32")
RATE, STEPS = 0.01, 20


def _bert():
    import transformers

    sizes = {"vocab_size": 11, "hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 8}
    off = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    config = transformers.BertConfig(
        num_hidden_layers=2, num_labels=2, max_position_embeddings=8, **sizes, **off
    )
    return transformers.BertForSequenceClassification(config)


def _gpt2():
    import transformers

    off = {"embd_pdrop": 0.0, "resid_pdrop": 0.0, "attn_pdrop": 0.0}
    config = transformers.GPT2Config(
        vocab_size=11, n_embd=8, n_head=2, n_layer=2, bos_token_id=1, eos_token_id=1, **off
    )
    config.num_labels, config.pad_token_id = 2, 0
    return transformers.GPT2ForSequenceClassification(config)


@pytest.mark.parametrize("make", [_bert, _gpt2])
def test_losses_are_those_of_transformers(make, tmp_path):
    theirs = randomize(make())
    theirs.save_pretrained(tmp_path)
    task = nlpkit.models.TextClassifier.from_preset(tmp_path, preprocessor=None, dropout=0.0)
    # Small enough not to count, wherever it stands in the formula.
    task.compile(keras.optimizers.Adam(RATE, epsilon=1e-10), metrics=[])
    inputs = {"token_ids": IDS, "padding_mask": MASK, "segment_ids": IDS * 0}
    inputs = {name: inputs[name] for name in task.input}
    losses = [float(np.ravel(task.train_on_batch(inputs, LABELS))[0]) for _ in range(STEPS)]
    np.testing.assert_allclose(losses, losses_of_transformers(theirs), rtol=1e-5)
    assert losses[-1] < losses[0]


def losses_of_transformers(model):
    import torch

    model.train()
    optimizer = torch.optim.Adam(model.parameters(), RATE, eps=1e-10)
    losses = []
    for _ in range(STEPS):
        loss = model(torch.tensor(IDS).long(), labels=torch.tensor(LABELS).long()).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
