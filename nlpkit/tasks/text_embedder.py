"""TextEmbedder: embeddings of whole texts."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from nlpkit._types import Data, KerasIdentifier, Tensor
from nlpkit._warning import warn
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import HeadTable
from nlpkit.backbones.layer_factory import LayerFactory
from nlpkit.layers.preprocessing.preprocessing_layer import check_choice
from nlpkit.losses.multiple_negatives_ranking import MultipleNegativesRankingLoss
from nlpkit.modules.calling.mini_batches import run_in_mini_batches
from nlpkit.preprocessors.examples.columns import read_column
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.preprocessors.text_embedder_preprocessor import TextEmbedderPreprocessor
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.layouts import sentence_transformers
from nlpkit.presets.mapping.weight_table import Line, parse
from nlpkit.tasks.data.row_reader import RowReader
from nlpkit.tasks.results import similarity
from nlpkit.tasks.results.encoding import run_by_length
from nlpkit.tasks.shared.classifier_head import INITIALIZER_RANGE, pooled
from nlpkit.tasks.task import Task

POOLINGS = ("mean", "first", "last", "max")
_MOST_PROJECTIONS = 30
_PROJECTION_KEYS = ("units", "activation", "use_bias")


class TextEmbedder(Task):
    """Compute embeddings of texts, whose similarity says how close their meanings are.

    The hidden states of a backbone are pooled, projected by any number of dense layers, and
    normalized (Reimers and Gurevych, 2019, 1908.10084). `TextEmbedder.from_preset` reads folders of
    sentence-transformers, and what `save_to_preset` writes is one.

    `fit` takes rows of texts, such as pairs or a text with a right and a wrong answer, as a tuple
    of columns. The embedder compiles itself with Adam (2e-5) and, unless `compile=False`,
    `MultipleNegativesRankingLoss`; `nlpkit.losses` has others.

    Args:
        backbone: `Backbone`, an encoder or a decoder.
        preprocessor: `TextEmbedderPreprocessor`; None if the input is preprocessed already.
        pooling: str or None. "mean" or "max" of all tokens, or the "first" or the "last" one. None
            for "mean" in encoders and "last" in decoders.
        projections: list of dict. Dense layers after pooling: `units`, and if need be `activation`
            (default "linear") and `use_bias` (default True).
        normalize: bool. Whether embeddings have length 1. Default True.
        prompts: dict of str or None. What texts begin with, by name: `{"query": "query: "}`.
        default_prompt_name: str or None. The prompt of `encode` where none is asked for.
        similarity_function: str. "cosine", "dot", or the negated distance "euclidean" or
            "manhattan". Default "cosine".
        truncate_dim: int or None. The number of features that `encode` keeps, in models trained for
            that (Kusupati et al., 2022, 2205.13147); None for all.
        **kwargs: `name`, `trainable` of `keras.Model`, and `compile` (bool, default True).

    Call arguments:
        inputs: the backbone's inputs, with an axis for the columns before the tokens if there are
            several texts a row.
        training: bool. Whether dropout is applied.

    Returns:
        float `[batch, dim]`, or `[batch, columns, dim]`.

    Raises:
        ValueError: an argument has a value that is not listed here, `default_prompt_name` is not in
            `prompts`, or `truncate_dim` is larger than the embeddings.

    Example:
        >>> embedder = nlpkit.models.TextEmbedder.from_preset("bert_nano_en_uncased_sst2")
        >>> embeddings = embedder.encode(["A fine film.", "A good movie!", "So boring."])
        >>> scores = embedder.similarity(embeddings[0], embeddings[1:])
        >>> bool(scores[0, 0] > scores[0, 1])
        True
    """

    preprocessor_class: ClassVar[type[Preprocessor] | None] = TextEmbedderPreprocessor
    fits_any_backbone: ClassVar[bool] = True

    def __init__(
        self,
        backbone: Backbone,
        preprocessor: Preprocessor | None = None,
        *,
        pooling: str | None = None,
        projections: Sequence[Mapping[str, Any]] = (),
        normalize: bool = True,
        prompts: Mapping[str, str] | None = None,
        default_prompt_name: str | None = None,
        similarity_function: str = "cosine",
        truncate_dim: int | None = None,
        **kwargs: Any,
    ) -> None:
        check_choice("similarity_function", similarity_function, sentence_transformers.SIMILARITIES)
        if default_prompt_name is not None and default_prompt_name not in (prompts or {}):
            raise ValueError(
                f"default_prompt_name must be one of prompts, {list(prompts or {})}; got "
                f"{default_prompt_name!r}."
            )
        check_choice("pooling", pooling or _usual_pooling(backbone), POOLINGS)
        dtype = backbone.dtype_policy
        outputs = pooled(backbone, pooling or _usual_pooling(backbone))
        make = LayerFactory(INITIALIZER_RANGE, dtype)
        if len(projections) > _MOST_PROJECTIONS:
            raise ValueError(
                f"projections must be at most {_MOST_PROJECTIONS} layers; got {len(projections)}."
            )
        for i, projection in enumerate(projections):
            units, activation, use_bias = _read_projection(projection)
            name = f"projection_{i}"
            outputs = make.dense(units, name, use_bias=use_bias, activation=activation)(outputs)
        if normalize:
            outputs = keras.layers.UnitNormalization(dtype=dtype, name="normalization")(outputs)
        super().__init__(
            backbone.input, outputs, backbone=backbone, preprocessor=preprocessor, **kwargs
        )
        self.pooling = pooling
        self.projections = projections
        self.normalize = normalize
        self.prompts = prompts
        self.default_prompt_name = default_prompt_name
        self.similarity_function = similarity_function
        self.truncate_dim = truncate_dim
        self._check_dim(truncate_dim)
        self._compile_itself()

    @property
    def embedding_dim(self) -> int:
        """The size of an embedding, before `truncate_dim`."""
        return int(self.outputs[0].shape[-1])

    def compile(
        self,
        optimizer: KerasIdentifier = "auto",
        loss: KerasIdentifier = "auto",
        **kwargs: Any,
    ) -> None:
        """Configure training.

        Args:
            optimizer: as for `keras.Model.compile`; "auto" is Adam (2e-5).
            loss: one of `nlpkit.losses`; "auto" is `MultipleNegativesRankingLoss`.
            **kwargs: further arguments of `keras.Model.compile`.
        """
        loss = MultipleNegativesRankingLoss() if loss == "auto" else loss
        optimizer = keras.optimizers.Adam(2e-5) if optimizer == "auto" else optimizer
        super().compile(optimizer=optimizer, loss=loss, **kwargs)

    def __call__(self, inputs: Data, *args: Any, **kwargs: Any) -> Any:
        """Run on the backbone's inputs; see the class."""
        run = super().__call__
        return self._of_columns(inputs, lambda rows: run(rows, *args, **kwargs))

    def call(self, inputs: Data, training: bool | None = None, mask: Any = None) -> Any:
        """Run on the backbone's inputs."""
        run = super().call
        return self._of_columns(inputs, lambda rows: run(rows, training=training, mask=mask))

    def encode(
        self,
        inputs: Data,
        prompt_name: str | None = None,
        prompt: str | None = None,
        batch_size: int = 32,
        show_progress_bar: bool | None = None,
        *,
        normalize_embeddings: bool = False,
        truncate_dim: int | None = None,
        convert_to_tensor: bool = False,
    ) -> Any:
        """Compute the embeddings of texts, sorted by length to save padding.

        Args:
            inputs: str, or texts in a list, array or column.
            prompt_name: str or None. The name of the prompt that texts begin with; None for the
                default one.
            prompt: str or None. The prompt itself, in place of one of `prompts`.
            batch_size: int. Default 32.
            show_progress_bar: bool or None. None shows one after two seconds.
            normalize_embeddings: bool. Whether to scale them to length 1, after truncation.
            truncate_dim: int or None. The number of features to keep; None for the model's own.
            convert_to_tensor: bool. Whether to return a tensor of the backend.

        Returns:
            float32 array `[texts, dim]`, in the order of `inputs`; `[dim]` for a str.

        Raises:
            TypeError: `inputs` are no strings.
            ValueError: there is no such prompt, `truncate_dim` is larger than the embeddings, or
                the embedder has no preprocessor.
        """
        dim = self.truncate_dim if truncate_dim is None else truncate_dim
        self._check_dim(dim)
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1; got {batch_size}.")
        texts = self._with_prompt(self._texts(inputs), prompt_name, prompt)
        rows = run_by_length(
            self._run,
            self._preprocess,
            texts,
            lengths=[len(text) for text in texts],
            batch_size=batch_size,
            verbose=0 if show_progress_bar is False else 1,
        )
        embeddings = np.stack(rows) if rows else np.zeros((0, self.embedding_dim))
        embeddings = embeddings[:, :dim].astype("float32")
        if normalize_embeddings:
            embeddings = similarity.unit_length(embeddings)
        found = embeddings[0] if isinstance(inputs, str | bytes) else embeddings
        return keras.ops.convert_to_tensor(found) if convert_to_tensor else found

    def encode_query(self, inputs: Data, prompt_name: str | None = None, **kwargs: Any) -> Any:
        """Compute the embeddings of queries: as `encode`, with the prompt "query" if there is one.

        Args:
            inputs: str, or texts.
            prompt_name: str or None. The name of another prompt.
            **kwargs: of `encode`.
        """
        return self._encode_as(("query",), inputs, prompt_name, **kwargs)

    def encode_document(self, inputs: Data, prompt_name: str | None = None, **kwargs: Any) -> Any:
        """Compute the embeddings of documents, which `encode_query` is to find.

        The prompt is the first of "document", "passage" and "corpus" that there is.

        Args:
            inputs: str, or texts.
            prompt_name: str or None. The name of another prompt.
            **kwargs: of `encode`.
        """
        return self._encode_as(("document", "passage", "corpus"), inputs, prompt_name, **kwargs)

    def similarity(self, embeddings1: Tensor, embeddings2: Tensor) -> np.ndarray:
        """Compute the similarity of every embedding to every other one.

        Args:
            embeddings1: float `[n, dim]` or `[dim]`.
            embeddings2: float `[m, dim]` or `[dim]`.

        Returns:
            float32 array `[n, m]`.
        """
        return similarity.similarity(embeddings1, embeddings2, self.similarity_function)

    def similarity_pairwise(self, embeddings1: Tensor, embeddings2: Tensor) -> np.ndarray:
        """Compute the similarity of each embedding to the one in the same row.

        Args:
            embeddings1, embeddings2: float `[n, dim]`.

        Returns:
            float32 array `[n]`.
        """
        return similarity.similarity_pairwise(embeddings1, embeddings2, self.similarity_function)

    def _encode_as(
        self, names: Sequence[str], inputs: Data, prompt_name: str | None, **kwargs: Any
    ) -> Any:
        if prompt_name is None and kwargs.get("prompt") is None:
            found = next((name for name in names if name in (self.prompts or {})), None)
            # The default prompt is for texts that are neither.
            kwargs["prompt"] = (self.prompts or {})[found] if found else ""
        return self.encode(inputs, prompt_name, **kwargs)

    def _with_prompt(self, texts: list[str], name: str | None, prompt: str | None) -> list[str]:
        known = self.prompts or {}
        name = self.default_prompt_name if name is None else name
        if prompt is None and name is not None:
            if name not in known:
                raise ValueError(f"prompt_name must be one of {list(known)}; got {name!r}.")
            prompt = known[name]
        return [prompt + text for text in texts] if prompt else texts

    def _texts(self, inputs: Data) -> list[str]:
        if self.preprocessor is None:
            raise ValueError(
                f"{type(self).__name__} encodes text with its preprocessor; this one has none. "
                "For preprocessed input there is predict."
            )
        if isinstance(inputs, str | bytes):
            inputs = [inputs]
        column = read_column(inputs, "inputs")
        self.preprocessor.check(column)
        return [text if isinstance(text, str) else text.decode() for text in column]

    def _preprocess(self, texts: list[str]) -> dict[str, np.ndarray]:
        preprocessor: Any = self.preprocessor
        features: dict[str, np.ndarray] = preprocessor(texts)
        return features

    def _run(self, features: dict[str, np.ndarray]) -> Any:
        # Task's own takes strings.
        return super(Task, self).predict_on_batch(features)

    def _check_dim(self, dim: int | None) -> None:
        if dim is not None and not 0 < dim <= self.embedding_dim:
            raise ValueError(
                f"truncate_dim must be from 1 to {self.embedding_dim}, the size of an embedding; "
                f"got {dim}."
            )

    def _reader(self, labelled: bool = True) -> Any:
        return RowReader.of(self, labelled)

    def _weights(self, y: Tensor, y_pred: Tensor, sample_weight: Tensor) -> Any:
        # A loss has one number for a row of texts.
        return super()._weights(
            y, y_pred[:, 0] if len(y_pred.shape) == 3 else y_pred, sample_weight
        )

    def _of_columns(self, inputs: Data, run: Callable[[Any], Any]) -> Any:
        """Run on inputs `[batch, columns, length]` as rows of their own, in mini batches if any."""
        token_ids = inputs.get("token_ids") if isinstance(inputs, dict) else None
        if token_ids is None or len(token_ids.shape) != 3:
            return run(inputs)
        count = token_ids.shape[1]
        rows = {name: ops.reshape(x, (-1, ops.shape(x)[-1])) for name, x in inputs.items()}
        size = getattr(self.loss, "mini_batch_size", None) if self.compiled else None
        if size is None or isinstance(token_ids, keras.KerasTensor):
            outputs = run(rows)
        else:
            outputs = run_in_mini_batches(self, run, rows, size)
        return ops.reshape(outputs, (-1, count, self.embedding_dim))

    @classmethod
    def head_on(cls, backbone_class: type[Backbone]) -> HeadTable | None:
        """No family's checkpoints contain the head: it is described beside them."""
        return None

    def table_of_head(self) -> list[Line]:
        """The weight table of the dense layers, each in a folder of its own."""
        return [
            line
            for i, projection in enumerate(self.projections)
            for line in _projection_table(i, projection)
        ]

    @property
    def hf_architecture(self) -> str:
        """The class of the backbone: the rest is told by sentence-transformers' files."""
        return type(self.backbone).hf_architecture

    @classmethod
    def head_of_folder(cls, folder: FolderFiles) -> tuple[dict[str, Any], dict[str, str]]:
        """What a sentence-transformers folder states; see `Task.head_of_folder`."""
        if folder.has(sentence_transformers.MODULES):
            return sentence_transformers.read_embedder(folder)
        warn(
            f"{folder} has no {sentence_transformers.MODULES}, so it is not a preset of an "
            "embedder. Its hidden states are pooled as is usual: the mean of all tokens of an "
            "encoder, the last one of a decoder. Embeddings of a model that was not trained for "
            "them say little."
        )
        return {"normalize": False}, {}

    def save_files(self, folder: Path) -> list[str]:
        """Write what sentence-transformers reads beside the backbone; returns the files' names."""
        arguments = {
            "pooling": self.pooling or _usual_pooling(self.backbone),
            "projections": self.projections,
            "normalize": self.normalize,
            "prompts": self.prompts,
            "default_prompt_name": self.default_prompt_name,
            "similarity_function": self.similarity_function,
            "truncate_dim": self.truncate_dim,
            "sequence_length": getattr(self.preprocessor, "sequence_length", None),
        }
        pooled_dim = self.get_layer("pooling").output.shape[-1]
        sizes = [pooled_dim, *(projection["units"] for projection in self.projections)]
        return sentence_transformers.write_embedder(arguments, sizes, folder)


def _usual_pooling(backbone: Backbone) -> str:
    return "mean" if backbone.head is None else "last"


def _read_projection(projection: Mapping[str, Any]) -> tuple[int, str, bool]:
    units = projection.get("units")
    if not isinstance(units, int) or units < 1 or not {*projection} <= {*_PROJECTION_KEYS}:
        raise ValueError(
            f"A projection is a dict of {', '.join(_PROJECTION_KEYS)}, of which units must be a "
            f"positive number; got {dict(projection)!r:.200}."
        )
    activation = projection.get("activation", "linear")
    check_choice("activation", activation, sentence_transformers.ACTIVATIONS)
    return units, activation, projection.get("use_bias", True)


def _projection_table(index: int, projection: Mapping[str, Any]) -> list[Line]:
    prefix = sentence_transformers.weights_prefix(index)
    bias = f"projection_{index}/bias <- {prefix}linear.bias\n"
    kernel = f"projection_{index}/kernel <- {prefix}linear.weight | transpose\n"
    return parse(kernel + (bias if projection.get("use_bias", True) else ""))
