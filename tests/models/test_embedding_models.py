"""Qwen3-Embedding and EmbeddingGemma: what sentence-transformers' folders of decoders' layers give.

The expected embeddings are pooled here, of the hidden states and ids of transformers.
"""

import json

import numpy as np
import pytest

import nlpkit
from conformance.cases.decoder import reference
from conformance.cases.sentence_piece import tiny_proto
from conformance.cases.tokenizers import BYTE_PAIR_ASSETS
from nlpkit.models import CausalLM, Gemma3Tokenizer, Qwen3Tokenizer, TextEmbedder

TEXTS = ["A fine film.", "x", "So boring"]
SPECIAL = {"end_token": "[SEP]", "pad_token": "[PAD]"}
PROMPT = "task: "


def _qwen(rows):
    sizes = {"intermediate_size": 20, "num_key_value_heads": 2, "head_dim": 6}
    return reference("Qwen3Model", vocab_size=rows, **sizes)


def _gemma(rows):
    return reference(
        "Gemma3TextModel",
        vocab_size=rows,
        layer_types=["sliding_attention", "full_attention"],
        intermediate_size=20,
        num_key_value_heads=2,
        head_dim=6,
        query_pre_attn_scalar=10,
        sliding_window=6,
        use_bidirectional_attention=True,
    )


def _last(hidden, _):
    return hidden[-1]


def _mean_and_dense(hidden, dense):
    for kernel in dense:
        hidden = hidden @ kernel.T
    return hidden.mean(0)


KINDS = {
    "qwen3": (
        lambda: Qwen3Tokenizer(**BYTE_PAIR_ASSETS, **SPECIAL),
        {"text_end": "pad_token"},
        _qwen,
        "lasttoken",
        _last,
    ),
    "gemma3": (
        lambda: Gemma3Tokenizer(tiny_proto("bpe"), start_token="[CLS]", **SPECIAL),
        {"text_end": "end_token"},
        _gemma,
        "mean",
        _mean_and_dense,
    ),
}


@pytest.fixture(scope="module", params=KINDS)
def model(request, tmp_path_factory):
    """A folder, transformers' embeddings of the texts, and the name of the token that ends them."""
    import torch
    from safetensors.numpy import save_file
    from transformers import AutoTokenizer

    tokenizer, packing, make, pooling, pool = KINDS[request.param]
    folder, made = tmp_path_factory.mktemp(request.param), tokenizer()
    made.save_files(folder, **packing)
    theirs = make(made.vocabulary_size())()
    theirs.save_pretrained(folder)
    rng = np.random.default_rng(3)
    dense = [rng.normal(size=size).astype("float32") for size in ((24, 16), (8, 24))]
    dense = dense if pooling == "mean" else []
    kinds = ["Transformer", "Pooling", *["Dense"] * len(dense), "Normalize"]
    places = [f"{i}_{kind}" if i else "" for i, kind in enumerate(kinds)]
    for place, kernel in zip(places[2:], dense, strict=False):
        (folder / place).mkdir()
        save_file({"linear.weight": kernel}, folder / place / "model.safetensors")
        sizes = {"in_features": kernel.shape[1], "out_features": kernel.shape[0], "bias": False}
        activation = {"activation_function": "torch.nn.modules.linear.Identity"}
        (folder / place / "config.json").write_text(json.dumps(sizes | activation))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode": pooling}))
    listed = [
        {"idx": i, "name": str(i), "path": place, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, place) in enumerate(zip(kinds, places, strict=True))
    ]
    (folder / "modules.json").write_text(json.dumps(listed))
    settings = {"prompts": {"query": PROMPT, "document": ""}, "similarity_fn_name": "cosine"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(settings))

    def embedded(text):
        ids = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")["input_ids"]
        assert ids[0, -1] == getattr(made, f"{packing['text_end']}_id")
        with torch.no_grad():
            hidden = theirs(ids).last_hidden_state[0].numpy()
        pooled = pool(hidden, dense)
        return pooled / np.linalg.norm(pooled)

    expected = [np.stack([embedded(start + text) for text in TEXTS]) for start in ("", PROMPT)]
    return folder, expected, packing["text_end"]


def test_embeddings_are_those_of_the_folder(model):
    folder, expected, end = model
    ours = TextEmbedder.from_preset(folder, sequence_length=40)
    assert ours.preprocessor.text_end == end
    found = (ours.encode_document(TEXTS), ours.encode_query(TEXTS))
    np.testing.assert_allclose(found, expected, atol=1e-5)

    ours.preprocessor.padding_side = "left"
    np.testing.assert_allclose(ours.encode(TEXTS), expected[0], atol=1e-5)


@pytest.mark.by_turns(0)
def test_saved_folder_says_how_texts_end(model, tmp_path):
    folder, expected, end = model
    TextEmbedder.from_preset(folder, sequence_length=40).save_to_preset(tmp_path)
    again = TextEmbedder.from_preset(tmp_path)
    np.testing.assert_allclose(again.encode(TEXTS), expected[0], atol=1e-5)
    template = json.loads((tmp_path / "tokenizer.json").read_text())["post_processor"]["single"]
    assert template[-1]["SpecialToken"]["id"] == SPECIAL[end]


@pytest.mark.by_turns(0)
def test_what_ends_texts_must_be_a_special_token(model, tmp_path):
    folder, _, _ = model
    ours = TextEmbedder.from_preset(folder)
    ours.save_to_preset(tmp_path)
    content = json.loads((tmp_path / "tokenizer.json").read_text())
    content["post_processor"]["single"][-1]["SpecialToken"]["id"] = "a"
    (folder / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"ends texts with \['a'\]; supported is one of"):
        TextEmbedder.from_preset(folder)
    with pytest.raises(ValueError, match="text_end must be one of"):
        nlpkit.models.TextEmbedderPreprocessor(ours.preprocessor.tokenizer, text_end="cls_token")


@pytest.mark.by_turns(0)
def test_encoder_of_a_decoder_s_layers_generates_nothing(tmp_path):
    _gemma(11)().save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="Expected a decoder backbone"):
        CausalLM.from_preset(tmp_path, preprocessor=None, load_head=False)
