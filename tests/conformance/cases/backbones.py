"""The backbones, each with tiny random models of Hugging Face's it must agree with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.cases.case import Case

_RNG = np.random.default_rng(3)
TOKEN_IDS = _RNG.integers(1, 11, (3, 6)).astype("int32")
SEGMENT_IDS = _RNG.integers(0, 2, (3, 6)).astype("int32")
PADDING_MASK = np.arange(6) < np.array([[6], [3], [3]])


@dataclass(frozen=True)
class Family:
    """What the checks of backbones ask of a family.

    Attributes:
        references: makes a random model of Hugging Face's, by shape.
        inputs: their names for the inputs.
        outputs: their names for the outputs.
    """

    references: Mapping[str, Callable[[], Any]]
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]

    def reference_outputs(
        self, model: Any, inputs: Mapping[str, np.ndarray], outputs: Mapping[str, str] | None = None
    ) -> dict[str, np.ndarray]:
        """What a model of Hugging Face's computes, under this library's names."""
        import torch

        arguments = {self.inputs[n]: torch.tensor(x.astype("int64")) for n, x in inputs.items()}
        with torch.no_grad():
            results = model.eval()(**arguments)
        return {ours: results[theirs].numpy() for ours, theirs in (outputs or self.outputs).items()}


def randomize(model: Any) -> Any:
    """Give every parameter of a PyTorch model, biases and norms too, a random value."""
    import torch

    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.3, generator=generator)
    return model


def _bert(**config: Any) -> Callable[[], Any]:
    def make() -> Any:
        import transformers

        shape = {"vocab_size": 11, "hidden_size": 8, "max_position_embeddings": 10, **config}
        return randomize(transformers.BertModel(transformers.BertConfig(**shape)))

    return make


BERT = Family(
    references={
        "many_heads": _bert(num_hidden_layers=3, num_attention_heads=8, intermediate_size=5),
        "one_segment": _bert(
            num_hidden_layers=1, num_attention_heads=1, intermediate_size=32, type_vocab_size=1
        ),
        "tanh_gelu": _bert(
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=12,
            hidden_act="gelu_new",
            layer_norm_eps=1e-5,
        ),
        "relu": _bert(
            num_hidden_layers=2, num_attention_heads=4, intermediate_size=8, hidden_act="relu"
        ),
    },
    inputs={
        "token_ids": "input_ids",
        "padding_mask": "attention_mask",
        "segment_ids": "token_type_ids",
    },
    outputs={"sequence_output": "last_hidden_state", "pooled_output": "pooler_output"},
)


def bert_backbone_arguments() -> dict[str, Any]:
    return {
        "vocabulary_size": 11,
        "num_layers": 2,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 12,
        "dropout": 0.2,
        "max_sequence_length": 10,
        "num_segments": 3,
        "activation": "gelu_tanh",
        "attention_dropout": 0.3,
        "layer_norm_epsilon": 1e-3,
    }


BACKBONES = [
    Case(
        "BertBackbone",
        bert_backbone_arguments,
        {"token_ids": TOKEN_IDS, "padding_mask": PADDING_MASK, "segment_ids": SEGMENT_IDS},
        others={"no_pooler": lambda: {**bert_backbone_arguments(), "pooler": False}},
        family=BERT,
    )
]
