"""Checkpoints of Hugging Face's BERTs with heads, tiny and random, there and back."""

import json
import warnings

import numpy as np
import pytest
from keras import ops

from nlpkit.models import BertBackbone, BertClassifier, BertMaskedLM, MaskedLM, TextClassifier
from nlpkit.presets.mapping.assignment import named_variables

transformers = pytest.importorskip("transformers", reason="transformers makes the checkpoints")
torch = pytest.importorskip("torch", reason="transformers needs PyTorch")

SHAPES = {
    "one wide layer": {"num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 40},
    "three narrow layers": {
        "num_hidden_layers": 3,
        "num_attention_heads": 8,
        "intermediate_size": 3,
        "type_vocab_size": 1,
        "hidden_act": "relu",
        "classifier_dropout": 0.3,
    },
    "the tanh form": {
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 8,
        "hidden_act": "gelu_new",
        "layer_norm_eps": 1e-3,
        "type_vocab_size": 3,
    },
}
each_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
IDS = np.array([[2, 9, 5, 7, 3], [2, 4, 3, 0, 0]], "int32")
MASK = IDS > 0
POSITIONS = np.array([[1, 3], [1, 2]], "int32")


def make(name, folder, **config):
    """A random model of Hugging Face's, saved; no bias is zero and no scale one."""
    sizes = {"vocab_size": 11, "hidden_size": 8, "max_position_embeddings": 6}
    cls = getattr(transformers, name)
    model = cls(transformers.BertConfig(**{**sizes, **SHAPES["one wide layer"], **config})).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.4, generator=generator)
    model.save_pretrained(folder)
    return model


def theirs(model, output):
    with torch.no_grad():
        outputs = model.eval()(torch.tensor(IDS), attention_mask=torch.tensor(MASK))
    return getattr(outputs, output).numpy()


def agree(actual, expected):
    actual = ops.convert_to_numpy(actual)
    assert actual.shape == expected.shape
    assert np.abs(actual - expected).max() <= 1e-5 * np.abs(expected).max()


def classifier_logits(task):
    segments = np.zeros_like(IDS)
    return task.predict_on_batch({"token_ids": IDS, "padding_mask": MASK, "segment_ids": segments})


def masked_logits(task):
    inputs = {"token_ids": IDS, "padding_mask": MASK, "segment_ids": np.zeros_like(IDS)}
    return task.predict_on_batch({**inputs, "mask_positions": POSITIONS})


def at_positions(logits):
    return np.take_along_axis(logits, POSITIONS[..., None], axis=1)


@each_shape
def test_a_classifier_there_and_back(shape, tmp_path):
    model = make("BertForSequenceClassification", tmp_path / "theirs", num_labels=3, **shape)
    task = TextClassifier.from_preset(tmp_path / "theirs", preprocessor=None)
    assert type(task) is BertClassifier
    assert task.num_classes == 3
    assert task.dropout == shape.get("classifier_dropout", 0.1)
    expected = theirs(model, "logits")
    agree(classifier_logits(task), expected)
    task.save_to_preset(tmp_path / "ours")
    cls = transformers.AutoModelForSequenceClassification
    agree(theirs(cls.from_pretrained(tmp_path / "ours"), "logits"), expected)


@each_shape
def test_a_masked_lm_there_and_back(shape, tmp_path):
    model = make("BertForMaskedLM", tmp_path / "theirs", **shape)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        task = MaskedLM.from_preset(tmp_path / "theirs", preprocessor=None)
    assert type(task) is BertMaskedLM
    assert not task.backbone.pooler  # Which the task does not use, and the checkpoint lacks.
    expected = theirs(model, "logits")
    agree(masked_logits(task), at_positions(expected))
    task.save_to_preset(tmp_path / "ours")
    reopened = transformers.AutoModelForMaskedLM.from_pretrained(tmp_path / "ours")
    agree(theirs(reopened, "logits"), expected)


def test_a_pretraining_checkpoint_is_a_masked_lm(tmp_path):
    model = make("BertForPreTraining", tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        task = MaskedLM.from_preset(tmp_path, preprocessor=None)
    agree(masked_logits(task), at_positions(theirs(model, "prediction_logits")))


def test_an_untied_projection_is_refused(tmp_path):
    model = make("BertForMaskedLM", tmp_path, tie_word_embeddings=False)
    predictions = model.cls.predictions
    predictions.decoder.bias.data = predictions.bias.data.clone()
    model.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"cls\.predictions\.decoder\.weight .* differ"):
        MaskedLM.from_preset(tmp_path, preprocessor=None)


@pytest.mark.parametrize(
    "name", ["BertForQuestionAnswering", "BertForTokenClassification", "BertForMultipleChoice"]
)
def test_a_backbone_is_read_from_under_any_head(name, tmp_path):
    model = make(name, tmp_path, **SHAPES["the tanh form"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        backbone = BertBackbone.from_preset(tmp_path)
    outputs = backbone.predict_on_batch({"token_ids": IDS, "padding_mask": MASK})
    hidden = ops.convert_to_numpy(outputs["sequence_output"])
    agree(hidden[MASK], theirs(model.bert, "last_hidden_state")[MASK])


def test_a_fresh_pooler_is_announced_by_name(tmp_path):
    make("BertForQuestionAnswering", tmp_path)
    message = "no tensor for pooled_dense/kernel, pooled_dense/bias of BertBackbone"
    with pytest.warns(UserWarning, match=message):
        backbone = BertBackbone.from_preset(tmp_path)
    bias = named_variables(backbone)["pooled_dense/bias"]
    np.testing.assert_array_equal(ops.convert_to_numpy(bias), np.zeros(8))


def test_the_head_of_another_task_is_refused(tmp_path):
    make("BertForTokenClassification", tmp_path)
    with pytest.raises(ValueError, match=r"head of a BertForTokenClassification.*load_head=False"):
        TextClassifier.from_preset(tmp_path)


@pytest.fixture
def folder(tmp_path):
    make("BertModel", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rope_theta": 1e4}, "does not know.*rope_theta=10000.0"),
        ({"hidden_act": "mish"}, "hidden_act='mish' is not supported; supported: 'gelu', "),
        (
            {"position_embedding_type": "relative_key"},
            "position_embedding_type='relative_key' is not supported; supported: 'absolute'",
        ),
        ({"is_decoder": True}, "is_decoder=True is not supported"),
        ({"num_hidden_layers": "2"}, "'num_hidden_layers' must be of type int; got '2'"),
        ({"num_hidden_layers": 2}, r"transformer_layer_1/attention/query/kernel"),
        ({"hidden_size": 16}, r"token_embedding/embeddings has shape \(11, 16\)"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_configuration_that_does_not_fit_is_refused(folder, changes, message):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))
    with pytest.raises(ValueError, match=message):
        BertBackbone.from_preset(folder)


def test_absent_keys_have_hugging_face_s_defaults(folder):
    config = json.loads((folder / "config.json").read_text())
    for name in ("layer_norm_eps", "hidden_dropout_prob", "hidden_act", "type_vocab_size"):
        config.pop(name, None)
    (folder / "config.json").write_text(json.dumps(config))
    backbone = BertBackbone.from_preset(folder)
    assert (backbone.layer_norm_epsilon, backbone.dropout) == (1e-12, 0.1)
    assert (backbone.activation, backbone.num_segments) == ("gelu", 2)


@pytest.mark.parametrize("attention_dropout", [None, 0.3])
@pytest.mark.parametrize("activation", ["gelu", "gelu_tanh", "relu", "silu"])
def test_the_written_configuration_means_the_same_to_transformers(activation, attention_dropout):
    backbone = BertBackbone(
        11, 1, 2, 8, 12, activation=activation, attention_dropout=attention_dropout, dropout=0.2
    )
    config = transformers.BertConfig(**backbone.to_hf_config())
    assert config.attention_probs_dropout_prob == (attention_dropout or 0.2)
    function = transformers.activations.ACT2FN[config.hidden_act]
    expected = {"gelu": 0.8413447, "gelu_tanh": 0.8411920, "relu": 1.0, "silu": 0.7310586}
    assert float(function(torch.ones(1))) == pytest.approx(expected[activation], abs=1e-6)
