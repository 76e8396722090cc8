"""Hostile presets: each is refused with a clear error, at once, and nothing else happens."""

import shutil
from collections import Counter

import pytest
from presets.hostile import (
    hostile_arguments,
    hostile_descriptions,
    hostile_files,
    hostile_modules,
    hostile_numbers,
    hostile_weights,
)
from presets.hostile.hostile_case import (
    EMBEDDER,
    GPT2,
    HUGGING_FACE,
    KERASHUB,
    KERASHUB_GPT2,
    KERASNLP,
    LLAMA,
    OWN,
    OWN_EMBEDDER,
    edit,
)
from presets.hostile.watching import foreign, watching
from presets.layouts.kerashub_folder import SIZES, WORDS, write_classifier, write_json
from presets.small_presets import write_embedder, write_gpt2, write_kerashub_gpt2, write_llama

from nlpkit.models import (
    BertBackbone,
    BertClassifier,
    BertPreprocessor,
    BertTokenizer,
    GPT2CausalLM,
    GPT2Tokenizer,
    LlamaCausalLM,
    TextEmbedder,
)

CASES = (
    hostile_descriptions.CASES
    + hostile_files.CASES
    + hostile_modules.CASES
    + hostile_weights.CASES
    + hostile_arguments.CASES
    + hostile_numbers.CASES
)
WRITERS = {GPT2: write_gpt2, LLAMA: write_llama, KERASHUB_GPT2: write_kerashub_gpt2}
WRITERS |= {EMBEDDER: write_embedder, OWN_EMBEDDER: write_embedder}
CLASSES = {GPT2: GPT2CausalLM, LLAMA: LlamaCausalLM, KERASHUB_GPT2: GPT2Tokenizer}
CLASSES |= {EMBEDDER: TextEmbedder, OWN_EMBEDDER: TextEmbedder}
SECONDS, MEBIBYTES = 1.0, 200


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The folder with the good presets, each loaded once, which also imports what a load needs."""
    folder = tmp_path_factory.mktemp("good")
    tokenizer = BertTokenizer(list(WORDS), lowercase=True)
    preprocessor = BertPreprocessor(tokenizer, sequence_length=12)
    task = BertClassifier(BertBackbone(**SIZES), 3, preprocessor)
    task.save_to_preset(folder / OWN)
    shutil.copytree(folder / OWN, folder / HUGGING_FACE)
    (folder / HUGGING_FACE / "nlpkit.json").unlink()
    write_classifier(folder / KERASHUB)
    write_classifier(folder / KERASNLP, "keras_nlp 0.8")
    for base in (OWN, HUGGING_FACE, KERASHUB, KERASNLP):
        assert BertClassifier.from_preset(folder / base).num_classes == 3
    for base, write in WRITERS.items():
        write(folder / base)
        if base != OWN_EMBEDDER:
            (folder / base / "nlpkit.json").unlink(missing_ok=True)
        CLASSES[base].from_preset(folder / base)
    return folder


@pytest.fixture
def outside(tmp_path):
    """A file that no preset has business with."""
    path = tmp_path / "outside" / "secret.txt"
    path.parent.mkdir()
    path.write_text("password\n" * 100)
    return path


@pytest.mark.by_turns
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.base}: {case.name}")
def test_hostile_preset_is_refused(case, good, outside, tmp_path):
    is_named = isinstance(case.options, dict)
    options = case.options if is_named else dict.fromkeys(case.options, True)
    if "allow_pickle" in options:
        pytest.importorskip("torch")
    # Where the Hugging Face cache would have it, so that links may try to look like that cache's.
    folder = tmp_path / "repository" / "snapshots" / "revision"
    shutil.copytree(good / case.base, folder)
    case.spoil(folder, outside)
    with watching(outside) as seen, pytest.raises(ValueError, match=case.match) as raised:
        CLASSES.get(case.base, BertClassifier).from_preset(folder, **options)
    assert len(str(raised.value)) < 2000
    assert not seen.opened, "the file outside was opened"
    assert not foreign(seen.events, folder)
    assert not (outside.parent / "pwned").exists()
    assert seen.seconds < SECONDS
    assert seen.mebibytes < MEBIBYTES


def test_table_is_long_enough_and_names_differ():
    assert len(CASES) >= 240
    assert not [name for name, n in Counter((c.base, c.name) for c in CASES).items() if n > 1]


def test_watching_sees_what_is_opened(outside):
    with watching(outside) as seen:
        outside.read_text()
    assert seen.opened
    assert foreign(seen.events, outside.parent / "other")


def test_links_within_the_hugging_face_cache_are_followed(good, tmp_path):
    folder = tmp_path / "repository" / "snapshots" / "revision"
    blobs = tmp_path / "repository" / "blobs"
    shutil.copytree(good / HUGGING_FACE, folder)
    blobs.mkdir()
    for i, path in enumerate(sorted(folder.iterdir())):
        path.rename(blobs / f"{i:064}")
        path.symlink_to(f"../../blobs/{i:064}")
    assert BertClassifier.from_preset(folder).num_classes == 3


def test_code_of_a_repository_is_never_run(good, outside, tmp_path):
    """`auto_map` names code for a library that runs it; the family is what `model_type` says."""
    folder = tmp_path / "copy"
    shutil.copytree(good / HUGGING_FACE, folder)
    edit("config.json", auto_map={"AutoModel": "modeling.M", "AutoConfig": "x--y.C"})(folder, None)
    (folder / "modeling.py").write_text(f"open({str(outside.parent / 'pwned')!r}, 'w')")
    with watching(outside) as seen:
        loaded = BertClassifier.from_preset(folder)
    assert not foreign(seen.events, folder)
    assert not (outside.parent / "pwned").exists()
    loaded.save_to_preset(tmp_path / "saved")
    assert "auto_map" not in (tmp_path / "saved" / "config.json").read_text()


def test_templates_are_never_run(good, tmp_path):
    """A chat template is a Jinja program; a tokenizer without chat has no use for one."""
    shutil.copytree(good / HUGGING_FACE, tmp_path / "copy")
    template = "{{ ''.__class__.__mro__[1].__subclasses__() }}{{ 1 / 0 }}"
    edit("tokenizer_config.json", chat_template=template)(tmp_path / "copy", None)
    assert BertTokenizer.from_preset(tmp_path / "copy")("a film") == [5, 7]


def test_pickle_is_read_by_pytorch_if_allowed(good, tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file

    shutil.copytree(good / HUGGING_FACE, tmp_path / "copy")
    tensors = load_file(tmp_path / "copy" / "model.safetensors")
    (tmp_path / "copy" / "model.safetensors").unlink()
    names = sorted(tensors)
    for half, chosen in enumerate((names[::2], names[1::2])):
        part = {name: tensors[name].to(torch.bfloat16) for name in chosen}
        torch.save(part, tmp_path / "copy" / f"pytorch_model-{half}.bin")
    shards = {name: f"pytorch_model-{i % 2}.bin" for i, name in enumerate(names)}
    write_json(tmp_path / "copy" / "pytorch_model.bin.index.json", {"weight_map": shards})
    loaded = BertClassifier.from_preset(tmp_path / "copy", allow_pickle=True)
    kernel = torch.as_tensor(tensors["classifier.weight"]).to(torch.bfloat16).float().numpy().T
    assert abs(loaded.get_layer("logits").get_weights()[0] - kernel).max() == 0
