"""Folders as KerasHub 0.32 and KerasNLP 0.8 write them, made by hand: no package is needed."""

import json

import h5py
import numpy as np

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "fine", "film", "dull", "##s", "the")
SIZES = {
    "vocabulary_size": 11,
    "num_layers": 2,
    "num_heads": 2,
    "hidden_dim": 8,
    "intermediate_dim": 12,
    "dropout": 0.1,
    "max_sequence_length": 16,
    "num_segments": 2,
}
_ENCODER = {
    "_self_attention_layer/query_dense": [(8, 2, 4), (2, 4)],
    "_self_attention_layer/key_dense": [(8, 2, 4), (2, 4)],
    "_self_attention_layer/value_dense": [(8, 2, 4), (2, 4)],
    "_self_attention_layer/output_dense": [(2, 4, 8), (8,)],
    "_self_attention_layer_norm": [(8,), (8,)],
    "_feedforward_intermediate_dense": [(8, 12), (12,)],
    "_feedforward_output_dense": [(12, 8), (8,)],
    "_feedforward_layer_norm": [(8,), (8,)],
}
BACKBONE = {
    "layers/reversible_embedding": [(11, 8)],
    "layers/position_embedding": [(16, 8)],
    "layers/embedding": [(2, 8)],
    "layers/layer_normalization": [(8,), (8,)],
    "layers/dense": [(8, 8), (8,)],
    **{f"layers/transformer_encoder/{name}": shapes for name, shapes in _ENCODER.items()},
    **{f"layers/transformer_encoder_1/{name}": shapes for name, shapes in _ENCODER.items()},
}
CLASSIFIER_HEAD = {"layers/dense": [(8, 3), (3,)]}


def serialized(name, config, package="keras_hub"):
    return {
        "module": f"{package}.src.models.bert",
        "class_name": name,
        "config": {"name": name.lower(), "trainable": True, "dtype": _policy(package), **config},
        "registered_name": f"{package}>{name}",
    }


def write_classifier(folder, style="keras_hub 0.32"):
    """Write a classifier; returns its arrays by path in the files."""
    folder.mkdir(parents=True)
    package = style.split()[0]
    tokenizer = serialized("BertTokenizer", _tokenizer_config(), package)
    backbone = serialized("BertBackbone", SIZES, package)
    names = ("BertTextClassifier", "BertTextClassifierPreprocessor")
    if package == "keras_nlp":
        names = ("BertClassifier", "BertPreprocessor")
    packing = {"tokenizer": tokenizer, "sequence_length": 12, "truncate": "round_robin"}
    preprocessor = serialized(names[1], packing, package)
    head = {"num_classes": 3, "activation": "linear", "dropout": 0.1}
    task = serialized(
        names[0], {"backbone": backbone, "preprocessor": preprocessor, **head}, package
    )
    (folder / "assets" / "tokenizer").mkdir(parents=True)
    (folder / "assets" / "tokenizer" / "vocabulary.txt").write_text("\n".join(WORDS) + "\n")
    write_json(folder / "tokenizer.json", tokenizer)
    if style == "keras_nlp 0.8":  # One file for the whole task, which lists its files.
        listed = {"assets": ["assets/tokenizer/vocabulary.txt"], "weights": "model.weights.h5"}
        write_json(folder / "config.json", {**task, **listed})
        nested = {f"backbone/{_old(path)}": shapes for path, shapes in BACKBONE.items()}
        arrays = write_h5(folder / "model.weights.h5", {**nested, **CLASSIFIER_HEAD})
        return {path.removeprefix("backbone/"): x for path, x in arrays.items() if "back" in path}
    write_json(folder / "config.json", backbone)
    write_json(folder / "preprocessor.json", preprocessor)
    write_json(folder / "task.json", task)
    write_json(folder / "metadata.json", {"keras_version": "3.15.1", "keras_hub_version": "0.32.0"})
    spell = _old if style == "keras_nlp 0.12" else str
    shapes = {spell(path): of for path, of in BACKBONE.items()}
    arrays = write_h5(folder / "model.weights.h5", shapes)
    write_h5(folder / "task.weights.h5", CLASSIFIER_HEAD, seed=2)
    return arrays


def write_json(path, content):
    path.write_text(json.dumps(content, indent=2))


def write_h5(path, tree, seed=1):
    generator = np.random.default_rng(seed)
    arrays = {}
    with h5py.File(path, "w") as file:
        for layer, shapes in tree.items():
            for i, shape in enumerate(shapes):
                place = f"{layer}/vars/{i}"
                arrays[place] = generator.normal(size=shape).astype("float32")
                file[place] = arrays[place]
    return arrays


def _old(path):
    """As Keras 3.0 to 3.3 named the projections of attention."""
    for name in ("query", "key", "value", "output"):
        path = path.replace(f"layer/{name}_dense", f"layer/_{name}_dense")
    return path


def _policy(package, name="float32"):
    cls = "DTypePolicy" if package == "keras_hub" else "FloatDTypePolicy"
    return {"module": "keras.dtype_policies", "class_name": cls, "config": {"name": name}}


def _tokenizer_config():
    return {
        "dtype": "int32",
        "config_file": "tokenizer.json",
        "vocabulary": None,
        "sequence_length": None,
        "lowercase": True,
        "strip_accents": False,
        "split": True,
        "suffix_indicator": "##",
        "oov_token": "[UNK]",
        "special_tokens": None,
        "special_tokens_in_strings": False,
    }
