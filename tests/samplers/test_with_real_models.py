"""Samplers with small random models, and transformers' beams as the reference."""

from types import SimpleNamespace

import numpy as np
import pytest
from samplers.loop import plan_of, results_of, texts

from nlpkit.models.llama import LlamaCausalLM
from nlpkit.models.mistral import MistralCausalLM
from nlpkit.samplers import (
    BeamSampler,
    ContrastiveSampler,
    GreedySampler,
    RandomSampler,
    SpeculativeSampler,
)
from nlpkit.samplers.combination import combine
from nlpkit.samplers.loop.execution import Execution

transformers = pytest.importorskip("transformers", reason="transformers makes the checkpoints")
torch = pytest.importorskip("torch", reason="transformers needs PyTorch")

SIZES = {
    "vocab_size": 31,
    "hidden_size": 16,
    "intermediate_size": 20,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
ROOM, WIDTH = 12, 8
PROMPTS = [[3, 1, 4, 15], [9, 26, 5, 3, 5, 8, 9, 7], [23], [4, 6, 2, 6]]


@pytest.fixture(scope="module")
def models(request, tmp_path_factory):
    """A model of Hugging Face's, and ours with its weights to be run; Mistral's window is 4."""
    task = {"llama": LlamaCausalLM, "mistral": MistralCausalLM}[request.param]
    window = {"sliding_window": 4} if request.param == "mistral" else {}
    cls = getattr(transformers, task.backbone_class.heads["CausalLM"].architecture)
    model = cls(cls.config_class(**SIZES, **window)).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.3, generator=generator)
    folder = tmp_path_factory.mktemp(request.param)
    model.save_pretrained(folder)
    ours = task.from_preset(folder, preprocessor=None)
    return SimpleNamespace(theirs=model, ours=ours, run=Execution(ours))


def generated(execution, sampler, prompts=PROMPTS, **options):
    prompt, plan = plan_of(sampler, prompts, room=ROOM, width=WIDTH, **options)
    return results_of(sampler, execution.start(sampler, prompt, plan, ROOM - 1), plan)


def searched_by_transformers(model, beams, stops, **options):
    ids = [[0] * (WIDTH - len(prompt)) + prompt for prompt in PROMPTS]
    mask = [[0] * (WIDTH - len(prompt)) + [1] * len(prompt) for prompt in PROMPTS]
    return model.generate(
        torch.tensor(ids),
        attention_mask=torch.tensor(mask),
        max_new_tokens=ROOM,
        num_beams=beams,
        num_return_sequences=beams,
        do_sample=False,
        eos_token_id=list(stops) or None,
        return_dict_in_generate=True,
        output_scores=True,
        **options,
    )


@pytest.mark.parametrize(
    ("models", "beams", "stops", "options"),
    [
        ("llama", 1, (2,), {}),
        ("llama", 4, (2,), {}),
        ("llama", 3, (2, 7, 11), {"length_penalty": 0.0}),
        ("mistral", 5, (2, 5), {"length_penalty": 2.0, "repetition_penalty": 1.4}),
        ("mistral", 2, (), {}),
    ],
    indirect=["models"],
)
def test_beams_and_scores_are_those_of_transformers(models, beams, stops, options):
    theirs = searched_by_transformers(models.theirs, beams, stops, **options)
    options = dict(options)
    penalty = options.pop("repetition_penalty", None)
    sampler = BeamSampler(beams, return_all_beams=True, **options)
    ours = generated(models.run, combine(sampler, repetition_penalty=penalty), stops=stops)
    scores = theirs.sequences_scores.numpy() if beams > 1 else ours["scores"]
    np.testing.assert_allclose(ours["scores"], scores.reshape(-1, beams), rtol=1e-4)
    sequences = theirs.sequences.numpy()[:, WIDTH:].reshape(len(PROMPTS), beams, -1)
    for row, count in np.ndenumerate(ours["count"]):
        text = ours["token_ids"][row][WIDTH : WIDTH + count]
        assert text.tolist() == sequences[row][:count].tolist()
        assert count == ROOM or text[-1] in stops


@pytest.mark.parametrize(
    ("models", "sampler"),
    [("llama", SpeculativeSampler(3, RandomSampler())), ("mistral", BeamSampler(3))],
    indirect=["models"],
    ids=["speculative", "beam"],
)
def test_a_row_is_the_same_alone(models, sampler):
    together = texts(generated(models.run, sampler, stops=(2,)))
    for row in (0, 2):
        alone = generated(models.run, sampler, [PROMPTS[row]], stops=(2,), seeds=[row])
        assert texts(alone) == [together[row]]


@pytest.mark.parametrize(
    ("models", "base", "drafted"),
    [("llama", RandomSampler(), True), ("mistral", None, False), ("mistral", None, True)],
    indirect=["models"],
)
def test_speculative_text_is_that_of_the_base_sampler(models, base, drafted):
    expected = texts(generated(models.run, base or GreedySampler(), stops=(2,)))
    draft = models.ours if drafted else None
    results = generated(models.run, SpeculativeSampler(3, base, draft=draft), stops=(2,))
    assert texts(results) == expected


@pytest.mark.parametrize("models", ["mistral"], indirect=True)
def test_contrastive_search_without_weight_is_greedy(models):
    expected = texts(generated(models.run, GreedySampler(), stops=(2,)))
    assert texts(generated(models.run, ContrastiveSampler(3, 0.0), stops=(2,))) == expected
