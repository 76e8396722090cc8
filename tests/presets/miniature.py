"""Two families of the smallest size: what presets ask of a family, without a real one."""

from pathlib import Path

import keras
import numpy as np

from nlpkit._config import Configurable
from nlpkit.backbones.heads import HeadTable
from nlpkit.layers.preprocessing.preprocessing_layer import PreprocessingLayer
from nlpkit.presets.mapping.weight_table import expand
from nlpkit.presets.preset import FromPreset


class MiniTokenizer(FromPreset, PreprocessingLayer):
    preset_kind = "tokenizer"
    assets = ("vocabulary",)

    def __init__(self, vocabulary=None, lowercase=False, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary = vocabulary
        self.lowercase = lowercase

    def call(self, text):
        text = text.lower() if self.lowercase else text
        return [self.vocabulary.index(word) for word in text.split()]

    def save_files(self, folder):
        (Path(folder) / "vocab.txt").write_text("\n".join(self.vocabulary))
        return ["vocab.txt"]

    @classmethod
    def from_files(cls, folder, config, **arguments):
        vocabulary = (Path(folder) / "vocab.txt").read_text().split("\n")
        return cls(
            **{"vocabulary": vocabulary, "lowercase": config.get("lower", False)} | arguments
        )


class TinyTokenizer(MiniTokenizer):
    pass


class OtherTokenizer(MiniTokenizer):
    pass


class MiniPreprocessor(FromPreset, PreprocessingLayer):
    preset_kind = "preprocessor"
    tokenizer_class = MiniTokenizer

    def __init__(self, tokenizer, sequence_length=64, dtype="int32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length

    def call(self, texts):
        rows = [self.tokenizer(text)[: self.sequence_length] for text in texts]
        return np.array([row + [0] * (self.sequence_length - len(row)) for row in rows], self.dtype)


class TinyPreprocessor(MiniPreprocessor):
    tokenizer_class = TinyTokenizer


class OtherPreprocessor(MiniPreprocessor):
    tokenizer_class = OtherTokenizer


class MiniBackbone(FromPreset, Configurable, keras.Model):
    preset_kind = "backbone"

    def __init__(self, width, num_layers=2, max_sequence_length=16, activation="tanh", dtype=None):
        policy = keras.dtype_policies.get(dtype)
        tokens = keras.Input((None,), dtype="int32", name="token_ids")
        embedding = keras.layers.Embedding(12, width, dtype=policy, name="token_embedding")
        hidden = embedding(tokens)
        for i in range(num_layers):
            dense = keras.layers.Dense(width, activation, dtype=policy, name=f"layer_{i}")
            hidden = dense(hidden)
        hidden = keras.layers.LayerNormalization(dtype=policy, name="norm")(hidden)
        pooled = keras.layers.Dense(width, dtype=policy, name="pooler")(hidden[:, 0])
        super().__init__(tokens, {"sequence_output": hidden, "pooled_output": pooled})
        self.token_embedding = embedding
        self.dtype_policy = policy
        self.width = width
        self.num_layers = num_layers
        self.max_sequence_length = max_sequence_length
        self.activation = activation

    def hf_class_name(self, name):
        return name

    heads = {}

    @classmethod
    def hf_tokenizer_class(cls, folder):
        return cls.tokenizer_class

    def weight_table(self):
        table = """
        token_embedding/embeddings <- embeddings.weight
        layer_{i}/kernel <- layers.{i}.weight | transpose
        layer_{i}/bias <- layers.{i}.bias
        norm/gamma <- norm.weight ; also spelled gamma=weight
        norm/beta <- norm.bias ; also spelled beta=bias
        pooler/kernel <- pooler.weight | transpose ; optional
        pooler/bias <- pooler.bias ; optional
        <- embeddings.position_ids ; buffer
        <- qa.* ; other head
        """
        return expand(table, i=range(self.num_layers))


_CLASSIFIER = "logits/kernel <- classifier.weight | transpose\nlogits/bias <- classifier.bias"
_LM = """
lm/bias <- cls.bias
lm/bias <- cls.decoder.bias ; tied
backbone/token_embedding/embeddings <- cls.decoder.weight ; tied
<- cls.next_sentence.* ; other head
"""


class TinyBackbone(MiniBackbone):
    heads = {
        "MiniClassifier": HeadTable("TinyForSequenceClassification", _CLASSIFIER),
        "TinyLM": HeadTable("TinyForMaskedLM", _LM, ("TinyForPreTraining",)),
    }
    hf_model_types = ("tiny",)
    hf_architecture = "TinyModel"
    hf_prefix = "tiny."
    tokenizer_class = TinyTokenizer

    @classmethod
    def from_hf_config(cls, reader):
        return {
            "width": reader.get("hidden_size", kind=int),
            "num_layers": reader.get("num_hidden_layers", kind=int),
            "max_sequence_length": reader.get("max_position_embeddings", 16),
            "activation": reader.require("hidden_act", ("tanh", "relu")),
        }

    def to_hf_config(self):
        return {
            "hidden_size": self.width,
            "num_hidden_layers": self.num_layers,
            "max_position_embeddings": self.max_sequence_length,
            "hidden_act": self.activation,
        }


class OtherBackbone(MiniBackbone):
    heads = {"MiniClassifier": HeadTable("OtherForSequenceClassification", _CLASSIFIER)}
    hf_model_types = ("other",)
    hf_prefix = "other."
    tokenizer_class = OtherTokenizer


class MiniTask(FromPreset, Configurable, keras.Model):
    preset_kind = "task"
    pools = True

    @classmethod
    def head_on(cls, backbone_class):
        heads = backbone_class.heads
        return next((heads[kind.__name__] for kind in cls.__mro__ if kind.__name__ in heads), None)

    @property
    def hf_architecture(self):
        return self.head_on(type(self.backbone)).architecture

    @property
    def hf_prefix(self):
        return self.backbone.hf_prefix

    def table_of_head(self):
        return self.head_on(type(self.backbone)).lines

    @classmethod
    def holds_head(cls, backbone_class, tensors, backbone_arguments):
        return cls.head_on(backbone_class).is_among(tensors)


class MiniClassifier(MiniTask):
    def __init__(self, backbone, num_classes, preprocessor=None, dropout=0.0, **kwargs):
        head = keras.layers.Dense(num_classes, dtype=backbone.dtype_policy, name="logits")
        outputs = head(backbone(backbone.input)["pooled_output"])
        super().__init__(backbone.input, outputs, **kwargs)
        self.backbone = backbone
        self.preprocessor = preprocessor
        self.num_classes = num_classes
        self.dropout = dropout

    @classmethod
    def from_hf_head_config(cls, reader, backbone_class):
        return {"num_classes": len(reader.get("id2label", {"0": "a", "1": "b"}))}

    def hf_head_config(self):
        return {"id2label": {str(i): f"LABEL_{i}" for i in range(self.num_classes)}}


class TinyClassifier(MiniClassifier):
    backbone_class = TinyBackbone
    preprocessor_class = TinyPreprocessor


class OtherClassifier(MiniClassifier):
    backbone_class = OtherBackbone
    preprocessor_class = OtherPreprocessor


class TinyLM(MiniTask):
    """Tied to the token embedding, with a bias of its own."""

    backbone_class = TinyBackbone
    preprocessor_class = TinyPreprocessor

    def __init__(self, backbone, preprocessor=None, **kwargs):
        hidden = backbone(backbone.input)["sequence_output"]
        super().__init__(backbone.input, TinyHead(backbone.token_embedding, name="lm")(hidden))
        self.backbone = backbone
        self.preprocessor = preprocessor

    @classmethod
    def from_hf_head_config(cls, reader, backbone_class):
        return {}

    def hf_head_config(self):
        return {}


class TinyHead(keras.layers.Layer):
    def __init__(self, token_embedding, **kwargs):
        super().__init__(**kwargs)
        self.token_embedding = token_embedding

    def build(self, _):
        self.bias = self.add_weight(shape=(12,), initializer="zeros", name="bias")

    def call(self, hidden):
        table = keras.ops.transpose(self.token_embedding.embeddings)
        return keras.ops.matmul(hidden, table) + self.bias


CLASSES = [
    cls
    for cls in list(globals().values())
    if isinstance(cls, type) and issubclass(cls, FromPreset) and cls is not FromPreset
]


def randomized(model):
    """The model with every weight drawn anew: no bias is zero, no scale is one."""
    generator = np.random.default_rng(7)
    for variable in model.weights:
        variable.assign(generator.normal(size=variable.shape))
    return model


def outputs(model):
    """The model's outputs for some ids, as one array."""
    result = model(np.array([[1, 2, 3, 0], [4, 2, 0, 0]], "int32"))
    arrays = [keras.ops.convert_to_numpy(x).ravel() for x in keras.tree.flatten(result)]
    return np.concatenate(arrays)


def assert_same_outputs(found, expected):
    """Equal; on PyTorch a kernel that was read is turned, and products differ in the last bit."""
    if keras.backend.backend() != "torch":
        np.testing.assert_array_equal(outputs(found), outputs(expected))
        return
    np.testing.assert_allclose(outputs(found), outputs(expected), rtol=1e-6, atol=1e-6)
