"""The files by which sentence-transformers describes an embedder, read and written.

`modules.json` lists modules, each with a folder: the transformer in the preset's own, then pooling,
dense layers, and normalization. Names of classes are compared with the ones known here; nothing is
imported by them. Both the layout of its versions 2 to 5 and that of 6 are read. The former, which
all versions open, is written.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlpkit._warning import warn
from nlpkit.presets.folders.file_names import is_module
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.folders.manifest import to_json
from nlpkit.presets.formats.safe_json import SMALL, parse_json
from nlpkit.presets.formats.safetensors_file import WEIGHTS
from nlpkit.presets.layouts.config_reader import ConfigReader

MODULES = "modules.json"
SETTINGS = "config_sentence_transformers.json"
TRANSFORMER = "sentence_bert_config.json"
_TOKENIZER = "tokenizer_config.json"
SIMILARITIES = ("cosine", "dot", "euclidean", "manhattan")
_TYPE = re.compile(
    r"sentence_transformers(\.\w+)*\.(Transformer|Pooling|Dense|Normalize)", re.ASCII
)
_MOST_MODULES = 32
# Lengths above say that there is no limit.
_LONGEST = 1 << 20
# Of a module that is carried from folder to folder, in bytes.
_LARGEST = 256 << 20

_POOLING = {"cls": "first", "lasttoken": "last", "mean": "mean", "max": "max"}
# As versions before 6 say it.
_POOLING_SWITCHES = {
    "pooling_mode_cls_token": "first",
    "pooling_mode_lasttoken": "last",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
}
_ACTIVATIONS = {
    "torch.nn.modules.linear.Identity": "linear",
    "torch.nn.modules.activation.Tanh": "tanh",
    "torch.nn.modules.activation.ReLU": "relu",
    "torch.nn.modules.activation.GELU": "gelu",
    "torch.nn.modules.activation.SiLU": "silu",
    "torch.nn.modules.activation.Sigmoid": "sigmoid",
}
ACTIVATIONS = tuple(_ACTIVATIONS.values())


def read_embedder(folder: FolderFiles) -> tuple[dict[str, Any], dict[str, str]]:
    """Read what a folder says of an embedder.

    Returns:
        The arguments of `TextEmbedder`, and the files of its dense layers, each with what the names
        of its tensors start with in the weight table.

    Raises:
        ValueError: a module is of an unknown type, or in an unknown place, or has a setting that is
            not supported.
    """
    modules = module_places(folder)
    kinds = [kind for kind, _ in modules]
    dense = [place for kind, place in modules if kind == "Dense"]
    normalized = kinds[-1:] == ["Normalize"]
    if kinds != ["Transformer", "Pooling", *["Dense"] * len(dense), *["Normalize"] * normalized]:
        raise ValueError(
            f"{folder.path / MODULES} lists the modules {', '.join(kinds)}; supported are a "
            "Transformer, Pooling, any number of Dense, and at the end Normalize."
        )
    _check_transformer(folder)
    arguments = {
        "pooling": _read_pooling(folder.within(modules[1][1])),
        "projections": [_read_dense(folder.within(place)) for place in dense],
        "normalize": normalized,
        **_read_settings(folder),
    }
    if normalized:
        _check_keys(folder.within(modules[-1][1]))
    files = {f"{place}/{WEIGHTS}": weights_prefix(i) for i, place in enumerate(dense)}
    return arguments, files


def embedder_files(folder: FolderFiles) -> dict[str, bytes]:
    """The files that make an embedder of a folder's backbone; none if it is not that of one.

    Where nlpkit does not know a module, or one is larger than any it knows of, a warning says so.
    """
    if not folder.has(MODULES):
        return {}
    try:
        places = [place for _, place in module_places(folder) if place]
        names = [MODULES, SETTINGS, TRANSFORMER]
        names += [f"{place}/{name}" for place in places for name in ("config.json", WEIGHTS)]
        return {name: folder.read(name, _LARGEST) for name in names if folder.has(name)}
    except ValueError as error:
        warn(f"What is saved of {folder} will not be an embedder: {error}")
        return {}


def read_length(folder: FolderFiles) -> int | None:
    """The most tokens of a text, as a folder states it; None if it does not."""
    for name, key in ((TRANSFORMER, "max_seq_length"), (_TOKENIZER, "model_max_length")):
        stated = folder.json(name).get(key) if folder.has(name) else None
        if isinstance(stated, int) and 0 < stated <= _LONGEST:
            return stated
    return None


def weights_prefix(index: int) -> str:
    """What the names of a dense layer's tensors start with in the weight table."""
    return f"{index + 2}_Dense/"


def module_places(folder: FolderFiles) -> list[tuple[str, str]]:
    """The kind of each module that modules.json lists, and its folder.

    Raises:
        ValueError: a module is of an unknown type, or in an unknown place.
    """
    source = folder.path / MODULES
    listed = parse_json(folder.read(MODULES, SMALL), str(source))
    if not isinstance(listed, list) or not 0 < len(listed) <= _MOST_MODULES:
        raise ValueError(f"{source} must be a list of 1 to {_MOST_MODULES} modules.")
    modules = []
    for number, module in enumerate(listed):
        if not isinstance(module, dict) or not {"path", "type"} <= module.keys():
            raise ValueError(f"{source} must state path and type of a module; got {module!r:.200}.")
        known = _TYPE.fullmatch(str(module["type"]))
        if not known:
            raise ValueError(
                f"{source} has a module of type {module['type']!r:.200}, which nlpkit does not "
                "know; it knows Transformer, Pooling, Dense and Normalize of sentence_transformers."
            )
        place = module["path"]
        if number == 0 and place != "":
            raise ValueError(f"{source} has its transformer in {place!r:.200}; it must be in ''.")
        if number and not (isinstance(place, str) and is_module(place)):
            raise ValueError(
                f"{source} has a module in {place!r:.200}; its folder must be in the preset and be "
                "called as sentence-transformers does, such as '1_Pooling'."
            )
        modules.append((known[2], place))
    return modules


def _check_transformer(folder: FolderFiles) -> None:
    """Check that the first module does nothing but run the backbone."""
    if not folder.has(TRANSFORMER):
        return
    reader = _reader(folder, TRANSFORMER)
    text = {"method": "forward", "method_output_name": "last_hidden_state"}
    reader.require("transformer_task", ["feature-extraction"], "feature-extraction")
    reader.require("module_output_name", ["token_embeddings"], "token_embeddings")
    reader.require("modality_config", [{"text": text}], {"text": text})
    reader.ignore("max_seq_length", "unpad_inputs")
    if reader.get("do_lower_case", False) and not _lowers(folder):
        raise ValueError(
            f"{folder.path / TRANSFORMER} states do_lower_case=true and tokenizer_config.json does "
            "not; nlpkit lowers text in the tokenizer alone."
        )
    reader.finish()


def _lowers(folder: FolderFiles) -> bool:
    return folder.has(_TOKENIZER) and folder.json(_TOKENIZER).get("do_lower_case") is True


def _read_pooling(folder: FolderFiles) -> str:
    reader = _reader(folder)
    reader.ignore("word_embedding_dimension", "embedding_dimension")
    reader.require("include_prompt", [True], True)
    switches = {kind: reader.get(key, False) for key, kind in _POOLING_SWITCHES.items()}
    modes = [kind for kind, is_on in switches.items() if is_on]
    if reader.has("pooling_mode") or not modes:
        modes = [reader.require("pooling_mode", _POOLING, "mean")]
    reader.ignore("pooling_mode")
    reader.finish()
    if len(modes) != 1 or modes[0] not in _POOLING.values():
        raise ValueError(
            f"{folder.path} pools by {' and '.join(modes)}; supported is one of "
            f"{', '.join(_POOLING)}."
        )
    return modes[0]


def _read_dense(folder: FolderFiles) -> dict[str, Any]:
    reader = _reader(folder)
    reader.ignore("in_features")
    _require_embedding(reader)
    reader.require("use_residual", [False], False)
    dense = {
        "units": reader.get("out_features", kind=int),
        "activation": reader.require(
            "activation_function", _ACTIVATIONS, "torch.nn.modules.activation.Tanh"
        ),
        "use_bias": reader.get("bias", True),
    }
    reader.finish()
    return dense


def _check_keys(folder: FolderFiles) -> None:
    if folder.has("config.json"):
        reader = _reader(folder)
        _require_embedding(reader)
        reader.finish()


def _require_embedding(reader: ConfigReader) -> None:
    for key in ("module_input_name", "module_output_name"):
        reader.require(key, ["sentence_embedding"], "sentence_embedding")


def _read_settings(folder: FolderFiles) -> dict[str, Any]:
    if not folder.has(SETTINGS):
        return {}
    reader = _reader(folder, SETTINGS)
    reader.ignore("__version__", "requirements")
    reader.require("model_type", ["SentenceTransformer"], "SentenceTransformer")
    prompts = reader.get("prompts", {})
    wrong = [name for name, prompt in prompts.items() if not isinstance(prompt, str | None)]
    if wrong:
        raise ValueError(f"{folder.path / SETTINGS}: the prompt {wrong[0]!r} must be a str.")
    arguments = {
        "prompts": {name: prompt for name, prompt in prompts.items() if prompt},
        "default_prompt_name": reader.get("default_prompt_name", None, kind=str),
        "similarity_function": reader.require("similarity_fn_name", SIMILARITIES, "cosine"),
        "truncate_dim": reader.get("truncate_dim", None, kind=int),
    }
    reader.finish()
    return arguments


def _reader(folder: FolderFiles, name: str = "config.json") -> ConfigReader:
    return ConfigReader(folder.json(name), str(folder.path / name))


def write_embedder(arguments: Mapping[str, Any], sizes: list[int], path: Path) -> list[str]:
    """Write the description of an embedder; the inverse of `read_embedder`.

    Args:
        arguments: of `TextEmbedder`, and `sequence_length`, None if there is no preprocessor.
        sizes: of the hidden states, and of the output of each dense layer.
        path: the folder.

    Returns:
        The names of the files.
    """
    files: dict[str, dict[str, Any]] = {
        SETTINGS: {
            "prompts": dict(arguments["prompts"] or {}),
            "default_prompt_name": arguments["default_prompt_name"],
            "similarity_fn_name": arguments["similarity_function"],
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": sizes[0],
            **{key: kind == arguments["pooling"] for key, kind in _POOLING_SWITCHES.items()},
            "include_prompt": True,
        },
    }
    if arguments["truncate_dim"] is not None:
        files[SETTINGS]["truncate_dim"] = arguments["truncate_dim"]
    length = arguments["sequence_length"]
    files[TRANSFORMER] = {"do_lower_case": False} | ({"max_seq_length": length} if length else {})
    modules = ["Transformer", "Pooling"]
    names = {name: key for key, name in _ACTIVATIONS.items()}
    for i, dense in enumerate(arguments["projections"]):
        files[f"{weights_prefix(i)}config.json"] = {
            "in_features": sizes[i],
            "out_features": sizes[i + 1],
            "bias": dense.get("use_bias", True),
            "activation_function": names[dense.get("activation", "linear")],
        }
        modules.append("Dense")
    if arguments["normalize"]:
        # The module has no settings; a folder of git's and of archives has a file.
        files[f"{len(modules)}_Normalize/config.json"] = {}
        modules.append("Normalize")
    listed = [
        {
            "idx": i,
            "name": str(i),
            "path": f"{i}_{kind}" if i else "",
            "type": f"sentence_transformers.models.{kind}",
        }
        for i, kind in enumerate(modules)
    ]
    for name, content in {**files, MODULES: listed}.items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text(to_json(content), encoding="utf-8")
    return [*files, MODULES]
