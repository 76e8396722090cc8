"""Numbers and booleans among constructor arguments are in their ranges, in every class."""

import inspect
import math

import numpy as np
import pytest

import nlpkit.models
from nlpkit._argument_ranges import RANGES
from nlpkit._config import argument_names
from nlpkit._registry import registered_classes
from nlpkit.backbones.backbone import Backbone
from nlpkit.models import BertBackbone, LlamaBackbone
from nlpkit.presets.layouts.argument_types import annotation_of, fits
from nlpkit.tokenizers import WordPieceTokenizer

SIZES = {"num_layers": 1, "hidden_dim": 8, "intermediate_dim": 8, "vocabulary_size": 9}
BERT = {**SIZES, "num_heads": 2}
LLAMA = {**SIZES, "num_query_heads": 2, "num_key_value_heads": 2}
# Any integer may be an offset among norms, and an image has no effect on a text model.
UNRANGED = {"image_size", "parallel_norms"}


def classes():
    for name in dir(nlpkit.models):
        getattr(nlpkit.models, name)
    return [cls for cls in registered_classes().values() if "__init__" in dir(cls)]


def test_every_class_refuses_what_is_out_of_range_and_names_it():
    tried = 0
    for cls in classes():
        for name in argument_names(cls):
            for wrong in (-1, math.nan, math.inf, "1", True) if name in RANGES else ():
                with pytest.raises((TypeError, ValueError), match=f"^{name} must be"):
                    cls(**{name: wrong})
                tried += 1
    assert tried > 500


def test_every_class_refuses_a_string_for_a_boolean():
    tried = 0
    for cls in classes():
        for name in argument_names(cls):
            annotation = annotation_of(cls, name)
            if annotation is bool or annotation == bool | None:
                with pytest.raises(TypeError, match=f"^{name} must be True or False"):
                    cls(**{name: "false"})
                tried += 1
    assert tried > 100


def test_every_number_of_a_backbone_has_a_range():
    for cls in classes():
        if issubclass(cls, Backbone):
            numbers = {
                name
                for name in argument_names(cls)
                if fits(1, annotation_of(cls, name)) and not fits("", annotation_of(cls, name))
            }
            assert numbers <= RANGES.keys() | UNRANGED, cls


@pytest.mark.parametrize(
    "wrong",
    [
        {"dropout": 1.0},
        {"dropout": 1},
        {"layer_norm_epsilon": 0},
        {"layer_norm_epsilon": 1e-60},
        {"num_layers": 10**9},
        {"num_heads": 0},
        {"hidden_dim": 8.0},
        {"vocabulary_size": 2**31},
        {"intermediate_dim": np.float32(8)},
    ],
)
def test_a_backbone_is_refused(wrong):
    (name,) = wrong
    with pytest.raises((TypeError, ValueError), match=f"^{name} must be"):
        BertBackbone(**BERT | wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rope_type": "linear", "factor": 0},
        {"rope_type": "linear", "factor": -1},
        {"rope_type": "yarn", "factor": 2, "original_max_position_embeddings": 0},
        {"rope_type": "yarn", "factor": 2, "original_max_position_embeddings": 8, "beta_slow": -1},
        {
            "rope_type": "llama3",
            "factor": 2,
            "low_freq_factor": 4,
            "high_freq_factor": 4,
            "original_max_position_embeddings": 8,
        },
        {
            "rope_type": "longrope",
            "short_factor": [1, 0],
            "long_factor": [1, 1],
            "attention_factor": 1,
            "original_max_position_embeddings": 8,
        },
    ],
    ids=lambda wrong: "-".join(map(str, wrong.values()))[:40],
)
def test_rotary_positions_are_refused(wrong):
    with pytest.raises(ValueError, match=r"rope_scaling\.\w+ must be"):
        LlamaBackbone(**LLAMA, rope_scaling=wrong)


def test_positional_arguments_count():
    with pytest.raises(ValueError, match="^num_heads must be"):
        BertBackbone(9, 1, 0, 8, 8)


def test_numbers_of_numpy_are_numbers():
    assert BertBackbone(**BERT, dropout=np.float32(0.5)).num_heads == 2
    assert WordPieceTokenizer(["[UNK]"], lowercase=np.True_)("a") == [0]


def test_signatures_stay_visible():
    assert list(inspect.signature(BertBackbone).parameters)[:2] == ["vocabulary_size", "num_layers"]
