"""Every script of `examples/`, on a few texts: that it runs, and comes to something."""

import re
from pathlib import Path

import numpy as np
import pytest
from journeys.fresh_process import run

EXAMPLES = Path(__file__).parents[2] / "examples"
# A file that no script imports from is a script: a new one is run without being named here.
SCRIPTS = sorted(path for path in EXAMPLES.rglob("*.py") if path.name != "reviews.py")
SAVES = {
    "2_fine_tune.py": {"my_classifier": True},
    "5_pretrain.py": {"my_backbone": True},
    "finetune_gpt2.py": {"my_language_model": True},
    "train_embedder.py": {"my_embedder": True},
    "question_answering.py": {"my_question_answerer": True},
    "summarize.py": {"my_summarizer": True},
    "token_classification.py": {"my_token_classifier": True},
}
TRAINS_NOTHING = {"1_predict.py", "transcribe.py", "generate_text.py", "semantic_search.py"}


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    return run("run_examples.py", tmp_path_factory.mktemp("examples"), *SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_example(reports, script):
    report = reports[str(script)]
    print(f"{script.stem}: {report['seconds']:.1f} s")
    assert report["error"] is None, report["error"]
    assert report["output"].strip()
    assert bool(report["losses"]) == (script.name not in TRAINS_NOTHING)
    assert np.isfinite(report["losses"]).all()
    assert report["saved"] == SAVES.get(script.name, {})


def test_pretrained_classifier_tells_reviews_apart(reports):
    output = reports[str(EXAMPLES / "getting_started/1_predict.py")]["output"]
    love, worst, _ = (float(share) for share in re.findall(r"([\d.]+)% positive", output))
    assert love > 90
    assert worst < 10
    assert float(re.search(r"accuracy ([\d.]+) on", output)[1]) > 0.8


def test_a_language_model_learns_what_it_is_shown(reports):
    output = reports[str(EXAMPLES / "finetune_gpt2.py")]["output"]
    before, after = (float(value) for value in re.findall(r"perplexity ([\d.]+) on", output))
    assert after < before
