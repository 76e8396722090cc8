"""MaskedLMHead: predictions for masked tokens."""

from typing import Any, ClassVar

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Activation, Initializer, Shape, Tensor
from nlpkit.layers.modeling.reversible_embedding import ReversibleEmbedding
from nlpkit.modules.activation import get_activation
from nlpkit.modules.dense import built_dense, check_initializers, fresh


class MaskedLMHead(Configurable, keras.Layer):
    """Predict the tokens at the masked positions from an encoder's output.

    `activation(E norm(f(W x + b)) + c)` for the vector x at each masked position, where E are the
    token embeddings `[vocabulary, dim]`: tied to the encoder's if given as `token_embedding`
    (Press & Wolf, 2016, arXiv:1608.05859), otherwise a matrix of the head's own. The sub-layers
    are `dense` and `layer_norm`; the bias c is the weight `output_bias`.

    Args:
        vocabulary_size: int or None. The number of predicted classes; required if no
            embeddings are given.
        token_embedding: `ReversibleEmbedding` or None. A layer whose weights project to the
            vocabulary.
        intermediate_activation: str or callable. The activation f.
        activation: str, callable or None. The activation of the output; None returns logits,
            "softmax" probabilities.
        layer_norm_epsilon: float. Added to the variance in the normalization.
        kernel_initializer: str or `keras.initializers.Initializer`. For the dense kernel, and for
            the embeddings if they are the head's own.
        bias_initializer: str or `keras.initializers.Initializer`. For both biases.
        embedding_weights: `keras.Variable` or matrix `[vocabulary, dim]`, or None. The way
            KerasNLP 0.6 gives the embeddings. A variable is shared with its owner; a matrix is
            copied into a weight of the head's own. It is not part of the configuration, so in a
            model loaded from a `.keras` file the head has a copy, no longer tied.
        use_bias: bool. Whether the dense layer has a bias.
        norm_bias: bool. Whether the normalization adds a bias.
        transform: bool. Whether there are a dense layer and a normalization; without them the
            projection is of x itself.
        use_output_bias: bool. Whether the projection adds the bias c.

    Call arguments:
        inputs: float tensor `[batch, seq, dim]`.
        mask_positions: int tensor `[batch, masks]`. The positions to predict in each row.

    Returns:
        Float tensor `[batch, masks, vocabulary]`, without a mask.

    Raises:
        ValueError: neither a vocabulary size nor embeddings are given, both kinds of embeddings
            are, or `vocabulary_size` does not match them.
        TypeError: `token_embedding` is a layer that cannot project back to the vocabulary.

    Example:
        >>> import numpy as np
        >>> embedding = nlpkit.layers.ReversibleEmbedding(input_dim=100, output_dim=8)
        >>> hidden = embedding(np.array([[4, 7, 1]]))
        >>> head = nlpkit.layers.MaskedLMHead(token_embedding=embedding)
        >>> logits = head(hidden, mask_positions=np.array([[0, 2]]))
        >>> tuple(logits.shape)
        (1, 2, 100)
    """

    assets: ClassVar[tuple[str, ...]] = ("embedding_weights",)

    def __init__(
        self,
        vocabulary_size: int | None = None,
        token_embedding: keras.layers.ReversibleEmbedding | None = None,
        intermediate_activation: Activation = "relu",
        activation: Activation = None,
        layer_norm_epsilon: float = 1e-5,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        embedding_weights: Tensor = None,
        *,
        use_bias: bool = True,
        norm_bias: bool = True,
        transform: bool = True,
        use_output_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_initializers(kernel_initializer=kernel_initializer, bias_initializer=bias_initializer)
        get_activation(intermediate_activation)
        self.vocabulary_size = _rows(vocabulary_size, token_embedding, embedding_weights)
        self.token_embedding = token_embedding
        self.intermediate_activation = intermediate_activation
        self.activation = activation
        self.layer_norm_epsilon = layer_norm_epsilon
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.use_bias = use_bias
        self.norm_bias = norm_bias
        self.transform = transform
        self.use_output_bias = use_output_bias
        self._activation = get_activation(activation)
        self._own_embedding = None
        if embedding_weights is not None:
            self._own_embedding = self._embedding_of(embedding_weights)

    @property
    def embedding_weights(self) -> Any:
        """The matrix `[vocabulary, dim]` that projects to the vocabulary."""
        return self._embedding.embeddings

    @property
    def _embedding(self) -> Any:
        return self._own_embedding if self.token_embedding is None else self.token_embedding

    def _new_embedding(self, dim: int) -> ReversibleEmbedding:
        return ReversibleEmbedding(
            self.vocabulary_size,
            dim,
            embeddings_initializer=fresh(self.kernel_initializer),
            dtype=self.dtype_policy,
            name="token_embedding",
        )

    def _embedding_of(self, weights: Tensor) -> ReversibleEmbedding:
        embedding = self._new_embedding(weights.shape[1])
        if isinstance(weights, keras.Variable):
            embedding._embeddings = weights
            embedding.built = True
        else:
            embedding.build()
            embedding.set_weights([ops.convert_to_numpy(weights)])
        return embedding

    def build(self, inputs_shape: Shape, mask_positions_shape: Shape = None) -> None:
        if self._embedding is None:
            self._own_embedding = self._new_embedding(inputs_shape[-1])
        if not self._embedding.built:
            self._embedding.build()
        if self.transform:
            self._build_transform(inputs_shape[-1], self._embedding.output_dim)
        self.output_bias = None
        if self.use_output_bias:
            self.output_bias = self.add_weight(
                name="output_bias",
                shape=(self.vocabulary_size,),
                initializer=fresh(self.bias_initializer),
            )

    def _build_transform(self, input_dim: int, dim: int) -> None:
        self.dense = built_dense(
            self,
            "dense",
            dim,
            (None, None, input_dim),
            activation=get_activation(self.intermediate_activation),
            use_bias=self.use_bias,
        )
        self.layer_norm = keras.layers.LayerNormalization(
            epsilon=self.layer_norm_epsilon,
            center=self.norm_bias,
            dtype=self.dtype_policy,
            name="layer_norm",
        )
        self.layer_norm.build((None, None, dim))

    def call(self, inputs: Tensor, mask_positions: Tensor) -> Any:
        positions = ops.expand_dims(ops.cast(mask_positions, "int32"), -1)
        x = ops.take_along_axis(inputs, positions, axis=1)  # batch masks dim
        if self.transform:
            x = self.layer_norm(self.dense(x))
        logits = ops.cast(self._embedding(x, reverse=True), self.compute_dtype)
        if self.output_bias is not None:
            logits = logits + ops.cast(self.output_bias, self.compute_dtype)
        return self._activation(logits)

    def compute_mask(self, inputs: Tensor, mask: Tensor = None) -> None:
        """Return None: the mask of the inputs is for tokens, not for predictions."""

    def compute_output_shape(self, inputs_shape: Shape, mask_positions_shape: Shape) -> Any:
        return (*mask_positions_shape, self.vocabulary_size)


def _rows(vocabulary_size: int | None, token_embedding: Any, embedding_weights: Tensor) -> int:
    """The vocabulary size, on which all arguments must agree."""
    if token_embedding is not None and embedding_weights is not None:
        raise ValueError(
            "token_embedding and embedding_weights give the same matrix; pass only one of them."
        )
    if token_embedding is not None:
        if not isinstance(token_embedding, keras.layers.ReversibleEmbedding):
            raise TypeError(
                f"token_embedding must be a ReversibleEmbedding; got {token_embedding!r}. The "
                f"matrix of another layer can be passed as embedding_weights."
            )
        rows = token_embedding.input_dim
    elif embedding_weights is not None:
        if len(embedding_weights.shape) != 2:
            raise ValueError(
                f"embedding_weights must have the shape [vocabulary, dim]; "
                f"got {tuple(embedding_weights.shape)}."
            )
        rows = embedding_weights.shape[0]
    else:
        rows = vocabulary_size
    if rows is None:
        raise ValueError(
            "MaskedLMHead needs vocabulary_size, or the embeddings as token_embedding; got neither."
        )
    if vocabulary_size not in (None, rows):
        raise ValueError(
            f"vocabulary_size must equal the number of embeddings; got "
            f"vocabulary_size={vocabulary_size} and {rows} embeddings."
        )
    return rows
