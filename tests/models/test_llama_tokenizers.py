"""Which tokenizer a checkpoint of Llama's kin has, and what starts, ends and stops its texts."""

import pytest

from nlpkit import tokenizers
from nlpkit.models import (
    CausalLM,
    Llama3CausalLM,
    Llama3CausalLMPreprocessor,
    Llama3Tokenizer,
    LlamaBackbone,
    LlamaCausalLM,
    LlamaCausalLMPreprocessor,
    LlamaTokenizer,
    Qwen3CausalLMPreprocessor,
    Qwen3Tokenizer,
    QwenCausalLMPreprocessor,
    QwenTokenizer,
)

SIZES = {
    "num_layers": 1,
    "num_query_heads": 2,
    "hidden_dim": 4,
    "intermediate_dim": 4,
    "num_key_value_heads": 1,
}
SPECIAL = ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|endoftext|>", "<|im_end|>"]


@pytest.fixture(scope="module")
def byte_pairs():
    vocabulary, merges = tokenizers.compute_byte_pair_vocabulary(["low lower lowest"], 262)
    return {**vocabulary, **{t: len(vocabulary) + i for i, t in enumerate(SPECIAL)}}, merges


@pytest.fixture(scope="module")
def pieces():
    return tokenizers.compute_sentence_piece_proto(["low lower lowest"], 12)


def save(tokenizer, preprocessor_class, folder):
    backbone = LlamaBackbone(vocabulary_size=tokenizer.vocabulary_size(), **SIZES)
    preprocessor = preprocessor_class(tokenizer, sequence_length=8)
    LlamaCausalLM(backbone, preprocessor).save_to_preset(folder)
    (folder / "nlpkit.json").unlink()  # What is left is a Hugging Face folder.


def test_byte_pairs_are_llama_3(byte_pairs, tmp_path):
    tokenizer = Llama3Tokenizer(*byte_pairs, special_tokens=["<|eot_id|>"])
    save(tokenizer, Llama3CausalLMPreprocessor, tmp_path)
    for cls in (LlamaCausalLM, CausalLM):
        preprocessor = cls.from_preset(tmp_path).preprocessor
        assert type(preprocessor) is Llama3CausalLMPreprocessor
    assert preprocessor.tokenizer("lower low") == tokenizer("lower low")


def test_pieces_are_llama_and_llama_2(pieces, tmp_path):
    tokenizer = LlamaTokenizer(pieces)
    save(tokenizer, LlamaCausalLMPreprocessor, tmp_path)
    (tmp_path / "tokenizer_config.json").write_text('{"add_bos_token": true}')
    preprocessor = CausalLM.from_preset(tmp_path).preprocessor
    assert type(preprocessor) is LlamaCausalLMPreprocessor
    # The preprocessor starts a text, hence the tokenizer must not.
    ids = preprocessor.generate_preprocess("low")["token_ids"]
    assert list(ids).count(tokenizer.start_token_id) == 1


def test_llama_3_is_another_name_of_the_same_class():
    assert Llama3CausalLM is LlamaCausalLM


def test_special_tokens_of_a_folder_replace_the_defaults(byte_pairs, tmp_path):
    tokenizer = Llama3Tokenizer(*byte_pairs, eos_token="<|eot_id|>")
    tokenizer.save_to_preset(tmp_path)
    (tmp_path / "nlpkit.json").unlink()
    assert Llama3Tokenizer.from_files(tmp_path, {"eos_token": "<|eot_id|>"}).end_token_id == (
        tokenizer.token_to_id("<|eot_id|>")
    )
    found = QwenTokenizer.from_files(tmp_path, {"eos_token": {"content": "<|im_end|>"}})
    assert found.end_token == "<|im_end|>"


def test_transformers_finds_the_tokens_that_start_and_end_a_text(byte_pairs, tmp_path):
    transformers = pytest.importorskip("transformers")
    QwenTokenizer(*byte_pairs).save_to_preset(tmp_path)
    theirs = transformers.PreTrainedTokenizerFast.from_pretrained(tmp_path)
    assert theirs.eos_token == "<|endoftext|>"
    assert theirs.pad_token == "<|endoftext|>"


def test_every_end_of_a_text_or_an_answer_stops_it_and_is_not_shown(byte_pairs):
    ids = byte_pairs[0]
    for cls, tokenizer, stops in (
        (Llama3CausalLMPreprocessor, Llama3Tokenizer, ["<|end_of_text|>", "<|eot_id|>"]),
        (QwenCausalLMPreprocessor, QwenTokenizer, ["<|endoftext|>", "<|im_end|>"]),
        (Qwen3CausalLMPreprocessor, Qwen3Tokenizer, ["<|im_end|>", "<|endoftext|>"]),
    ):
        preprocessor = cls(tokenizer(*byte_pairs))
        assert set(preprocessor.stop_token_ids()) == {ids[token] for token in stops}
        text = preprocessor.tokenizer("low")
        shown = preprocessor.generate_postprocess({"token_ids": [*text, *map(ids.get, stops)]})
        assert shown == "low"


def test_a_vocabulary_without_turns_has_no_token_for_their_end(byte_pairs):
    ids = {t: i for t, i in byte_pairs[0].items() if t not in ("<|eot_id|>", "<|im_end|>")}
    preprocessor = Llama3CausalLMPreprocessor(Llama3Tokenizer(ids, byte_pairs[1]))
    assert preprocessor.stop_token_ids() == [ids["<|end_of_text|>"]]
