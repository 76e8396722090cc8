"""What a preset says beside its model goes into the folder that a fine-tuned one is saved in."""

import json

import numpy as np
import pytest

import nlpkit
from conformance.cases.tasks import LABELS, TEXTS
from conformance.cases.tasks import TASKS as ENCODER_TASKS
from conformance.families.llama import CASES as LLAMAS

pytestmark = pytest.mark.by_turns(0)

NAMES = ["bad", "fair", "good"]
TEMPLATE = "{% for message in messages %}\n{{ message.content }}{% endfor %}"
GENERATION = {"eos_token_id": [5, 3, 999], "temperature": 0.7, "do_sample": True}


def as_hugging_face(thing, folder, **keys):
    """Save what a Hugging Face folder has of an object, with further keys in config.json."""
    thing.save_to_preset(folder)
    (folder / "nlpkit.json").unlink()
    change(folder / "config.json", **keys)
    return folder


def change(path, **keys):
    path.write_text(json.dumps((stated(path) if path.exists() else {}) | keys))


def stated(path):
    return json.loads(path.read_text())


@pytest.fixture
def classifier():
    # The second layout is read of what was saved from the first.
    return ENCODER_TASKS[0].build(activation=None, labels=None)


@pytest.fixture
def chat_folder(tmp_path):
    folder = as_hugging_face(LLAMAS[0].build(), tmp_path / "chat", unsloth_version="2024.11")
    change(folder / "generation_config.json", **GENERATION)
    change(folder / "tokenizer_config.json", model_max_length=64, chat_template=TEMPLATE)
    (folder / "chat_template.jinja").write_text(TEMPLATE + "\n")
    return folder


def test_class_names_and_notes_survive_fine_tuning_and_both_layouts(classifier, tmp_path):
    notes = {
        "sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity"},
        "problem_type": "single_label_classification",
        "directionality": "bidi",
    }
    names = {"id2label": dict(enumerate(NAMES)), "label2id": {n: i for i, n in enumerate(NAMES)}}
    folder = as_hugging_face(classifier, tmp_path / "0", **notes, **names, auto_map={"A": "a.B"})
    for generation in range(1, 3):
        loaded = nlpkit.models.TextClassifier.from_preset(folder)
        assert loaded.labels == NAMES
        loaded.fit(TEXTS, LABELS, batch_size=6, verbose=0)
        folder = tmp_path / str(generation)
        loaded.save_to_preset(folder)
        config = stated(folder / "config.json")
        assert {name: config[name] for name in notes} == notes
        assert config["id2label"] == {"0": "bad", "1": "fair", "2": "good"}
        assert config["label2id"] == names["label2id"]
        assert "auto_map" not in config


def test_a_fresh_head_has_nothing_of_the_one_before(classifier, tmp_path):
    keys = {"problem_type": "regression", "id2label": dict(enumerate(NAMES)), "pooler_type": "x"}
    folder = as_hugging_face(classifier, tmp_path / "0", **keys)
    fresh = nlpkit.models.TextClassifier.from_preset(folder, load_head=False, num_classes=2)
    fresh.save_to_preset(tmp_path / "1")
    config = stated(tmp_path / "1" / "config.json")
    assert config["id2label"] == {"0": "LABEL_0", "1": "LABEL_1"}
    assert "problem_type" not in config
    assert config["pooler_type"] == "x"
    with pytest.raises(ValueError, match="labels must name each of the num_classes=2 classes"):
        nlpkit.models.TextClassifier.from_preset(folder, num_classes=2)


def test_class_names_that_transformers_makes_up_are_none(classifier, tmp_path):
    folder = as_hugging_face(classifier, tmp_path / "0")
    assert nlpkit.models.TextClassifier.from_preset(folder).labels is None
    change(folder / "config.json", id2label={"1": "a", "2": "b", "3": "c"})
    with pytest.warns(UserWarning, match="names are ignored"):
        assert nlpkit.models.TextClassifier.from_preset(folder).labels is None


def test_generation_settings_and_chat_template_survive_both_layouts(chat_folder, tmp_path):
    folder = chat_folder
    for generation in range(1, 3):
        loaded = nlpkit.models.CausalLM.from_preset(folder)
        assert loaded.stop_token_ids == [5, 3, 999]
        loaded.fit(TEXTS, batch_size=6, verbose=0)
        folder = tmp_path / str(generation)
        loaded.save_to_preset(folder)
        assert stated(folder / "generation_config.json") == GENERATION
        assert stated(folder / "config.json")["unsloth_version"] == "2024.11"
        assert stated(folder / "config.json")["eos_token_id"] == [5, 3, 999]
        assert stated(folder / "tokenizer_config.json")["model_max_length"] == 64
        assert stated(folder / "tokenizer_config.json")["chat_template"] == TEMPLATE
        assert (folder / "chat_template.jinja").read_text() == TEMPLATE + "\n"


def test_a_tokenizer_alone_carries_its_chat_template(chat_folder, tmp_path):
    nlpkit.tokenizers.Tokenizer.from_preset(chat_folder).save_to_preset(tmp_path / "alone")
    nlpkit.tokenizers.Tokenizer.from_preset(tmp_path / "alone").save_to_preset(tmp_path / "again")
    assert (tmp_path / "again" / "chat_template.jinja").read_text() == TEMPLATE + "\n"


def test_generation_stops_at_each_token_that_the_preset_names(chat_folder):
    model = nlpkit.models.CausalLM.from_preset(chat_folder)
    model.compile(sampler="greedy")
    free = model.generate([[1, 4, 2]], max_length=24, stop_token_ids=None)[0]
    change(chat_folder / "generation_config.json", eos_token_id=[999, free[6]])
    stopped = nlpkit.models.CausalLM.from_preset(chat_folder)
    stopped.compile(sampler="greedy")
    first = next(i for i, token in enumerate(free) if i > 2 and token == free[6])
    assert stopped.generate([[1, 4, 2]], max_length=24)[0] == free[:first]
    np.testing.assert_array_equal(
        stopped.generate([[1, 4, 2]], max_length=24, stop_token_ids=None)[0], free
    )


def test_what_config_json_says_of_the_end_counts_if_nothing_else_does(chat_folder):
    (chat_folder / "generation_config.json").unlink()
    assert nlpkit.models.CausalLM.from_preset(chat_folder).stop_token_ids is None
    change(chat_folder / "config.json", eos_token_id=7)
    assert nlpkit.models.CausalLM.from_preset(chat_folder).stop_token_ids == [7]
    change(chat_folder / "config.json", eos_token_id="</s>")
    with pytest.raises(ValueError, match="eos_token_id must be an int or a list of ints"):
        nlpkit.models.CausalLM.from_preset(chat_folder)
