"""ReversibleEmbedding: token embeddings that also project back to logits."""

from typing import Any

import keras

from nlpkit._config import Configurable
from nlpkit._types import Initializer, KerasIdentifier, Tensor
from nlpkit.modules.calling.direct_call import DirectCall
from nlpkit.modules.embedding_table import embedded
from nlpkit.ops import backend


class ReversibleEmbedding(DirectCall, Configurable, keras.layers.ReversibleEmbedding):
    """Embed token ids, and project hidden states back to logits over the vocabulary.

    With `reverse=True` the inputs are multiplied by the transposed embeddings (Press & Wolf, 2016,
    arXiv:1608.05859), or by a matrix of its own if `tie_weights=False`. This is
    `keras.layers.ReversibleEmbedding`, except that the logits keep the mask of the inputs and that
    `reverse_dtype` also applies in a functional graph.

    Args:
        input_dim: int. The size of the vocabulary.
        output_dim: int. The size of an embedding.
        tie_weights: bool. Whether the reverse projection uses the embeddings.
        embeddings_initializer: str or `keras.initializers.Initializer`. Initial values.
        embeddings_regularizer: str, `keras.regularizers.Regularizer` or None.
        embeddings_constraint: str, `keras.constraints.Constraint` or None.
        mask_zero: bool. Whether id 0 is padding and masked.
        reverse_dtype: str or None. The dtype of the reverse projection; None means the compute
            dtype.
        logit_soft_cap: float or None. If c, the logits become `tanh(logits / c) * c`.

    Call arguments:
        inputs: int tensor of ids, any shape; with `reverse=True` float tensor `[..., output_dim]`.
        reverse: bool. Whether to project back. Default False.

    Returns:
        Float tensor `[..., output_dim]`, or logits `[..., input_dim]` with `reverse=True`.

    Example:
        >>> import numpy as np
        >>> embedding = nlpkit.layers.ReversibleEmbedding(input_dim=100, output_dim=8)
        >>> hidden = embedding(np.array([[4, 7, 1]]))
        >>> logits = embedding(hidden, reverse=True)
        >>> tuple(hidden.shape), tuple(logits.shape)
        ((1, 3, 8), (1, 3, 100))
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Initializer = "uniform",
        embeddings_regularizer: KerasIdentifier = None,
        embeddings_constraint: KerasIdentifier = None,
        mask_zero: bool = False,
        reverse_dtype: str | None = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            input_dim,
            output_dim,
            tie_weights=tie_weights,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            reverse_dtype=reverse_dtype,
            logit_soft_cap=logit_soft_cap,
            **kwargs,
        )
        self.supports_masking = True

    def call(self, inputs: Tensor, reverse: bool = False) -> Any:
        if not reverse:
            return embedded(self, inputs)
        if self.reverse_dtype is not None:
            return super().call(inputs, reverse=True)
        kernel = self.embeddings if self.tie_weights else self.reverse_embeddings
        kernel = keras.ops.convert_to_tensor(kernel)
        if inputs.dtype != kernel.dtype:
            return super().call(inputs, reverse=True)
        logits = backend.linear(inputs, keras.ops.transpose(kernel) if self.tie_weights else kernel)
        cap = self.logit_soft_cap
        return logits if cap is None else keras.ops.tanh(logits / cap) * cap

    def compute_mask(self, inputs: Tensor, mask: Tensor = None) -> Any:
        """Mask ids that are 0 with `mask_zero`; otherwise pass on the mask of the inputs."""
        if self.mask_zero and "int" in keras.backend.standardize_dtype(inputs.dtype):
            return keras.layers.Embedding.compute_mask(self, inputs)
        return mask

    def compute_output_spec(self, inputs: Tensor, reverse: bool = False) -> keras.KerasTensor:
        dtype = self.reverse_dtype if reverse else None
        shape = self.compute_output_shape(inputs.shape, reverse)
        return keras.KerasTensor(shape, dtype=dtype or self.compute_dtype)

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        # Keras' check rejects every class but its own, though ours computes the same.
        super().quantize(mode, type_check=False, config=config)
