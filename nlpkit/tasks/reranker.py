"""Reranker: how well documents answer a query."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from nlpkit._types import Activation, Data, KerasIdentifier
from nlpkit.backbones.backbone import Backbone
from nlpkit.preprocessors.examples.columns import read_column
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.tasks.results.encoding import run_by_length
from nlpkit.tasks.task import Task
from nlpkit.tasks.text_classifier import TextClassifier

# By the names of sentence-transformers.
_ACTIVATIONS = {
    "torch.nn.modules.activation.Sigmoid": "sigmoid",
    "torch.nn.modules.linear.Identity": None,
}
_KEY, _INNER_KEY = "sentence_transformers", "activation_fn"
_OLD_KEYS = ("sbert_ce_default_activation_function", "sbert_ce_default_activation_fn")


@dataclass(frozen=True)
class RankedDocument:
    """A document that `Reranker.rank` returns.

    Attributes:
        index: int. Its place among the documents that were given.
        score: float. How well it answers the query.
        text: str.
    """

    index: int
    score: float
    text: str


class Reranker(TextClassifier):
    """Score pairs of a query and a document, and rank documents: a cross-encoder.

    It sees both texts at once, which is slower than comparing embeddings and more exact: rank with
    it what a `TextEmbedder` has found (Nogueira and Cho, 2019, 1901.04085).
    `Reranker.from_preset` reads the cross-encoders of sentence-transformers, which opens what
    `save_to_preset` writes. It compiles itself with Adam (5e-5) and binary cross-entropy: labels
    are numbers from 0 to 1.

    Args:
        backbone: `Backbone`.
        num_classes: int. 1, as a pair has one score.
        preprocessor: `TextClassifierPreprocessor`; None if the input is preprocessed already.
        activation: str or function. The activation of the scores; "sigmoid" by default, None for
            logits.
        **kwargs: further arguments of `TextClassifier`.

    Call arguments:
        inputs: the backbone's inputs.
        training: bool. Whether dropout is applied.

    Returns:
        float `[batch, 1]`, the scores.

    Raises:
        ValueError: `num_classes` is not 1: a preset with several classes is a `TextClassifier`.

    Example:
        >>> reranker = nlpkit.models.Reranker.from_preset(
        ...     "bert_nano_en_uncased_sst2", load_head=False
        ... )
        >>> ranked = reranker.rank("a good film?", ["So dull.", "A delight!", "Fine."], top_k=2)
        >>> [document.score >= ranked[-1].score for document in ranked]
        [True, True]
    """

    def __init__(
        self,
        backbone: Backbone,
        num_classes: int = 1,
        preprocessor: Preprocessor | None = None,
        activation: Activation = "sigmoid",
        **kwargs: Any,
    ) -> None:
        if num_classes != 1:
            raise ValueError(
                f"A {type(self).__name__} gives a pair one score; got num_classes={num_classes}. "
                "Several classes are for a TextClassifier; load_head=False makes a fresh head."
            )
        super().__init__(backbone, num_classes, preprocessor, activation, **kwargs)

    def compile(
        self,
        optimizer: KerasIdentifier = "auto",
        loss: KerasIdentifier = "auto",
        *,
        metrics: KerasIdentifier = "auto",
        **kwargs: Any,
    ) -> None:
        """Configure training; see `TextClassifier.compile`.

        Args:
            optimizer: as for `keras.Model.compile`; "auto" is Adam (5e-5).
            loss: "auto" is binary cross-entropy.
            metrics: "auto" is none.
            **kwargs: further arguments of `keras.Model.compile`.
        """
        if loss == "auto":
            loss = keras.losses.BinaryCrossentropy(from_logits=self._has_logits)
        super().compile(optimizer, loss, metrics=metrics, **kwargs)

    def rank(
        self,
        query: str,
        documents: Data,
        top_k: int | None = None,
        batch_size: int = 32,
        show_progress_bar: bool | None = None,
    ) -> list[RankedDocument]:
        """Rank documents by how well they answer a query.

        Args:
            query: str.
            documents: texts in a list, array or column.
            top_k: int or None. The number of documents to return; None for all.
            batch_size: int. Default 32.
            show_progress_bar: bool or None. None shows one after two seconds.

        Returns:
            list of `RankedDocument`, the best first.

        Raises:
            TypeError: the query or a document is no string.
            ValueError: `top_k` or `batch_size` is not positive, or there is no preprocessor.
        """
        for name, number in (("top_k", top_k), ("batch_size", batch_size)):
            if number is not None and number < 1:
                raise ValueError(f"{name} must be at least 1; got {number}.")
        texts = self._documents(query, documents)
        scores = run_by_length(
            super(Task, self).predict_on_batch,
            lambda batch: self._features(query, batch),
            texts,
            lengths=[len(text) for text in texts],
            batch_size=batch_size,
            verbose=0 if show_progress_bar is False else 1,
        )
        values = np.array(scores, "float32").reshape(-1)
        best = np.argsort(-values, kind="stable")[:top_k].tolist()
        return [RankedDocument(i, float(values[i]), texts[i]) for i in best]

    def _features(self, query: str, documents: list[str]) -> dict[str, np.ndarray]:
        preprocessor: Any = self.preprocessor
        features: dict[str, np.ndarray] = preprocessor(([query] * len(documents), documents))
        return features

    def _documents(self, query: str, documents: Data) -> list[str]:
        if self.preprocessor is None:
            raise ValueError(f"{type(self).__name__} needs its preprocessor to rank; it has none.")
        if not isinstance(query, str):
            raise TypeError(f"query must be a str; got {query!r:.80}.")
        if isinstance(documents, str | bytes):
            raise ValueError(f"documents must be a list of texts; got the text {documents!r:.80}.")
        column = read_column(documents, "documents")
        self.preprocessor.check(column)
        return [text if isinstance(text, str) else text.decode() for text in column]

    @classmethod
    def from_hf_head_config(
        cls, reader: ConfigReader, backbone_class: type[Backbone]
    ) -> dict[str, Any]:
        """Read the arguments of a classifier's head, and the activation of its scores."""
        arguments = super().from_hf_head_config(reader, backbone_class)
        stated = [reader.get(key, None, kind=str) for key in _OLD_KEYS]
        stated.append(reader.get(_KEY, {}).get(_INNER_KEY))
        name = next((name for name in reversed(stated) if name is not None), None)
        if name is not None and name not in _ACTIVATIONS:
            raise ValueError(
                f"The activation of a cross-encoder must be one of {', '.join(_ACTIVATIONS)}; got "
                f"{name!r:.200}."
            )
        return {**arguments, "activation": "sigmoid" if name is None else _ACTIVATIONS[name]}

    def hf_head_config(self) -> dict[str, Any]:
        """The inverse of `from_hf_head_config`."""
        known = [name for name, own in _ACTIVATIONS.items() if own == self.activation]
        block = {_KEY: {_INNER_KEY: known[0]}} if known else {}
        return {**super().hf_head_config(), **block}
