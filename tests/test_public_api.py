"""The public names, and what importing and using them does not import."""

import ast
import subprocess
import sys
from pathlib import Path

import keras
import mypy.api
import pytest
from import_graph import FILES, depth, imports_for_types

import nlpkit
from conformance.cases.decoders import DECODER_CASES
from conformance.cases.encoders import ENCODER_CASES, ENCODERS
from conformance.cases.seq2seqs import SEQ2SEQ_CASES
from conformance.cases.speeches import SPEECH_CASES
from nlpkit._namespace import ORIGINS
from nlpkit._registration import class_names
from nlpkit._registry import known_classes

PUBLIC = {
    "callbacks": "GenerationMetrics",
    "layers": """AlibiBias CachedMultiHeadAttention FNetEncoder MaskedLMHead MaskedLMMaskGenerator
        MultiSegmentPacker PositionEmbedding RMSNormalization RandomDeletion RandomSwap
        ReversibleEmbedding RotaryEmbedding SinePositionEncoding StartEndPacker
        TokenAndPositionEmbedding TransformerDecoder TransformerEncoder""",
    "losses": """CachedMultipleNegativesRankingLoss CosineSimilarityLoss MarginMSELoss
        MatryoshkaLoss MultipleNegativesRankingLoss TripletLoss""",
    "metrics": """Bleu CharacterErrorRate ChrF EditDistance Perplexity RougeL RougeN SpanF1
        SpearmanCorrelation SquadMetric WordErrorRate""",
    "presets": "PresetRecord download list list_presets lock register show upload verify",
    "samplers": """BeamSampler ContrastiveSampler GreedySampler MinPSampler RandomSampler Sampler
        SpeculativeSampler TopKSampler TopPSampler deserialize get serialize""",
    "tokenizers": """BytePairTokenizer ByteTokenizer SentencePieceTokenizer Tokenizer
        UnicodeCodepointTokenizer WordPieceTokenizer compute_byte_pair_vocabulary
        compute_sentence_piece_proto compute_word_piece_vocabulary""",
    "models": """Backbone CausalLM CausalLMPreprocessor Classifier MaskedLM MaskedLMPreprocessor
        Preprocessor QuestionAnswerer QuestionAnswererPreprocessor Reranker Seq2SeqLM
        Seq2SeqLMPreprocessor SpeechToText SpeechToTextPreprocessor Task TextClassifier
        TextClassifierPreprocessor TextEmbedder TextEmbedderPreprocessor TokenClassifier
        TokenClassifierPreprocessor Tokenizer
        BertBackbone BertClassifier BertMaskedLM BertMaskedLMPreprocessor BertPreprocessor
        BertTextClassifier BertTextClassifierPreprocessor BertTokenizer Llama3Backbone
        Llama3CausalLM Qwen2Backbone Qwen2CausalLM Qwen2CausalLMPreprocessor Qwen2Tokenizer
        SmolLMTokenizer""",
}
# The names of a family are those of its cases, and KerasHub's other names of encoders' classes.
PUBLIC["models"] += "".join(
    f" {case.name}" for case in DECODER_CASES + ENCODER_CASES + SEQ2SEQ_CASES + SPEECH_CASES
)
PUBLIC["models"] += "".join(
    f" {encoder.prefix}TextClassifier {encoder.prefix}TextClassifierPreprocessor"
    for encoder in ENCODERS
)

USE = """
import sys, tempfile
import nlpkit

words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film"]
tokenizer = nlpkit.models.BertTokenizer(words)
tokenizer(["good film", "bad"])
classifier = nlpkit.models.BertClassifier(
    backbone=nlpkit.models.BertBackbone(
        vocabulary_size=len(words), num_layers=1, num_heads=1, hidden_dim=4, intermediate_dim=4
    ),
    preprocessor=nlpkit.models.BertPreprocessor(tokenizer, sequence_length=6),
    num_classes=2,
)
texts = ["good film", "bad film", "film", "good"]
classifier.fit(texts, [1, 0, 0, 1], batch_size=2, verbose=0)
classifier.predict(texts, verbose=0)
with tempfile.TemporaryDirectory() as folder:
    classifier.save_to_preset(folder)
    nlpkit.models.TextClassifier.from_preset(folder).predict(texts, verbose=0)
"""


def _run(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("namespace", PUBLIC)
def test_public_names(namespace):
    module = getattr(nlpkit, namespace)
    assert sorted(module.__all__) == sorted(PUBLIC[namespace].split())
    assert all(hasattr(module, name) for name in module.__all__)
    assert dir(module) == sorted(PUBLIC[namespace].split())


@pytest.mark.parametrize("package", [*ORIGINS])
def test_type_checkers_see_what_a_namespace_finds(package):
    found = {(name, *origin) for name, origin in ORIGINS[package].items()}
    assert imports_for_types(package) == found


def test_type_checkers_see_every_family():
    families = {module for module in FILES if module.startswith("nlpkit.models.")}
    assert imports_for_types("nlpkit.models") == {("*", family, "*") for family in families}


@pytest.mark.by_turns(2)
def test_type_checkers_see_a_misspelt_name(tmp_path):
    known = "task.fit; task.generate; task.name; task.optimizer; tokenizer.pad_token_id; "
    wrong = "task.genrate; task.optimiser; tokenizer.tokenise; tokenizer.pad_tokn_id"
    (tmp_path / "program.py").write_text(
        "from nlpkit.models import GPT2CausalLM, GPT2Tokenizer\n"
        "def use(task: GPT2CausalLM, tokenizer: GPT2Tokenizer) -> None:\n    "
        + (known + wrong).replace("; ", "\n    ")
    )
    options = ["--follow-imports=silent", "--ignore-missing-imports"]
    told, _, _ = mypy.api.run([*options, str(tmp_path / "program.py")])
    found = [line.split('"')[3] for line in told.splitlines() if "attr-defined" in line]
    assert found == [name.split(".")[1] for name in wrong.split("; ")], told


def test_type_checkers_see_all_names_of_keras():
    classes = ast.parse((Path(nlpkit.__file__).with_name("_keras.pyi")).read_text()).body
    members = [node for cls in classes if isinstance(cls, ast.ClassDef) for node in cls.body]
    seen = {node.name if isinstance(node, ast.FunctionDef) else node.target.id for node in members}
    # In a process of its own: transformers adds names to PyTorch's modules.
    names = _run("import keras; print(*(n for n in dir(keras.Model) if not n.startswith('_')))")
    assert {*names.split()} - {"dump_patches", "call_super_init", "T_destination"} <= seen


def test_families_tokenizers_are_found_with_the_others():
    assert nlpkit.tokenizers.BertTokenizer is nlpkit.models.BertTokenizer


def test_other_names_of_kerashub_are_the_same_objects():
    models = nlpkit.models
    assert models.Classifier is models.TextClassifier
    assert models.Qwen2CausalLM is models.QwenCausalLM
    assert nlpkit.tokenizers.SmolLMTokenizer is models.SmolLM3Tokenizer
    assert nlpkit.upload_preset is nlpkit.presets.upload


def test_every_namespace_is_listed():
    assert nlpkit.__all__ == sorted(PUBLIC)
    assert set(nlpkit.__all__) <= set(dir(nlpkit))


def test_import_loads_neither_keras_nor_a_backend():
    heavy = ("keras", "tensorflow", "jax", "torch", "transformers", "tokenizers", "numpy")
    assert _run(f"import nlpkit, sys; print([m for m in {heavy} if m in sys.modules])") == "[]"


@pytest.mark.by_turns
def test_importing_a_tokenizer_imports_no_more_than_it_needs():
    modules = _run(
        "import keras, sys, nlpkit.tokenizers.word_piece.tokenizer\n"
        "print(*(name for name, module in sys.modules.items()"
        " if name.startswith('nlpkit.') and not hasattr(module, '__path__')))"
    ).split()
    assert len(modules) <= 34
    assert {name for name in modules if name.startswith("nlpkit.presets")} == {
        "nlpkit.presets.preset",
        "nlpkit.presets.folders.folder_files",
        "nlpkit.presets.formats.bounded_file",
        "nlpkit.presets.formats.safe_json",
    }


def test_chains_of_imports_are_short():
    families = [module for module in FILES if module.startswith("nlpkit.models.")]
    assert max(map(depth, families)) <= 14


def test_keras_knows_the_name_of_every_class():
    for namespace in nlpkit.__all__:
        public = getattr(nlpkit, namespace)
        assert [getattr(public, name) for name in public.__all__]
    known = {(cls.__module__, name) for name, cls in known_classes().items()}
    assert known <= set(class_names())


def test_import_is_quick():
    assert float(_run("import time, nlpkit; print(time.process_time())")) < 1


@pytest.mark.skipif(
    keras.backend.backend() == "tensorflow", reason="TensorFlow is the backend here"
)
def test_using_it_does_not_import_tensorflow():
    assert _run(USE + "print('tensorflow' in sys.modules)") == "False"


def test_a_backend_that_is_not_there_is_told_with_those_that_are(tmp_path):
    code = f"""
import os, sys
os.environ.pop("KERAS_BACKEND", None)
os.environ["KERAS_HOME"] = {str(tmp_path)!r}
sys.modules["tensorflow"] = None
try:
    from nlpkit.tokenizers import ByteTokenizer
except ImportError as error:
    print(error.__suppress_context__, error)
"""
    told = _run(code)
    assert told.startswith("True Keras would use the backend 'tensorflow', which is not installed")
    assert "KERAS_BACKEND=torch" in told or "KERAS_BACKEND=jax" in told
