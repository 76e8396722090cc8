"""What only a mixture of experts has in training."""

import keras
import numpy as np
import pytest

from nlpkit.models import MixtralBackbone, MixtralCausalLM

IDS = np.random.default_rng(0).integers(0, 9, (4, 6)).astype("int32")


def loss(training=True, **arguments):
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
    return float(run({"token_ids": IDS, "padding_mask": IDS >= 0}, IDS, return_dict=True)["loss"])


def test_the_balance_of_experts_adds_to_the_loss_of_training_alone():
    without = loss(router_aux_loss_coef=0.0)
    # A layer adds about the number of experts of a token, which is its value if all are equal.
    assert loss(router_aux_loss_coef=0.5) - without == pytest.approx(2 * 0.5 * 2, rel=0.2)
    assert loss(False, router_aux_loss_coef=0.5) == pytest.approx(without, rel=1e-5)
