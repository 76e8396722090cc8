"""Hostile modules of embedders: folders that lead out, types that name code, sizes without end."""

import shutil

from presets.hostile.hostile_case import EMBEDDER, OWN_EMBEDDER, Case, edit, link, write

MODULES, DENSE = "modules.json", "2_Dense/config.json"
WEIGHTS = "2_Dense/model.safetensors"
TYPE = "sentence_transformers.models"


def _modules(*paths, kinds=("Transformer", "Pooling", "Dense", "Normalize")):
    listed = zip(paths, kinds, strict=False)
    text = ", ".join(f'{{"path": "{path}", "type": "{TYPE}.{kind}"}}' for path, kind in listed)
    return write(MODULES, f"[{text}]")


def _linked_folder(folder, outside):
    shutil.rmtree(folder / "2_Dense")
    (folder / "2_Dense").symlink_to(outside.parent, target_is_directory=True)


def _listing(name):
    return edit("nlpkit.json", files={name: {"sha256": "", "size": 1}})


CASES = [
    Case("module's folder is a link", EMBEDDER, _linked_folder, "leads outside its folder"),
    Case("module's folder is a link", OWN_EMBEDDER, _linked_folder, "leads outside its folder"),
    Case("module's file is a link", EMBEDDER, link(DENSE), "leads outside its folder"),
    Case("module's weights are a link", EMBEDDER, link(WEIGHTS), "leads outside its folder"),
    Case("module above", EMBEDDER, _modules("", "../outside"), "its folder must be in the preset"),
    Case("module at the root", EMBEDDER, _modules("", "/etc"), "its folder must be in the preset"),
    Case("module in depth", EMBEDDER, _modules("", "1_P/../.."), "its folder must be in the pres"),
    Case("code as module", EMBEDDER, write(MODULES, '[{"path": "", "type": "os.x"}]'), "not know"),
    Case("modules without end", EMBEDDER, _modules(*[""] * 33, kinds=["Dense"] * 33), "1 to 32"),
    Case("modules in depth", EMBEDDER, write(MODULES, "[" * 90_000), "not a readable JSON"),
    Case("large list of modules", EMBEDDER, write(MODULES, b" " * (5 << 20)), "more than 4 MiB"),
    Case("huge dense layer", EMBEDDER, edit(DENSE, out_features=10**9), "shapes differ|do not fit"),
    Case("negative dense layer", EMBEDDER, edit(DENSE, out_features=-1), "positive number"),
    Case("endless dense layer", EMBEDDER, edit(DENSE, out_features=10**30), "units must be"),
    Case("pickle as a module's weights", EMBEDDER, write(WEIGHTS, b"\x80\x04."), "not an intact"),
    Case(
        "code as activation", EMBEDDER, edit(DENSE, activation_function="os.system"), "not support"
    ),
    Case("prompt of another kind", EMBEDDER, edit("config_sentence_transformers.json",
                                                  prompts={"query": ["a"]}), "must be a str"),
    Case("file above", OWN_EMBEDDER, _listing("../secret.txt"), "only names in its folder"),
    Case("file above a module", OWN_EMBEDDER, _listing("2_Dense/../x"), "only names in its folder"),
    Case("file in other folder", OWN_EMBEDDER, _listing("lib/x.py"), "only names in its folder"),
    Case(
        "dense layers without end", OWN_EMBEDDER,
        edit("nlpkit.json", arguments__projections=[{"units": 1}] * 10**4), "at most 30",
    ),
    Case(
        "huge dense layer", OWN_EMBEDDER, edit("nlpkit.json", arguments__projections=[
            {"units": 10**9}]), "shapes differ|do not fit",
    ),
    Case("damaged module", OWN_EMBEDDER, write(DENSE, "{}"), "is damaged or was changed"),
    Case("another pooling", OWN_EMBEDDER, edit("nlpkit.json", arguments__pooling="x"), "pooling"),
]  # fmt: skip
