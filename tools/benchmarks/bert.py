"""BERT: import, a forward pass, a training step."""

import subprocess
import sys
from typing import Any

from benchmarks.measurement import Measurement, Run

BASE = {"layers": 12, "width": 768, "heads": 12, "inner": 3072}
SMALL = {"layers": 2, "width": 128, "heads": 2, "inner": 512}
VOCABULARY_SIZE = 30522


def measurements() -> list[Measurement]:
    """The rows of the suite."""
    return [
        Measurement(
            "import",
            {
                "nlpkit": lambda: _importing("import nlpkit; nlpkit.models.BertClassifier"),
                "transformers": lambda: _importing(
                    "from transformers import BertForSequenceClassification"
                ),
                "KerasHub": lambda: _importing("import keras_hub"),
            },
            rounds=3,
            warm_up=1,
        ),
        Measurement(
            "BERT-base forward, 8 x 128",
            {
                "nlpkit": lambda: _keras_forward(_nlpkit_bert(**BASE), 8, 128),
                "transformers": lambda: _torch_forward(8, 128),
                "KerasHub": lambda: _keras_forward(_keras_hub_bert(**BASE), 8, 128),
            },
            rounds=9,
        ),
        Measurement(
            "2 x 128 classifier, training step, 16 x 256",
            {
                "nlpkit": lambda: _keras_training(_nlpkit_classifier(), 16, 256),
                "transformers": lambda: _torch_training(16, 256),
                "KerasHub": lambda: _keras_training(_keras_hub_classifier(), 16, 256),
            },
            rounds=25,
            warm_up=5,
        ),
    ]


def _importing(statement: str) -> Run:
    return lambda: subprocess.run(
        [sys.executable, "-c", statement], check=True, stderr=subprocess.DEVNULL
    )


def _features(batch: int, length: int) -> dict[str, Any]:
    """Random ids; half of the rows are padded by a quarter."""
    import numpy as np

    rng = np.random.default_rng(0)
    lengths = np.where(np.arange(batch) % 2, length - length // 4, length)
    mask = np.arange(length) < lengths[:, None]
    token_ids = np.where(mask, rng.integers(1, VOCABULARY_SIZE, (batch, length)), 0)
    return {
        "token_ids": token_ids.astype("int32"),
        "padding_mask": mask,
        "segment_ids": np.zeros((batch, length), "int32"),
    }


def _bert_arguments(layers: int, width: int, heads: int, inner: int) -> dict[str, Any]:
    return {
        "vocabulary_size": VOCABULARY_SIZE,
        "num_layers": layers,
        "num_heads": heads,
        "hidden_dim": width,
        "intermediate_dim": inner,
        "dropout": 0.1,
    }


def _nlpkit_bert(**shape: int) -> Any:
    import nlpkit

    return nlpkit.models.BertBackbone(**_bert_arguments(**shape))


def _keras_hub_bert(**shape: int) -> Any:
    import keras_hub

    return keras_hub.models.BertBackbone(**_bert_arguments(**shape))


def _nlpkit_classifier() -> Any:
    import nlpkit

    return nlpkit.models.BertClassifier(_nlpkit_bert(**SMALL), num_classes=2)


def _keras_hub_classifier() -> Any:
    import keras_hub

    return keras_hub.models.BertTextClassifier(_keras_hub_bert(**SMALL), num_classes=2)


def _keras_forward(model: Any, batch: int, length: int) -> Run:
    features = _features(batch, length)
    return lambda: model.predict_on_batch(features)


def _keras_training(classifier: Any, batch: int, length: int) -> Run:
    import keras
    import numpy as np

    classifier.compile(
        optimizer=keras.optimizers.Adam(5e-5),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    features, labels = _features(batch, length), np.arange(batch) % 2
    return lambda: classifier.train_on_batch(features, labels)


def _transformers_config(layers: int, width: int, heads: int, inner: int) -> Any:
    from transformers import BertConfig

    return BertConfig(
        vocab_size=VOCABULARY_SIZE,
        num_hidden_layers=layers,
        hidden_size=width,
        num_attention_heads=heads,
        intermediate_size=inner,
        num_labels=2,
    )


def _transformers_features(batch: int, length: int) -> dict[str, Any]:
    import torch

    features = {name: torch.tensor(x).long() for name, x in _features(batch, length).items()}
    names = {"token_ids": "input_ids", "padding_mask": "attention_mask"}
    return {names.get(name, "token_type_ids"): x for name, x in features.items()}


def _torch_forward(batch: int, length: int) -> Run:
    import torch
    from transformers import BertModel

    model = BertModel(_transformers_config(**BASE)).eval()
    features = _transformers_features(batch, length)

    def forward() -> Any:
        with torch.no_grad():
            return model(**features).last_hidden_state.numpy()

    return forward


def _torch_training(batch: int, length: int) -> Run:
    import torch
    from transformers import BertForSequenceClassification

    model = BertForSequenceClassification(_transformers_config(**SMALL)).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-5)
    features, labels = _transformers_features(batch, length), torch.arange(batch) % 2

    def step() -> float:
        optimizer.zero_grad()
        loss = model(**features, labels=labels).loss
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step
