"""What only a mixture of experts has in training."""

import keras
import numpy as np
import pytest

from nlpkit.models import MixtralBackbone, MixtralCausalLM

IDS = np.random.default_rng(0).integers(0, 9, (4, 6)).astype("int32")


def loss(training=True, padding=0, **arguments):
    keras.utils.set_random_seed(0)
    backbone = MixtralBackbone(
        vocabulary_size=9,
        num_layers=2,
        num_query_heads=2,
        hidden_dim=8,
        intermediate_dim=8,
        num_key_value_heads=1,
        num_experts=4,
        **arguments,
    )
    task = MixtralCausalLM(backbone)
    run = task.train_on_batch if training else task.test_on_batch
    ids = np.pad(IDS, [(0, 0), (0, padding)])
    real = np.arange(6 + padding) < np.full((4, 1), 6)
    result = run({"token_ids": ids, "padding_mask": real}, ids, real, return_dict=True)
    return float(result["loss"])


def test_the_balance_of_experts_adds_to_the_loss_of_training_alone():
    without = loss(router_aux_loss_coef=0.0)
    # A layer adds about the number of experts of a token, which is its value if all are equal.
    assert loss(router_aux_loss_coef=0.5) - without == pytest.approx(2 * 0.5 * 2, rel=0.2)
    assert loss(False, router_aux_loss_coef=0.5) == pytest.approx(without, rel=1e-5)


def test_padding_does_not_change_the_balance():
    short, padded = (loss(padding=n, router_aux_loss_coef=5.0) for n in (0, 10))
    assert padded == pytest.approx(short, rel=1e-5)
