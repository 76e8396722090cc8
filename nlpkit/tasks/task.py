"""Task: the base class of end-to-end models, from raw strings to predictions."""

import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Self

import keras
import numpy as np
from keras import ops
from keras.src.saving.serialization_lib import in_safe_mode

from nlpkit._config import Configurable, refuse_unknown
from nlpkit._foreign_names import explains_names
from nlpkit._types import Data, KerasIdentifier
from nlpkit._warning import warn
from nlpkit.backbones.attached_state import AttachedState
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.heads import HeadTable
from nlpkit.preprocessors.examples.columns import read_array
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.presets.folders.folder_files import FolderFiles
from nlpkit.presets.layouts.config_reader import ConfigReader
from nlpkit.presets.loading.deferred import immediate_initialization
from nlpkit.presets.mapping.weight_table import Line
from nlpkit.presets.preset import FromPreset
from nlpkit.tasks.data.example_reader import ExampleReader, refuse_single
from nlpkit.tasks.data.labels import Labels
from nlpkit.tasks.data.pipeline_errors import python_errors
from nlpkit.tasks.data.text_dataset import is_batched_source, map_batches, split_examples
from nlpkit.tasks.shared.parts import check_dtype, check_family, check_vocabulary
from nlpkit.tasks.shared.summary import summary_of
from nlpkit.tasks.shared.weighted_means import WeightedMeans

if TYPE_CHECKING:
    from nlpkit._keras import Model
else:
    Model = keras.Model


class Task(FromPreset, Configurable, WeightedMeans, AttachedState, Model):
    """A backbone, a head and a preprocessor in one model that trains on raw strings.

    `fit`, `evaluate` and `predict` take strings in lists, arrays, columns of tables (pandas,
    polars, pyarrow, datasets) and whole tables, `tf.data` datasets, `PyDataset`s, PyTorch
    `DataLoader`s, generators and streams, and preprocess them lazily. A tuple holds columns, one
    for each segment of a text; a list holds rows, and a row that is a tuple or list of strings is a
    pair. Texts, labels and weights in memory are validated before anything is computed. With
    `preprocessor=None` the methods take preprocessed input, like any Keras model.

    Args:
        inputs, outputs: the functional graph over the backbone; positional only.
        backbone: `Backbone`.
        preprocessor: `Preprocessor` or None.
        **kwargs: `name`, `trainable` of `keras.Model`; `compile` (bool, default True; if False,
            `compile` must be called).
    """

    preset_kind: ClassVar[str] = "task"
    # A family sets: the classes of its parts;
    backbone_class: ClassVar[type[Backbone]] = Backbone
    preprocessor_class: ClassVar[type[Preprocessor] | None] = None
    # A kind of task: whether it uses the backbone's pooled output.
    pools: ClassVar[bool] = False

    def __init__(
        self,
        inputs: Data,
        outputs: Any,
        /,
        *,
        backbone: Backbone,
        preprocessor: Preprocessor | None = None,
        **kwargs: Any,
    ) -> None:
        check_family("backbone", backbone, self.backbone_class)
        needed = self.preprocessor_class if self.backbone_class is not Backbone else None
        if preprocessor is not None and needed is not None:
            check_family("preprocessor", preprocessor, needed)
        self_compiled = kwargs.pop("compile", True)
        check_dtype(kwargs.pop("dtype", None), backbone)
        refuse_unknown(type(self), kwargs)
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)
        self._self_compiled = self_compiled
        self._ignored: frozenset[str] = frozenset()
        self.backbone = backbone
        self.preprocessor = preprocessor
        self.dtype_policy = backbone.dtype_policy
        check_vocabulary(preprocessor, backbone)

    def __repr__(self) -> str:
        size = f"{type(self.backbone).__name__} of {self.backbone.count_params():,} parameters"
        before = type(self.preprocessor).__name__ if self.preprocessor else "no preprocessor"
        return f"<{type(self).__name__} {self.name!r}: {size}, {before}>"

    @classmethod
    def head_on(cls, backbone_class: type[Backbone]) -> HeadTable | None:
        """Where the head is in Hugging Face checkpoints of a family; None if they have none."""
        heads = backbone_class.heads
        return next((heads[kind.__name__] for kind in cls.__mro__ if kind.__name__ in heads), None)

    def table_of_head(self) -> list[Line]:
        """The weight table of this head.

        Raises:
            ValueError: checkpoints of the family have no such head.
        """
        head = self.head_on(type(self.backbone))
        if head is None:
            raise ValueError(
                f"Hugging Face's format has no head of a {type(self).__name__} for a "
                f"{type(self.backbone).__name__}; save its backbone, or the whole with "
                'model.save("….keras").'
            )
        return head.on(self.backbone.get_config()).lines

    @classmethod
    def holds_head(
        cls,
        backbone_class: type[Backbone],
        tensors: Collection[str],
        backbone_arguments: Mapping[str, Any],
    ) -> bool:
        """Whether a Hugging Face checkpoint contains the head.

        Args:
            backbone_class: the family.
            tensors: names of the checkpoint's tensors.
            backbone_arguments: dict. What the backbone is built with.
        """
        head = cls.head_on(backbone_class)
        return head is not None and head.on(backbone_arguments).is_among(tensors)

    @property
    def hf_architecture(self) -> str:
        """The class of transformers that has the head; "" if there is none."""
        head = self.head_on(type(self.backbone))
        return head.architecture if head else ""

    @property
    def hf_prefix(self) -> str:
        """What the backbone's tensors start with in Hugging Face's checkpoints of this task."""
        if self.fits_any_backbone:
            return ""
        head = self.head_on(type(self.backbone))
        return self.backbone.hf_prefix if head is None or head.prefix is None else head.prefix

    @classmethod
    def head_of_folder(cls, folder: FolderFiles) -> tuple[dict[str, Any], dict[str, str]]:
        """Read the head of a task that fits any backbone from a Hugging Face folder.

        Returns:
            The head's arguments; and the files of its weights in subfolders, each with what the
            names of its tensors start with in the weight table.
        """
        return {}, {}

    @classmethod
    def from_hf_head_config(
        cls, reader: ConfigReader, backbone_class: type[Backbone]
    ) -> dict[str, Any]:
        """Read the head's arguments from a Hugging Face configuration.

        Args:
            reader: of the configuration.
            backbone_class: the family, whose name for an argument may be its own.
        """
        return {}

    def hf_head_config(self) -> dict[str, Any]:
        """What a Hugging Face configuration says of the head."""
        return {}

    def _reader(self, labelled: bool = True) -> Any:
        """What reads the examples of a task with a preprocessor."""
        return ExampleReader.of(self, labelled)

    def __call__(self, inputs: Data, *args: Any, **kwargs: Any) -> Any:
        """Run on the backbone's inputs; see the class."""
        return super().__call__(self._complete(inputs), *args, **kwargs)

    def call(self, inputs: Data, training: bool | None = None, mask: Any = None) -> Any:
        """Run on the backbone's inputs."""
        inputs = self._known_inputs(self._complete(inputs))
        return super().call(inputs, training=training, mask=mask)

    def _complete(self, inputs: Data) -> Data:
        """The inputs with segment ids, where the model has them and its tokenizer does not."""
        is_dict = isinstance(inputs, dict) and inputs.get("token_ids") is not None
        if not is_dict or "segment_ids" not in self._inputs_struct or "segment_ids" in inputs:
            return inputs
        token_ids = inputs["token_ids"]
        is_tensor = ops.is_tensor(token_ids)
        zeros = ops.zeros_like(token_ids) if is_tensor else np.zeros(np.shape(token_ids), "int32")
        return {**inputs, "segment_ids": zeros}

    def _known_inputs(self, inputs: Data) -> Data:
        """The inputs that the model has; Keras would take others for those beside them."""
        if not isinstance(inputs, dict) or not isinstance(self._inputs_struct, dict):
            return inputs
        others = inputs.keys() - self._inputs_struct.keys()
        # A preprocessor may number segments that the model does not tell apart.
        if new := others - {"segment_ids"} - self._ignored:
            self._ignored |= new
            warn(
                f"{type(self).__name__} takes the inputs {list(self._inputs_struct)}; it ignores "
                f"{sorted(new)}.",
            )
        return {name: x for name, x in inputs.items() if name not in others} if others else inputs

    def _compile_itself(self) -> None:
        """Compile with the defaults of the class, unless `compile=False` was given."""
        if self._self_compiled:
            with immediate_initialization():
                self.compile()

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Rebuild a task, compiled as a new one is.

        Within `keras.saving.load_model` Keras compiles it afterwards, unless told not to.
        """
        return super().from_config({"compile": in_safe_mode() is None, **config})

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of `compile`, and whether training has begun."""
        config: dict[str, Any] = super().get_compile_config() or {}
        begun = self.optimizer is not None and self.optimizer.built if config else False
        return config and {**config, "training_has_begun": begun}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as `get_compile_config` says, the optimizer's variables included."""
        given = keras.saving.deserialize_keras_object(config)
        begun = given.pop("training_has_begun", True)
        self.compile(**given)
        if self.optimizer is not None and self.built and begun:
            self.optimizer.build(self.trainable_variables)

    def summary(self, *args: Any, print_fn: Any = None, **kwargs: Any) -> None:
        """Print the preprocessor, then the layers; arguments as `keras.Model.summary`."""
        if self.preprocessor is not None:
            (print_fn or print)(summary_of(self.preprocessor))
        super().summary(*args, print_fn=print_fn, **kwargs)

    @explains_names
    def fit(
        self,
        x: Data = None,
        y: Data = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: KerasIdentifier = None,
        validation_split: float = 0.0,
        validation_data: Data = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Data = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
    ) -> Any:
        """Train on raw strings, or on preprocessed input if there is no preprocessor.

        The arguments are those of `keras.Model.fit`. Examples in memory are shuffled for each
        epoch and tokenized batch by batch; `validation_split` holds out the last of them, unless
        `validation_data` is given.

        Returns:
            `keras.callbacks.History`.
        """
        if validation_split and validation_data is None:
            _refuse_split_of_batches(x)
            (x, y, sample_weight), validation_data = split_examples(
                validation_split, *self._read(x, y, sample_weight)
            )
        if validation_data is not None:
            validation_data = self._held_out(validation_data, validation_batch_size or batch_size)
        with _quiet_about(self), python_errors():
            return super().fit(
                **self._source(x, y, sample_weight, batch_size=batch_size, shuffle=shuffle),
                epochs=epochs,
                verbose=verbose,
                callbacks=callbacks,
                validation_data=validation_data,
                class_weight=Labels.of(self).class_weights(class_weight),
                initial_epoch=initial_epoch,
                steps_per_epoch=steps_per_epoch,
                validation_steps=validation_steps,
                validation_batch_size=validation_batch_size,
                validation_freq=validation_freq,
            )

    def evaluate(
        self,
        x: Data = None,
        y: Data = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: Data = None,
        **kwargs: Any,
    ) -> Any:
        """Compute loss and metrics on raw strings; arguments as `keras.Model.evaluate`."""
        if kwargs.get("_use_cached_eval_dataset"):  # Keras' `fit` has prepared the data.
            return super().evaluate(x, y, batch_size, verbose, sample_weight, **kwargs)
        source = self._source(x, y, sample_weight, batch_size=batch_size)
        with python_errors():
            return super().evaluate(**source, verbose=verbose, **kwargs)

    def predict(self, x: Data, batch_size: int | None = None, **kwargs: Any) -> Any:
        """Compute the outputs for raw strings; arguments as `keras.Model.predict`.

        Returns:
            NumPy array `[examples, …]`, in the order of `x`.
        """
        source = self._source(x, batch_size=batch_size, labelled=False)
        with python_errors():
            return super().predict(**source, **kwargs)

    def train_on_batch(
        self, x: Data, y: Data = None, sample_weight: Data = None, **kwargs: Any
    ) -> Any:
        """Take one gradient step on a batch of raw strings."""
        return super().train_on_batch(*self._batch(x, y, sample_weight), **kwargs)

    def test_on_batch(
        self, x: Data, y: Data = None, sample_weight: Data = None, **kwargs: Any
    ) -> Any:
        """Compute loss and metrics on one batch of raw strings."""
        return super().test_on_batch(*self._batch(x, y, sample_weight), **kwargs)

    def predict_on_batch(self, x: Data) -> Any:
        """Compute the outputs for one batch of raw strings."""
        return super().predict_on_batch(self._batch(x, labelled=False)[0])

    def _read(
        self, x: Data, y: Data = None, sample_weight: Data = None, labelled: bool = True
    ) -> tuple[Any, Any, Any]:
        """Convert examples in memory to columns, and validate them before the loop."""
        refuse_single(x)
        if self.preprocessor is not None:
            return self._reader(labelled).read(x, y, sample_weight)
        x, labels = read_array(x, "x"), Labels.of(self)
        self._check_arrays(x)
        y = labels.read(y, needed=labelled)
        return x, y, labels.read_weights(sample_weight, y)

    def _batch(
        self, x: Data, y: Data = None, sample_weight: Data = None, labelled: bool = True
    ) -> tuple[Any, Any, Any]:
        x, y, sample_weight = self._read(x, y, sample_weight, labelled)
        if self.preprocessor is not None:
            packed = self._reader(labelled).preprocessor(x, y, sample_weight)
            x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(packed)
        return x, y, sample_weight

    def _held_out(self, validation_data: Data, batch_size: int | None) -> Any:
        """The validation data of `fit`: a source of batches, or a tuple of arrays."""
        # A list of strings are texts; Keras treats other lists as the tuple.
        is_list = isinstance(validation_data, list) and len(validation_data) in (2, 3)
        is_texts = is_list and isinstance(validation_data[0], str)
        is_given = isinstance(validation_data, tuple) or (is_list and not is_texts)
        held = tuple(validation_data) if is_given else (validation_data,)
        if self.preprocessor is not None:
            return self._source(*held, batch_size=batch_size)["x"]
        return validation_data if is_batched_source(held[0]) else self._read(*held)

    def _source(
        self,
        x: Data,
        y: Data = None,
        sample_weight: Data = None,
        *,
        batch_size: int | None = None,
        shuffle: bool | None = None,
        labelled: bool = True,
    ) -> dict[str, Any]:
        """The arguments for Keras' own method: preprocessed batches, or the input unchanged."""
        refuse_single(x)
        batched = is_batched_source(x)
        if not batched:
            x, y, sample_weight = self._read(x, y, sample_weight, labelled)
        if self.preprocessor is None:
            given = {"x": x, "y": y, "sample_weight": sample_weight, "batch_size": batch_size}
            if shuffle is not None:
                given["shuffle"] = shuffle and not batched
            return {name: value for name, value in given.items() if value is not None}
        # Data in memory is shuffled here; sources of batches keep their order.
        in_order = {} if shuffle is None else {"shuffle": False}
        size = 32 if batch_size is None else batch_size
        reader = self._reader(labelled)
        if not batched:
            dataset = reader.dataset(x, y, sample_weight, batch_size=size, shuffle=bool(shuffle))
            return {"x": dataset, **in_order}
        if y is not None or sample_weight is not None:
            raise ValueError(
                f"A {type(x).__name__} yields its own labels and weights; "
                "y and sample_weight must be None."
            )
        return {"x": map_batches(reader, x, size, reader.over), **in_order}

    def _check_arrays(self, x: Data) -> None:
        """Reject ids past the vocabulary while they are NumPy arrays and can be inspected."""
        if isinstance(x, dict):
            names = {tensor.name for tensor in self.backbone.inputs}
            self.backbone.check_inputs({name: x[name] for name in x if name in names})


@contextmanager
def _quiet_about(task: Task) -> Iterator[None]:
    """Within the block Keras does not report that a task makes no use of its backbone's pooler."""
    with warnings.catch_warnings():
        if not task.pools:
            unused = "Gradients do not exist for variables .*pooled_dense"
            warnings.filterwarnings("ignore", message=unused)
        yield


def _refuse_split_of_batches(x: Data) -> None:
    if is_batched_source(x):
        raise ValueError(
            f"validation_split needs examples in memory; got a {type(x).__name__}. "
            "Split it yourself and pass validation_data."
        )
