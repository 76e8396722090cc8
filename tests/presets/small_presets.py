"""Small presets of several families and layouts, for tests that spoil them."""

from presets.layouts.kerashub_folder import SIZES, WORDS, write_classifier, write_json

from nlpkit.models import (
    BertBackbone,
    BertClassifier,
    BertPreprocessor,
    BertTokenizer,
    GPT2Backbone,
    GPT2CausalLM,
    GPT2CausalLMPreprocessor,
    GPT2Tokenizer,
    LlamaBackbone,
    LlamaCausalLM,
    LlamaCausalLMPreprocessor,
    LlamaTokenizer,
    TextEmbedder,
    TextEmbedderPreprocessor,
)
from nlpkit.tokenizers import compute_byte_pair_vocabulary, compute_sentence_piece_proto

TEXTS = ["a film", "the quick brown fox " * 3]


def write_bert(folder):
    preprocessor = BertPreprocessor(BertTokenizer(list(WORDS), lowercase=True), sequence_length=12)
    BertClassifier(BertBackbone(**SIZES), 3, preprocessor).save_to_preset(folder)


def write_embedder(folder):
    tokenizer = BertTokenizer(list(WORDS), lowercase=True)
    preprocessor = TextEmbedderPreprocessor(tokenizer, sequence_length=12)
    projections = [{"units": 4, "activation": "tanh"}]
    prompts = {"query": "a "}
    TextEmbedder(
        BertBackbone(**SIZES), preprocessor, projections=projections, prompts=prompts
    ).save_to_preset(folder)


def write_gpt2(folder):
    tokenizer = GPT2Tokenizer(*byte_pairs())
    backbone = GPT2Backbone(tokenizer.vocabulary_size(), 2, 2, 8, 16, max_sequence_length=16)
    GPT2CausalLM(backbone, GPT2CausalLMPreprocessor(tokenizer, 12)).save_to_preset(folder)


def write_llama(folder):
    tokenizer = LlamaTokenizer(compute_sentence_piece_proto(TEXTS * 9, 25))
    backbone = LlamaBackbone(tokenizer.vocabulary_size(), 2, 2, 8, 16, 2)
    LlamaCausalLM(backbone, LlamaCausalLMPreprocessor(tokenizer, 12)).save_to_preset(folder)


def write_kerashub_gpt2(folder):
    """A tokenizer of KerasHub's with byte pairs; a backbone without weights."""
    package, module = "keras_hub", "keras_hub.src.models.gpt2"
    sizes = {"vocabulary_size": 270, "num_layers": 1, "num_heads": 2, "hidden_dim": 8}
    sizes |= {"intermediate_dim": 8, "dropout": 0.1, "max_sequence_length": 16}
    for name, cls, config in (
        ("config.json", "GPT2Backbone", sizes),
        ("tokenizer.json", "GPT2Tokenizer", {"sequence_length": None, "add_prefix_space": False}),
    ):
        content = {"module": module, "class_name": cls, "registered_name": f"{package}>{cls}"}
        (folder / "assets" / "tokenizer").mkdir(parents=True, exist_ok=True)
        write_json(folder / name, {**content, "config": {"name": "x", **config}})
    vocabulary, merges = byte_pairs()
    write_json(folder / "assets" / "tokenizer" / "vocabulary.json", vocabulary)
    pairs = (merge.split(" ") if isinstance(merge, str) else merge for merge in merges)
    text = "".join(f"{first} {second}\n" for first, second in pairs)
    (folder / "assets" / "tokenizer" / "merges.txt").write_text("#version: 0.2\n" + text)


def byte_pairs():
    special = ["<|endoftext|>"]
    return compute_byte_pair_vocabulary(TEXTS * 9, 270, special_tokens=special)


# Of each the class, and whether it is to be read as another library's folder.
PRESETS = {
    "own": (BertClassifier, write_bert, False),
    "bert": (BertClassifier, write_bert, True),
    "gpt2": (GPT2CausalLM, write_gpt2, True),
    "llama": (LlamaCausalLM, write_llama, True),
    "kerashub": (BertClassifier, write_classifier, False),
}
TOKENIZERS = {"kerashub_gpt2": (GPT2Tokenizer, write_kerashub_gpt2, False)}
