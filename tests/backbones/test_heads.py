"""Where families say that the heads of their tasks are."""

import pytest

import nlpkit
from nlpkit.models import GemmaBackbone

PUBLIC = [getattr(nlpkit.models, name) for name in dir(nlpkit.models)]
FAMILIES = [x for x in PUBLIC if getattr(x, "heads", {})]


@pytest.mark.by_turns
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_heads_are_of_classes_that_transformers_has(family):
    import transformers

    named = {head.architecture for head in family.heads.values()} - {""}
    assert {name for name in named if not hasattr(transformers, name)} == set()


@pytest.mark.by_turns
def test_a_generation_without_classifiers_names_none():
    sizes = {"vocabulary_size": 11, "num_layers": 1, "hidden_dim": 16, "intermediate_dim": 8}
    heads = {"num_query_heads": 2, "num_key_value_heads": 1, "head_dim": 8}
    vault = GemmaBackbone(**sizes, **heads, final_logit_soft_cap=30.0)
    assert vault.hf_class_name("GemmaForCausalLM") == "VaultGemmaForCausalLM"
    assert vault.hf_class_name("GemmaForSequenceClassification") == ""
