"""Hostile JSON: classes and functions, paths, sizes, and JSON that is itself a weapon."""

import json

from presets.hostile.hostile_case import (
    HUGGING_FACE,
    KERASHUB,
    KERASNLP,
    OWN,
    Case,
    both,
    edit,
    replace_text,
    write,
)

MANIFEST, CONFIG, TASK, TOKENIZER = "nlpkit.json", "config.json", "task.json", "tokenizer.json"
NO_CLASS = "is not a class of nlpkit"
NO_KERASHUB = "class_name=.* is not supported"
LAMBDA = {
    "module": "keras.layers",
    "class_name": "Lambda",
    "config": {"function": ["4wEAAAAAAAAA", None, None], "module": "builtins"},
    "registered_name": None,
}
EXEC = {"module": "builtins", "class_name": "function", "config": "exec", "registered_name": "exec"}


def _keras(module, name, config=None, registered=None):
    """config.json of another class than KerasHub's backbone."""
    content = {"module": module, "class_name": name, "config": config or {}}
    return write(CONFIG, json.dumps({**content, "registered_name": registered}))


def _backbone(**arguments):
    return edit(
        MANIFEST, **{f"arguments__backbone__arguments__{n}": v for n, v in arguments.items()}
    )


def _tokenizer(**arguments):
    place = "arguments__preprocessor__arguments__tokenizer__arguments__"
    return edit(MANIFEST, **{f"{place}{name}": value for name, value in arguments.items()})


CLASSES = [
    Case("function as class", OWN, edit(MANIFEST, **{"class": "os.system"}), NO_CLASS),
    Case("builtin as class", OWN, edit(MANIFEST, **{"class": "builtins.eval"}), NO_CLASS),
    Case("keras class", OWN, edit(MANIFEST, **{"class": "keras.layers.Lambda"}), NO_CLASS),
    Case("list as class", OWN, edit(MANIFEST, **{"class": ["eval"]}), "'class' of type str"),
    Case(
        "lambda as backbone", OWN, edit(MANIFEST, arguments__backbone=LAMBDA), "describe the back"
    ),
    Case(
        "class of another kind",
        OWN,
        edit(MANIFEST, arguments__backbone={"class": "BertTokenizer", "arguments": {}}),
        "names BertTokenizer as its backbone",
    ),
    Case(
        "unhashable class", OWN,
        edit(MANIFEST, arguments__backbone={"class": {}, "arguments": {}}), NO_CLASS,
    ),
    Case("function as activation", OWN, edit(MANIFEST, arguments__activation=EXEC), "plain value"),
    Case("object as dtype", OWN, _backbone(dtype=EXEC), "dtype of BertBackbone must be"),
    Case("object as number", OWN, _backbone(dropout=LAMBDA), "dropout of BertBackbone must be"),
    Case("module beside the class", OWN, edit(MANIFEST, module="os"), "unknown keys: module"),
    Case("unknown argument", OWN, _backbone(initializer="x"), "unknown arguments: initializer"),
    Case(
        "lambda in a layer (CVE-2024-3660)",
        KERASHUB,
        _keras("keras.layers", "Lambda", LAMBDA["config"]),
        NO_KERASHUB,
    ),
    Case(
        "any module's function (CVE-2025-1550)",
        KERASHUB,
        _keras("os", "system", {"command": "touch pwned"}),
        NO_KERASHUB,
    ),
    Case(
        "keras.utils.get_file (CVE-2025-8747, CVE-2024-55459, CVE-2025-12060, CVE-2025-12638)",
        KERASHUB,
        edit(TASK, config__backbone={
            "module": "keras.utils",
            "class_name": "get_file",
            "config": {"origin": "http://127.0.0.1:9/x.tar", "extract": True},
        }),
        NO_KERASHUB,
    ),
    Case(
        "safe mode switched off (CVE-2025-9906)",
        KERASHUB,
        _keras("keras.config", "enable_unsafe_deserialization"),
        NO_KERASHUB,
    ),
    Case(
        "legacy file without safe mode (CVE-2025-9905)",
        KERASHUB,
        _keras(None, "Sequential", {"layers": [LAMBDA]}),
        NO_KERASHUB,
    ),
    Case(
        "pickled torch module (CVE-2025-49655)",
        KERASHUB,
        _keras("keras.layers", "TorchModuleWrapper", {"module": "gASVEQAAAAAAAACMBXBvc2l4"}),
        NO_KERASHUB,
    ),
    Case(
        "SavedModel (CVE-2026-1462)",
        KERASHUB,
        _keras("keras.layers", "TFSMLayer", {"filepath": "/tmp/model"}),
        NO_KERASHUB,
    ),
    Case(
        "vocabulary of a layer is a file (CVE-2025-12058)",
        KERASHUB,
        edit(TASK, config__preprocessor={
            "module": "keras.layers",
            "class_name": "StringLookup",
            "config": {"vocabulary": "/etc/passwd"},
        }),
        NO_KERASHUB,
    ),
    Case(
        "known class of another module", KERASHUB, edit(CONFIG, module="os"), "its module is 'os'"
    ),
    Case(
        "known class of another package",
        KERASHUB,
        edit(CONFIG, registered_name="evil>BertBackbone"),
        "its registered_name is 'evil>BertBackbone'",
    ),
    Case("function as activation, KerasHub's", KERASHUB, edit(TASK, config__activation=EXEC), "pl"),
    Case(
        "lambda as activation", KERASHUB,
        edit(TASK, config__activation={"class_name": "__lambda__", "config": {"value": "4wEA"}}),
        "activation of BertClassifier must be a plain value",
    ),
    Case("object as dtype, KerasHub's", KERASHUB, edit(CONFIG, config__dtype=LAMBDA), "the dtype"),
    Case("compiled loss", KERASHUB, edit(CONFIG, compile_config={"loss": EXEC}), "unknown keys: c"),
    Case("built from a config", KERASHUB, edit(CONFIG, build_config={"x": 1}), "unknown keys: bui"),
    Case("code as activation", HUGGING_FACE, edit(CONFIG, hidden_act="lambda x: x"), "hidden_act="),
    Case("list as architecture", HUGGING_FACE, edit(CONFIG, model_type=["bert"]), "model_type="),
]  # fmt: skip

PATHS = [
    Case(
        "file above", OWN,
        edit(MANIFEST, files=lambda outside: {f"../{outside.name}": {"sha256": "", "size": 1}}),
        "only names in its folder",
    ),
    Case(
        "file by its absolute path", OWN,
        edit(MANIFEST, files=lambda outside: {str(outside): {"sha256": "", "size": 1}}),
        "only names in its folder",
    ),
    Case(
        "file by a Windows path", OWN,
        edit(MANIFEST, files={"..\\x": {"sha256": "", "size": 1}}), "only names in its folder",
    ),
    Case("vocabulary by its path", OWN, _tokenizer(vocabulary=str), "vocabulary, which is a file"),
    Case(
        "shard above", HUGGING_FACE,
        both(
            lambda folder, _: (folder / "model.safetensors").unlink(),
            write("model.safetensors.index.json",
                  lambda o: json.dumps({"weight_map": {"a": f"../{o.name}"}})),
        ),
        "only names in its folder",
    ),
    Case(
        "pickled shard above", HUGGING_FACE,
        both(
            lambda folder, _: (folder / "model.safetensors").unlink(),
            write("pytorch_model.bin.index.json",
                  lambda o: json.dumps({"weight_map": {"a": str(o)}})),
        ),
        "only names in its folder",
        ("allow_pickle",),
    ),
    Case(
        "KerasHub shard above", KERASHUB,
        both(
            lambda folder, _: (folder / "model.weights.h5").unlink(),
            write("model.weights.json",
                  lambda o: json.dumps({"weight_map": {"/layers/x/vars": [f"../{o.name}"]}})),
        ),
        "only names in its folder",
    ),
    Case(
        "asset above", KERASNLP,
        edit(CONFIG, assets=lambda outside: [f"assets/tokenizer/../../../{outside.name}"]),
        "only names in its folder",
    ),
    Case("weights above", KERASNLP, edit(CONFIG, weights=lambda o: f"../{o.name}"), "only names i"),
    Case("weights of another name", KERASNLP, edit(CONFIG, weights="x.h5"), "names the weights 'x"),
    Case(
        "vocabulary by its path, KerasHub's (CVE-2025-12058)",
        KERASHUB,
        edit(TOKENIZER, config__vocabulary=str),
        "contradict|different|not know: vocabulary",
    ),
    Case(
        "vocabulary by its address (CVE-2025-12058)",
        KERASHUB,
        both(*(
            replace_text(name, '"vocabulary": null', '"vocabulary": "http://127.0.0.1:9/x"')
            for name in (TOKENIZER, TASK, "preprocessor.json")
        )),
        "not know: vocabulary",
    ),
    Case(
        "path as layer name (CVE-2026-12479)",
        KERASHUB,
        edit(CONFIG, config__name="../../../pwned"),
        "name must be a plain string",
    ),
]  # fmt: skip

SIZES = [
    Case("too many layers", HUGGING_FACE, edit(CONFIG, num_hidden_layers=10**9), "num_layers=1000"),
    Case("oversized table", HUGGING_FACE, edit(CONFIG, vocab_size=10**9), "vocabulary_size=1000"),
    Case("size past 64 bits", HUGGING_FACE, edit(CONFIG, hidden_size=2**70), "must be in"),
    Case("oversized positions", HUGGING_FACE, edit(CONFIG, max_position_embeddings=10**9), "fit"),
    Case("wide layers", HUGGING_FACE, edit(CONFIG, intermediate_size=10**8), "intermediate_dim=1"),
    Case("negative size", HUGGING_FACE, edit(CONFIG, vocab_size=-1), "must be in"),
    Case("no heads", HUGGING_FACE, edit(CONFIG, num_attention_heads=0), "num_heads=0"),
    Case(
        "too many labels", HUGGING_FACE,
        edit(CONFIG, num_labels=10**9, id2label=None), "num_classes=1000",
    ),
    Case("fraction as size", HUGGING_FACE, edit(CONFIG, hidden_size=8.0), "of type int"),
    Case("truth as size", HUGGING_FACE, edit(CONFIG, hidden_size=True), "of type int"),
    Case("too many layers, nlpkit's", OWN, _backbone(num_layers=10**8), "num_layers=1000"),
    Case("text as size", OWN, _backbone(hidden_dim="8"), "hidden_dim of BertBackbone must be int"),
    Case("list as size", OWN, _backbone(hidden_dim=[8] * 9), "hidden_dim of BertBackbone must be"),
    Case("too many classes", OWN, edit(MANIFEST, arguments__num_classes=10**9), "num_classes=1000"),
    Case(
        "long rows", OWN,
        edit(MANIFEST, arguments__preprocessor__arguments__sequence_length=10**15),
        "sequence_length=1000",
    ),
    Case(
        "long rows, KerasHub's", KERASHUB,
        both(*(
            replace_text(name, '"sequence_length": 12', '"sequence_length": 1000000000000000')
            for name in (TASK, "preprocessor.json")
        )),
        "sequence_length=1000",
    ),
    Case(
        "too many layers, KerasHub's", KERASHUB,
        both(*(
            replace_text(name, '"num_layers": 2', '"num_layers": 1000000000')
            for name in (TASK, CONFIG)
        )),
        "num_layers=1000",
    ),
]  # fmt: skip

JSON = [
    Case("not a number as size", HUGGING_FACE, edit(CONFIG, hidden_size=float("nan")), "NaN is no"),
    Case("infinite size", HUGGING_FACE, edit(CONFIG, hidden_size=float("inf")), "Infinity is no"),
    Case(
        "number that overflows", HUGGING_FACE,
        replace_text(CONFIG, '"layer_norm_eps": 1e-12', '"layer_norm_eps": 1e999'), "too large",
    ),
    Case("thousand digits", HUGGING_FACE, edit(CONFIG, hidden_size=10**1000), "too large"),
    Case("key twice", HUGGING_FACE, replace_text(CONFIG, "{", '{"hidden_size": 8,'), "occurs twic"),
    Case("key twice, nlpkit's", OWN, replace_text(MANIFEST, "{", '{"class": "X",'), "occurs twice"),
    Case("deep", OWN, write(MANIFEST, "[" * 10**6), "recursion"),
    Case("deep but closed", HUGGING_FACE, edit(CONFIG, x=json.loads("[" * 99 + "]" * 99)), "64 de"),
    Case("deep objects", KERASHUB, write(CONFIG, '{"a":' * 10**5 + "1" + "}" * 10**5), "recursion"),
    Case("large", HUGGING_FACE, write(CONFIG, "{" + " " * (5 << 20) + "}"), "more than 4 MiB"),
    Case(
        "many values", HUGGING_FACE,
        write(TOKENIZER, "[" + "0," * 5_000_000 + "0]"), "too many values",
    ),
    Case("many objects", HUGGING_FACE, write(TOKENIZER, "[" + "{}," * 1_000_001), "too many value"),
    Case("no UTF-8", OWN, write(MANIFEST, b'{"class": "\xff"}'), "'utf-8' codec"),
    Case("no object", OWN, write(MANIFEST, "[]"), "must contain a JSON object"),
]  # fmt: skip

CASES = CLASSES + PATHS + SIZES + JSON
