"""What changes from call to call of a sampler's loop, without compiling it anew."""

from collections.abc import Mapping
from dataclasses import field

from nlpkit._types import Tensor
from nlpkit.ops.tree import static, tree


@tree
class Plan:
    """The values that a loop takes beside its state.

    Axes: R rows, L tokens of a row, N stop tokens.

    Attributes:
        stop_token_ids: int32 `[N]`.
        limits: int32 `[R]`. The maximum number of tokens to generate.
        streams: int32 `[R, 2]`. The seed and the draw of a row's random numbers.
        parameters: what `Sampler.parameters` returns, each a scalar: float32 or, for counts, int32.
            A mapping rather than fields, because a custom sampler adds its own, and loops are
            compiled for those that are present.
        kept: bool `[R, L]`, which given tokens are kept, if a sampler is called; None for none.
        rules: those given of the int32 scalars `min_length`, `min_new_tokens`,
            `forced_bos_token_id` and `forced_eos_token_id`; of `suppressed_ids` and
            `suppressed_first_ids`, int32 `[M]`, which never come, or not as the first new token; of
            `bad_words`, int32 `[M, K]`, sequences that never come, each after entries of -1; and of
            `timestamps`, int32 `[3]`. See `nlpkit.samplers.loop.rules`.
        ngram: int, static. The number of tokens in a row that no text has twice; 0 for any.
    """

    stop_token_ids: Tensor
    limits: Tensor
    streams: Tensor
    parameters: Mapping[str, Tensor]
    kept: Tensor = None
    rules: Mapping[str, Tensor] = field(default_factory=dict)
    ngram: int = static(default=0)

    @property
    def has_rules(self) -> bool:
        """Whether any rule excludes tokens."""
        return bool(self.rules or self.ngram)
