"""Mixture of experts: each token uses a few of many feed-forward layers."""

from functools import partial
from typing import Any

import keras
from keras import ops

from nlpkit._config import Configurable
from nlpkit._types import Activation, DType, Initializer, Shape, Tensor
from nlpkit.modules.activation import get_activation
from nlpkit.modules.calling.direct_call import DirectCall
from nlpkit.modules.calling.seed_state import SeedState
from nlpkit.modules.dense import built_dense, fresh
from nlpkit.ops.experts import balance_loss, choose_experts, mix_experts


class ExpertDense(Configurable, keras.layers.Layer):
    """The weights of E dense layers side by side; `Experts` computes with them.

    Args:
        num_experts: int. E.
        units: int. Size of the outputs.
        use_bias: bool. Whether there are biases.
        kernel_initializer, bias_initializer: of each of the E layers.
    """

    def __init__(
        self,
        num_experts: int,
        units: int,
        *,
        use_bias: bool,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_experts = num_experts
        self.units = units
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer

    def build(self, input_shape: Shape) -> None:
        """Make the weights, `[E, in, out]` and `[E, out]`."""
        shape = (self.num_experts, input_shape[-1], self.units)
        self.kernel = self.add_weight(
            shape=shape, initializer=partial(_of_each, self.kernel_initializer), name="kernel"
        )
        self.bias = None
        if self.use_bias:
            bias_shape = (self.num_experts, self.units)
            self.bias = self.add_weight(
                shape=bias_shape, initializer=fresh(self.bias_initializer), name="bias"
            )


def _of_each(initializer: Initializer, shape: Shape, dtype: DType = None) -> Any:
    """A kernel initialized as that of each expert alone would be."""
    first, *rest = [fresh(initializer)(shape[1:], dtype=dtype) for _ in range(shape[0])]
    return ops.stack([first, *rest])


class Experts(SeedState, DirectCall, Configurable, keras.layers.Layer):
    """Compute `sum_e p_e expert_e(x)` over the few experts that a router chooses for each token.

    An expert is a gated feed-forward layer, `output(activation(gate(x)) * intermediate(x))`; the
    router is a dense layer whose largest `experts_per_token` softmax probabilities are the p
    (Shazeer et al., 2017, arXiv:1701.06538; without noise and without a capacity: no token is ever
    dropped, so that the answer for a token does not depend on the others).

    Args:
        num_experts: int. How many experts there are.
        experts_per_token: int. How many of them a token uses.
        intermediate_dim: int. Intermediate size of each expert.
        activation: str or function.
        normalized: bool. Whether the p of a token are divided by their sum.
        use_bias: bool. Whether the router and the experts have biases.
        swiglu_limit: float or None. With a limit l, an expert is instead GPT-OSS's
            `output(swish(min(gate(x), l)) * (1 + clip(intermediate(x), -l, l)))`, where
            `swish(g) = g sigmoid(swiglu_alpha g)`; `activation` is not used.
        swiglu_alpha: float. See there.
        balance_coefficient: float. Coefficient of the load-balancing loss that is added in
            training; see `nlpkit.ops.experts.balance_loss`; 0 for none.
        jitter: float. In training, inputs are multiplied by random numbers from 1 - jitter to
            1 + jitter.
        kernel_initializer, bias_initializer: of the router and of each expert's dense layers.

    Raises:
        ValueError: `experts_per_token` is not in [1, num_experts].
    """

    def __init__(
        self,
        num_experts: int,
        experts_per_token: int,
        intermediate_dim: int,
        *,
        activation: Activation,
        normalized: bool,
        use_bias: bool = False,
        swiglu_limit: float | None = None,
        swiglu_alpha: float = 1.702,
        balance_coefficient: float = 0.0,
        jitter: float = 0.0,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not 1 <= experts_per_token <= num_experts:
            raise ValueError(
                f"experts_per_token must be between 1 and num_experts; got "
                f"experts_per_token={experts_per_token}, num_experts={num_experts}."
            )
        self.num_experts = num_experts
        self.experts_per_token = experts_per_token
        self.intermediate_dim = intermediate_dim
        self.activation = activation
        self.normalized = normalized
        self.use_bias = use_bias
        self.swiglu_limit = swiglu_limit
        self.swiglu_alpha = swiglu_alpha
        self.balance_coefficient = balance_coefficient
        self.jitter = jitter
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.supports_masking = True
        self._activation = get_activation(activation)
        self._seed = keras.random.SeedGenerator() if jitter else None

    def build(self, input_shape: Shape) -> None:
        """Make the router and the experts."""
        width = input_shape[-1]
        self.router = built_dense(
            self, "router", self.num_experts, input_shape, use_bias=self.use_bias
        )
        self.gate = self._dense("gate", width, self.intermediate_dim)
        self.intermediate = self._dense("intermediate", width, self.intermediate_dim)
        self.output_dense = self._dense("output", self.intermediate_dim, width)

    def call(
        self, inputs: Tensor, padding_mask: Tensor = None, training: bool | None = None
    ) -> Any:
        """Map `[B, T, dim]` to `[B, T, dim]`.

        Args:
            inputs: float `[B, T, dim]`.
            padding_mask: bool `[B, T]`, True = real token; which tokens the loss counts.
            training: bool. Whether there is jitter, and the loss is added.
        """
        tokens = ops.reshape(inputs, [-1, inputs.shape[-1]])  # N D
        if training and self.jitter:
            low, high = 1 - self.jitter, 1 + self.jitter
            noise = keras.random.uniform(ops.shape(tokens), low, high, tokens.dtype, self._seed)
            tokens = tokens * noise
        logits = self.router(tokens)  # N E
        experts, weights = choose_experts(logits, self.experts_per_token, self.normalized)
        if training and self.balance_coefficient:
            mask = None if padding_mask is None else ops.reshape(padding_mask, [-1])
            self.add_loss(self.balance_coefficient * balance_loss(logits, experts, mask))
        parts = (self.gate, self.intermediate, self.output_dense)
        parameters = [part.kernel for part in parts]
        if self.use_bias:
            parameters += [part.bias for part in parts]
        parameters = [ops.convert_to_tensor(parameter) for parameter in parameters]
        mixed = mix_experts(tokens, experts, weights, self._expert, parameters)
        return ops.reshape(mixed, ops.shape(inputs))

    def _expert(self, rows: Tensor, *parameters: Any) -> Any:
        kernels, biases = parameters[:3], parameters[3:] or (0, 0, 0)
        gate, inner = (ops.matmul(rows, kernels[i]) + biases[i] for i in range(2))  # S F
        if self.swiglu_limit is None:
            inner = self._activation(gate) * inner
        else:
            gate = ops.minimum(gate, self.swiglu_limit)
            inner = ops.clip(inner, -self.swiglu_limit, self.swiglu_limit)
            inner = gate * ops.sigmoid(self.swiglu_alpha * gate) * (inner + 1)
        return ops.matmul(inner, kernels[2]) + biases[2]

    def _dense(self, name: str, width: int, units: int) -> ExpertDense:
        dense = ExpertDense(
            self.num_experts,
            units,
            use_bias=self.use_bias,
            kernel_initializer=self.kernel_initializer,
            bias_initializer=self.bias_initializer,
            dtype=self.dtype_policy,
            name=name,
        )
        dense.build((None, width))
        return dense

    def compute_output_shape(self, input_shape: Shape, *_: Any, **__: Any) -> Any:
        """The shape of the inputs."""
        return input_shape
