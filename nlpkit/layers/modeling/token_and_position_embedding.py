"""TokenAndPositionEmbedding: the sum of token and position embeddings."""

from typing import Any

import keras

from nlpkit._config import Configurable
from nlpkit._types import Initializer, Shape, Tensor
from nlpkit.layers.modeling.position_embedding import PositionEmbedding
from nlpkit.layers.modeling.reversible_embedding import ReversibleEmbedding
from nlpkit.modules.dense import fresh


class TokenAndPositionEmbedding(Configurable, keras.Layer):
    """Add the embedding of each token to the learned embedding of its position.

    The two tables are the sub-layers `token_embedding` (a `ReversibleEmbedding`) and
    `position_embedding` (a `PositionEmbedding`).

    Args:
        vocabulary_size: int. The size of the vocabulary.
        sequence_length: int. The longest sequence.
        embedding_dim: int. The size of an embedding.
        tie_weights: bool. Whether `token_embedding(x, reverse=True)` uses the same matrix.
        embeddings_initializer: str or `keras.initializers.Initializer`. Initial values of both
            tables.
        mask_zero: bool. Whether id 0 is padding; the mask is then passed on with the outputs.

    Call arguments:
        inputs: int tensor `[batch, seq]`.
        start_index: int or int tensor. The position of the first token. Default 0.
        positions: int tensor `[batch, seq]` or `[seq]`. The position of each token; when given,
            `start_index` is not used.

    Returns:
        Float tensor `[batch, seq, embedding_dim]`.

    Raises:
        ValueError: a size is not a positive integer, or the inputs are longer than
            `sequence_length`.

    Example:
        >>> import numpy as np
        >>> layer = nlpkit.layers.TokenAndPositionEmbedding(
        ...     vocabulary_size=100, sequence_length=16, embedding_dim=8
        ... )
        >>> tuple(layer(np.array([[4, 7, 1]])).shape)
        (1, 3, 8)
    """

    def __init__(
        self,
        vocabulary_size: int,
        sequence_length: int,
        embedding_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Initializer = "uniform",
        mask_zero: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.sequence_length = sequence_length
        self.embedding_dim = embedding_dim
        self.tie_weights = tie_weights
        self.embeddings_initializer = embeddings_initializer
        self.mask_zero = mask_zero
        self.supports_masking = True
        self.token_embedding = ReversibleEmbedding(
            vocabulary_size,
            embedding_dim,
            tie_weights=tie_weights,
            embeddings_initializer=fresh(embeddings_initializer),
            mask_zero=mask_zero,
            dtype=self.dtype_policy,
            name="token_embedding",
        )
        self.position_embedding = PositionEmbedding(
            sequence_length,
            initializer=fresh(embeddings_initializer),
            dtype=self.dtype_policy,
            name="position_embedding",
        )

    def build(self, inputs_shape: Shape) -> None:
        self.token_embedding.build(inputs_shape)
        self.position_embedding.build((*inputs_shape, self.embedding_dim))

    def call(self, inputs: Tensor, start_index: Tensor = 0, positions: Tensor = None) -> Any:
        tokens = self.token_embedding(inputs)
        places = self.position_embedding(tokens, start_index=start_index, positions=positions)
        return tokens + places

    def compute_mask(self, inputs: Tensor, mask: Tensor = None) -> Any:
        return keras.ops.not_equal(inputs, 0) if self.mask_zero else mask

    def compute_output_spec(
        self, inputs: Tensor, start_index: Tensor = 0, positions: Tensor = None
    ) -> keras.KerasTensor:
        tokens = keras.KerasTensor(self.compute_output_shape(inputs.shape), self.compute_dtype)
        return self.position_embedding.compute_output_spec(tokens, start_index, positions)

    def compute_output_shape(self, inputs_shape: Shape) -> tuple[int | None, ...]:
        return (*inputs_shape, self.embedding_dim)
