"""The presets that have a name."""

import pytest

import nlpkit
from nlpkit import models
from nlpkit.models import Backbone, BertBackbone, BertClassifier, BertPreprocessor, BertTokenizer
from nlpkit.presets import records, registry
from nlpkit.presets.sources.handle import is_remote, parse_handle

FAMILIES = {
    family
    for cls in registry.known_classes().values()
    if cls.__module__.startswith("nlpkit.models")
    for family in getattr(cls, "hf_model_types", ())
}
RECORDS = nlpkit.presets.list()


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(records, "_REGISTERED", {})


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_family_has_presets(family):
    assert [record for record in RECORDS if record.family == family]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_record_is_filled_in(record):
    assert record.family in FAMILIES
    assert record.parameters > 0
    assert record.description
    assert record.languages
    for source in record.sources:
        assert source == records.BUNDLED or str(parse_handle(source)) == source
    tasks = {cls.__name__ for cls in registry.known_classes().values()}
    assert {*record.tasks} <= tasks


def test_original_repository_comes_first_and_pinned_where_known():
    record = nlpkit.presets.show("bert_base_en_uncased")
    assert record.sources[0] == (
        "hf://google-bert/bert-base-uncased@86b5e0934494bd15c9632b12f734a8a67f723594"
    )
    assert nlpkit.presets.show("bert_tiny_en_uncased_sst2").sources == (
        "hf://keras/bert_tiny_en_uncased_sst2",
        "kaggle://keras/bert/keras/bert_tiny_en_uncased_sst2/5",
    )


def test_bundled_presets_have_records_with_their_number_of_parameters():
    bundled = {record.name for record in RECORDS if record.sources == (records.BUNDLED,)}
    assert bundled == {*registry.bundled_presets()}
    for name in bundled:
        backbone = Backbone.from_preset(name, load_weights=False)
        assert nlpkit.presets.show(name).parameters == backbone.count_params()


@pytest.mark.parametrize("cls", [BertBackbone, BertTokenizer, BertPreprocessor, BertClassifier])
def test_classes_know_the_presets_of_their_family(cls):
    assert cls.presets["bert_base_en"] == nlpkit.presets.show("bert_base_en")
    assert {record.family for record in cls.presets.values()} == {"bert"}


def test_base_class_knows_them_all():
    assert {*Backbone.presets} == {record.name for record in RECORDS}


def test_a_generic_class_has_the_presets_of_its_families():
    bert, gpt2 = {*models.BertTokenizer.presets}, {*models.GPT2Tokenizer.presets}
    for cls in (models.MaskedLM, models.TextClassifier, models.TextClassifierPreprocessor):
        assert bert <= {*cls.presets}
    for cls in (models.CausalLM, models.CausalLMPreprocessor):
        assert gpt2 <= {*cls.presets}
        assert not bert & {*cls.presets}
    for cls in (models.Task, models.Preprocessor, models.Tokenizer):
        assert bert | gpt2 <= {*cls.presets}
    assert not gpt2 & {*models.MaskedLMPreprocessor.presets}


def test_list_is_chosen_by_family_and_task():
    assert {record.family for record in nlpkit.presets.list(family="bert")} == {"bert"}
    by_name = nlpkit.presets.list(task="TextClassifier")
    assert [r.name for r in by_name] == ["bert_nano_en_uncased_sst2", "bert_tiny_en_uncased_sst2"]
    assert nlpkit.presets.list(task=BertClassifier) == by_name


def test_unknown_family_or_task_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"No preset has family='brt'; there are albert, bart"):
        nlpkit.presets.list(family="brt")
    with pytest.raises(ValueError, match=r"No preset has task='Tagger'; there are CausalLM, M"):
        nlpkit.presets.list(task="Tagger")


def test_list_is_a_table_in_a_terminal_and_in_a_notebook(registered):
    nlpkit.presets.register(
        "mine", "hf://org/a", family="bert", description="<b>", parameters=2_500_000
    )
    table = nlpkit.presets.list(family="bert")
    lines = repr(table).splitlines()
    assert lines[0].split()[:3] == ["name", "family", "parameters"]
    assert lines[-1].split()[:4] == ["mine", "bert", "2.5", "M"]
    assert "<td>mine</td>" in table._repr_html_()
    assert "&lt;b&gt;" in table._repr_html_()


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(
        ValueError, match="Did you mean bert_base_en_uncased or albert_base_en_uncased or"
    ):
        nlpkit.presets.show("bert_base_en_uncasd")
    with pytest.raises(ValueError, match="'bert_bse_en' is neither.*Did you mean bert_base_en or"):
        BertBackbone.from_preset("bert_bse_en")
    with pytest.raises(ValueError, match="For the Hub, say hf://google-bert/bert-base-cased"):
        BertBackbone.from_preset("google-bert/bert-base-cased")


def test_own_preset_is_registered_and_loaded(registered, tokenizer, tmp_path):
    tokenizer.save_to_preset(tmp_path / "saved")
    nlpkit.presets.register("mine", tmp_path / "missing", tmp_path / "saved", family="tiny")
    assert type(tokenizer).from_preset("mine").vocabulary == tokenizer.vocabulary
    assert type(tokenizer).presets["mine"].sources[1] == str(tmp_path / "saved")


def test_registering_refuses_what_would_confuse(registered):
    with pytest.raises(ValueError, match="There is a preset 'bert_base_en' already"):
        nlpkit.presets.register("bert_base_en", "hf://org/a", family="bert")
    with pytest.raises(ValueError, match="name must be of letters"):
        nlpkit.presets.register("../x", "hf://org/a", family="bert")
    with pytest.raises(ValueError, match="'mine' needs a source"):
        nlpkit.presets.register("mine", family="bert")


def test_remote_sources_are_told_from_folders():
    assert is_remote("hf://a/b")
    assert not is_remote("/a/b")
