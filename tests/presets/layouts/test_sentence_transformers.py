"""The files of sentence-transformers' folders: of its versions 2 to 5, of 6, and refused ones."""

import json

import pytest

from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.layouts.sentence_transformers import read_embedder, read_length, write_embedder

pytestmark = pytest.mark.by_turns

# As versions 2 to 5 write them.
OLD = {
    "modules.json": [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(
            {
                "": "Transformer",
                "1_Pooling": "Pooling",
                "2_Dense": "Dense",
                "3_Normalize": "Normalize",
            }.items()
        )
    ],
    "1_Pooling/config.json": {
        "word_embedding_dimension": 8,
        "pooling_mode_cls_token": True,
        "pooling_mode_mean_tokens": False,
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
    },
    "2_Dense/config.json": {
        "in_features": 8,
        "out_features": 4,
        "bias": True,
        "activation_function": "torch.nn.modules.activation.Tanh",
    },
    "sentence_bert_config.json": {"max_seq_length": 256, "do_lower_case": False},
    "config_sentence_transformers.json": {
        "__version__": {"sentence_transformers": "2.0.0", "pytorch": "1.8.1"},
        "prompts": {"query": "query: ", "document": ""},
        "default_prompt_name": None,
        "similarity_fn_name": "dot",
    },
}
# The same as version 6 writes it.
NEW = {
    "modules.json": [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.{kind}"}
        for i, (path, kind) in enumerate(
            {
                "": "base.modules.transformer.Transformer",
                "1_Pooling": "sentence_transformer.modules.pooling.Pooling",
                "2_Dense": "base.modules.dense.Dense",
                "3_Normalize": "base.modules.normalize.Normalize",
            }.items()
        )
    ],
    "1_Pooling/config.json": {
        "embedding_dimension": 8,
        "pooling_mode": "cls",
        "include_prompt": True,
    },
    "2_Dense/config.json": {
        **OLD["2_Dense/config.json"],
        "module_input_name": "sentence_embedding",
        "module_output_name": "sentence_embedding",
    },
    "3_Normalize/config.json": {
        "module_input_name": "sentence_embedding",
        "module_output_name": "sentence_embedding",
    },
    "sentence_bert_config.json": {
        "transformer_task": "feature-extraction",
        "modality_config": {
            "text": {"method": "forward", "method_output_name": "last_hidden_state"}
        },
        "module_output_name": "token_embeddings",
    },
    "tokenizer_config.json": {"model_max_length": 256},
    "config_sentence_transformers.json": {
        **OLD["config_sentence_transformers.json"],
        "model_type": "SentenceTransformer",
    },
}
ARGUMENTS = {
    "pooling": "first",
    "projections": [{"units": 4, "activation": "tanh", "use_bias": True}],
    "normalize": True,
    "prompts": {"query": "query: "},
    "default_prompt_name": None,
    "similarity_function": "dot",
    "truncate_dim": None,
}


@pytest.fixture
def folder(tmp_path):
    """A function that writes files, given by their contents, and returns the folder."""

    def write(files):
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(json.dumps(content))
        return FolderFiles(tmp_path)

    return write


@pytest.mark.parametrize("files", [OLD, NEW], ids=["old", "new"])
def test_both_layouts_say_the_same(folder, files):
    written = folder(files)
    assert read_embedder(written) == (ARGUMENTS, {"2_Dense/model.safetensors": "2_Dense/"})
    assert read_length(written) == 256


def test_written_files_are_read_again(tmp_path):
    names = write_embedder({**ARGUMENTS, "sequence_length": 128}, [8, 4], tmp_path)
    assert {*names} == {*OLD, "3_Normalize/config.json"}
    assert read_embedder(FolderFiles(tmp_path))[0] == ARGUMENTS
    assert read_length(FolderFiles(tmp_path)) == 128
    assert json.loads((tmp_path / "modules.json").read_text()) == OLD["modules.json"]


def test_no_limit_of_length(folder):
    assert read_length(folder({"tokenizer_config.json": {"model_max_length": 10**30}})) is None


def module(index, **changes):
    modules = [dict(one) for one in OLD["modules.json"]]
    modules[index] |= changes
    return {"modules.json": modules}


def config(name, **changes):
    return {name: {**OLD[name], **changes}}


REFUSED = {
    "unknown type": (module(1, type="sentence_transformers.models.CNN"), "CNN.*does not know"),
    "code": (module(1, type="os.system"), "os.system.*does not know"),
    "code of the folder": (module(1, type="custom.Pooling"), "does not know"),
    "path that leads out": (module(1, path="../1_Pooling"), r"'\.\./1_Pooling'; its folder must"),
    "absolute path": (module(1, path="/etc"), "'/etc'; its folder must"),
    "path that is no text": (module(1, path=1), "its folder must"),
    "transformer elsewhere": (module(0, path="0_Transformer"), "it must be in ''"),
    "order": ({"modules.json": [OLD["modules.json"][i] for i in (0, 1, 3, 2)]}, "supported are"),
    "no pooling": ({"modules.json": OLD["modules.json"][:1]}, "supported are"),
    "no list": ({"modules.json": {}}, "must be a list"),
    "endless list": ({"modules.json": OLD["modules.json"] * 9}, "must be a list"),
    "no path": ({"modules.json": [{"type": "x"}]}, "must state path and type"),
    "two ways": (config("1_Pooling/config.json", pooling_mode_max_tokens=True), "by first and max"),
    "unknown way": (config("1_Pooling/config.json", pooling_mode="weightedmean"), "weightedmean"),
    "without prompt": (config("1_Pooling/config.json", include_prompt=False), "include_prompt"),
    "unknown key": (config("1_Pooling/config.json", temperature_scale=2), "temperature_scale"),
    "activation": (
        config("2_Dense/config.json", activation_function="os.system"),
        "activation_function='os.system' is not supported",
    ),
    "residual": (config("2_Dense/config.json", use_residual=True), "use_residual"),
    "other input": (config("2_Dense/config.json", module_input_name="tokens"), "module_input_name"),
    "endless layer": (config("2_Dense/config.json", out_features="many"), "must be of type int"),
    "lower case": (config("sentence_bert_config.json", do_lower_case=True), "do_lower_case=true"),
    "other task": (config("sentence_bert_config.json", transformer_task="fill-mask"), "fill-mask"),
    "other model": (
        config("config_sentence_transformers.json", model_type="SparseEncoder"), "SparseEncoder",
    ),
    "similarity": (
        config("config_sentence_transformers.json", similarity_fn_name="maxsim"), "maxsim",
    ),
    "prompt": (
        config("config_sentence_transformers.json", prompts={"a": 1}), "the prompt 'a' must be",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(folder, case):
    changes, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        read_embedder(folder({**OLD, **changes}))
