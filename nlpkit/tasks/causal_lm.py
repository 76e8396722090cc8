"""CausalLM: causal language models and text generation."""

from collections.abc import Sequence
from typing import Any

from nlpkit import samplers
from nlpkit._foreign_names import explains_names
from nlpkit._types import Data
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.encoder_decoder import EncoderDecoderBackbone
from nlpkit.generation.options import Options
from nlpkit.generation.prompts import Prompts, read_prompts, width_of
from nlpkit.generation.scoring import Scoring
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.tasks.language_model import LanguageModel
from nlpkit.tasks.task import Task


class CausalLM(LanguageModel, Scoring, Task):
    r"""Predict the next token of a text (Radford et al., 2018), and generate text.

    The head is the transposed token embedding, or a dense layer if the family has an untied
    one. It compiles itself with AdamW (2e-5), sparse categorical cross-entropy and accuracy, both
    weighted, and top-k sampling. `CausalLM.from_preset` finds the family of a preset.

    Args:
        backbone: `Backbone`, a decoder.
        preprocessor: `CausalLMPreprocessor`; None if the input is preprocessed already.
        stop_token_ids: list of int or None. Tokens that end a text, in addition to the
            preprocessor's.
        **kwargs: `name`, `trainable` of `keras.Model`, and `compile` (bool, default True).

    Call arguments:
        inputs: the backbone's inputs.
        training: bool. Whether dropout is applied.

    Returns:
        float `[batch, seq, vocabulary_size]`, the logits of each next token.

    Raises:
        ValueError: the backbone or the preprocessor is of another family.

    Example:
        >>> causal_lm = nlpkit.models.CausalLM.from_preset("gpt2_nano_en_shakespeare")
        >>> causal_lm.generate("ROMEO:", max_new_tokens=6, sampler="greedy")
        "ROMEO:\nI'll not, I"
    """

    def __init__(
        self,
        backbone: Backbone,
        preprocessor: Preprocessor | None = None,
        *,
        stop_token_ids: Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        if backbone.head is None or isinstance(backbone, EncoderDecoderBackbone):
            raise ValueError(f"Expected a decoder backbone; got {backbone.name}.")
        super().__init__(backbone, preprocessor, stop_token_ids, None, **kwargs)

    @explains_names
    def generate(
        self,
        inputs: Data,
        max_length: int | None = None,
        stop_token_ids: Sequence[int | str] | str | None = "auto",
        strip_prompt: bool = False,
        *,
        max_new_tokens: int | None = None,
        stop_strings: Sequence[str] | str | None = None,
        num_return_sequences: int = 1,
        seed: int | Sequence[int] | None = None,
        sampler: str | samplers.Sampler | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
        top_p: float | None = None,
        min_p: float | None = None,
        repetition_penalty: float | None = None,
        truncation: str = "error",
        batch_size: int = 32,
        stream: bool = False,
        verbose: int | str = "auto",
    ) -> Any:
        """Continue prompts.

        The continuation of a prompt does not depend on other prompts of the batch or on padding.

        Args:
            inputs: str, list or array of str, `tf.data.Dataset` of batches; or ids to continue: a
                list of lists, or a dict of `token_ids` and `padding_mask`, `[batch, seq]`, padded
                on either side.
            max_length: int. The maximum number of tokens of a text, including the prompt; by
                default the preprocessor's `sequence_length`, or for a dict the width of its arrays;
                at most the number of the model's positions.
            stop_token_ids: ints or strs. Tokens that end a text; "auto" means the preprocessor's
                and the model's own (`eos_token_id` of a preset), None means none.
            strip_prompt: bool. Whether to return only the continuation.
            max_new_tokens: int. The maximum number of tokens of a continuation.
            stop_strings: str or list of str. Texts that end a continuation, not included in it.
            num_return_sequences: int. The number of continuations of each prompt; if more than 1,
                each prompt gets a list.
            seed: int, or one for each prompt, whose text then depends on nothing else; with one
                int, equal prompts get different random numbers. None uses another seed each time.
            sampler: str or `Sampler`. Replaces that of `compile`.
            temperature, top_k, top_p, min_p, repetition_penalty: numbers that modify the sampler,
                see `nlpkit.samplers`; they turn greedy search into sampling.
            truncation: str. What happens to prompts that are too long: "error", or "left", which
                keeps their end.
            batch_size: int. The number of texts generated at once.
            stream: bool. Whether to return an iterator over chunks of text as they are generated:
                str for a single prompt, for several a list of one chunk each. Their concatenation
                is the continuation.
            verbose: int or str. 0 shows no progress bar; "auto" shows one for long runs.

        Returns:
            str for a str, otherwise a list; for ids, a list of lists or a dict of arrays padded on
            the right, as the inputs are.

        Raises:
            ValueError: a prompt is empty or too long, an argument is out of range or conflicts with
                another, or logits are NaN.
        """
        return self._generate(
            inputs,
            sampler,
            {
                "temperature": temperature,
                "top_k": top_k,
                "top_p": top_p,
                "min_p": min_p,
                "repetition_penalty": repetition_penalty,
            },
            max_length=max_length,
            max_new_tokens=max_new_tokens,
            width=width_of(inputs),
            stop_token_ids=stop_token_ids,
            stop_strings=stop_strings,
            strip_prompt=strip_prompt,
            num_return_sequences=num_return_sequences,
            seed=seed,
            truncation=truncation,
            batch_size=batch_size,
            verbose=verbose,
            stream=stream,
        )

    def read_prompts(self, inputs: Data, options: Options, longest: int) -> Prompts:
        return read_prompts(inputs, self, longest=longest, truncation=options.truncation)
