"""Seq2SeqLM: sequence-to-sequence language models."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from keras import ops

from nlpkit import samplers
from nlpkit._foreign_names import explains_names
from nlpkit._progress import ProgressBar
from nlpkit._types import Data
from nlpkit.backbones.backbone import Backbone
from nlpkit.backbones.encoder_decoder import EncoderDecoderBackbone
from nlpkit.generation.generation_config import (
    check_generation_config,
    read_generation_config,
    sampler_of,
)
from nlpkit.generation.options import Options
from nlpkit.generation.prompts import Prompts, width_of
from nlpkit.generation.sources import read_sources
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.preprocessors.seq2seq_lm_preprocessor import Seq2SeqLMPreprocessor
from nlpkit.samplers.beam_sampler import BeamSampler
from nlpkit.tasks.language_model import LanguageModel
from nlpkit.tasks.task import Task


class Seq2SeqLM(LanguageModel, Task):
    """Predict the next token of a target text, given a source text, and generate targets.

    The head, on the decoder, is the transposed token embedding, or a dense layer if the family has
    an untied one. It compiles itself with AdamW (2e-5), sparse categorical cross-entropy and
    accuracy, both weighted, and the sampler of its preset: beams or random choices if its
    generation_config.json says so, else greedy search. `Seq2SeqLM.from_preset` finds the family of
    a preset.

    Args:
        backbone: `EncoderDecoderBackbone`.
        preprocessor: `Seq2SeqLMPreprocessor`; None if the input is preprocessed already.
        stop_token_ids: list of int or None. Tokens that end a text, in addition to the
            preprocessor's.
        generation_config: dict or None. What `generate` and "auto" in `compile` do unless told
            otherwise, with keys of Hugging Face's generation_config.json: `num_beams`, `do_sample`,
            `temperature`, `top_k`, `top_p`, and arguments of `generate` by their names.
        **kwargs: `name`, `trainable` of `keras.Model`, and `compile` (bool, default True).

    Call arguments:
        inputs: the backbone's inputs.
        training: bool. Whether dropout is applied.

    Returns:
        float `[batch, seq, vocabulary_size]`, the logits of each next token of the targets.

    Raises:
        ValueError: the backbone or the preprocessor is of another family, or a key of
            `generation_config` is unknown.
    """

    backbone_class: ClassVar[type[Backbone]] = EncoderDecoderBackbone
    preprocessor_class: ClassVar[type[Preprocessor] | None] = Seq2SeqLMPreprocessor

    def __init__(
        self,
        backbone: Backbone,
        preprocessor: Preprocessor | None = None,
        *,
        stop_token_ids: Sequence[int] | None = None,
        generation_config: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if backbone.head is None or not isinstance(backbone, EncoderDecoderBackbone):
            raise ValueError(f"Expected an encoder-decoder backbone; got {backbone.name}.")
        check_generation_config(generation_config or {})
        super().__init__(backbone, preprocessor, stop_token_ids, generation_config, **kwargs)

    @explains_names
    def generate(
        self,
        inputs: Data,
        max_length: int | None = None,
        stop_token_ids: Sequence[int | str] | str | None = "auto",
        strip_prompt: bool = False,
        *,
        max_new_tokens: int | None = None,
        min_new_tokens: int | None = None,
        stop_strings: Sequence[str] | str | None = None,
        num_return_sequences: int = 1,
        seed: int | Sequence[int] | None = None,
        sampler: str | samplers.Sampler | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
        top_p: float | None = None,
        min_p: float | None = None,
        repetition_penalty: float | None = None,
        no_repeat_ngram_size: int | None = None,
        bad_words_ids: Sequence[Sequence[int]] | None = None,
        length_penalty: float | None = None,
        early_stopping: bool | str | None = None,
        decoder_start_token_id: int | None = None,
        forced_bos_token_id: int | None = None,
        forced_eos_token_id: int | None = None,
        truncation: str = "error",
        batch_size: int = 32,
        stream: bool = False,
        verbose: int | str = "auto",
    ) -> Any:
        """Generate a target for each source.

        The target of a source does not depend on other sources of the batch or on padding. Where an
        argument is None, the preset's `generation_config` counts.

        Args:
            inputs: sources: str, list or array of str, `tf.data.Dataset` of batches; or a dict of
                them, `encoder_text`, and of what the targets begin with, `decoder_text`; or ids: a
                list of lists, or a dict of `encoder_token_ids`, `encoder_padding_mask` and perhaps
                `decoder_token_ids` and `decoder_padding_mask`, `[batch, seq]`, padded on either
                side.
            max_length: int. The maximum number of tokens of a target, including what it begins
                with; by default the preprocessor's `decoder_sequence_length`, or with
                `decoder_token_ids` the width of their array; at most the number of positions.
            stop_token_ids: ints or strs. Tokens that end a text; "auto" means the preprocessor's
                and the model's own (`eos_token_id` of a preset), None means none.
            strip_prompt: bool. Whether to return only what follows `decoder_text`.
            max_new_tokens: int. The maximum number of tokens to generate.
            min_new_tokens: int. The number of tokens before which no stop token may come.
            stop_strings: str or list of str. Texts that end a target, not included in it.
            num_return_sequences: int. The number of targets of each source; if more than 1, each
                source gets a list.
            seed: int, or one for each source, whose target then depends on nothing else; with one
                int, equal sources get different random numbers. None uses another seed each time.
            sampler: str or `Sampler`. Replaces that of `compile`.
            temperature, top_k, top_p, min_p, repetition_penalty: numbers that modify the sampler,
                see `nlpkit.samplers`; they turn greedy search into sampling.
            no_repeat_ngram_size: int. The number of tokens in a row that no target has twice; 0 for
                any.
            bad_words_ids: list of lists of int. Tokens, and sequences of tokens, that no target
                has, beside one that ends it.
            length_penalty, early_stopping: of `nlpkit.samplers.BeamSampler`, which they modify.
            decoder_start_token_id: int. The token that starts a target; by default the family's.
            forced_bos_token_id: int. The token that comes after it, such as a language's.
            forced_eos_token_id: int. The last token of a target that reaches the maximum length.
            truncation: str. What happens to sources that are too long: "error", or "right", which
                keeps their beginning.
            batch_size: int. The number of targets generated at once.
            stream: bool. Whether to return an iterator over chunks of text as they are generated:
                str for a single source, for several a list of one chunk each. Their concatenation
                is the target.
            verbose: int or str. 0 shows no progress bar; "auto" shows one for long runs.

        Returns:
            str for a str, otherwise a list; for ids, a list of lists or a dict of
            `decoder_token_ids` and `decoder_padding_mask` padded on the right, as the inputs are.

        Raises:
            ValueError: a text is empty or too long, an argument is out of range or conflicts with
                another, or logits are NaN.
        """
        asked = {
            "min_new_tokens": min_new_tokens,
            "no_repeat_ngram_size": no_repeat_ngram_size,
            "bad_words_ids": bad_words_ids,
            "decoder_start_token_id": decoder_start_token_id,
            "forced_bos_token_id": forced_bos_token_id,
            "forced_eos_token_id": forced_eos_token_id,
        }
        rules = {**(self.generation_config or {}), **_given(asked)}
        width = width_of(inputs, "decoder_token_ids")
        if width is None and max_length is None and max_new_tokens is None:
            max_length, max_new_tokens = rules.get("max_length"), rules.get("max_new_tokens")
        beams = _given({"length_penalty": length_penalty, "early_stopping": early_stopping})
        return self._generate(
            inputs,
            _with_beams(self.sampler if sampler is None else samplers.get(sampler), beams),
            {
                "temperature": temperature,
                "top_k": top_k,
                "top_p": top_p,
                "min_p": min_p,
                "repetition_penalty": repetition_penalty,
            },
            max_length=max_length,
            max_new_tokens=max_new_tokens,
            width=width,
            stop_token_ids=stop_token_ids,
            stop_strings=stop_strings,
            strip_prompt=strip_prompt,
            num_return_sequences=num_return_sequences,
            seed=seed,
            truncation=truncation,
            batch_size=batch_size,
            verbose=verbose,
            stream=stream,
            rules=rules,
            cut_side="right",
        )

    def read_prompts(self, inputs: Data, options: Options, longest: int) -> Prompts:
        return read_sources(
            inputs,
            self,
            start=options.rules.get("decoder_start_token_id"),
            second=options.rules.get("forced_bos_token_id"),
            longest=longest,
            truncation=options.truncation,
        )

    def score(
        self, inputs: Data, batch_size: int = 32, verbose: int | str = "auto"
    ) -> list[np.ndarray]:
        """Compute the log-probability of each token of given targets, given the source.

        Args:
            inputs: pairs of texts, as for `fit`.
            batch_size: int. The number of pairs per batch.
            verbose: int or str. Whether to show a progress bar, as in `generate`.

        Returns:
            list of float32 arrays, for each target the log-probabilities of its tokens after the
            one that starts it, the end token included.

        Raises:
            ValueError: there is no preprocessor, or `inputs` are no pairs.
        """
        if self.preprocessor is None:
            raise ValueError("score needs a preprocessor; this model has none.")
        reader = self._reader()
        x, _, _ = reader.read(inputs)
        batches = reader.dataset(x, None, None, batch_size, shuffle=False)
        bar = ProgressBar(len(x[0]), "text", verbose)
        scores: list[np.ndarray] = []
        for i in range(len(batches)):
            features, labels, weights = batches[i]
            with self.between_steps():
                logits = ops.cast(ops.convert_to_tensor(self(features)), "float32")
            log_probs = ops.log_softmax(logits, axis=-1)
            following = ops.convert_to_tensor(labels[..., None])
            picked = ops.convert_to_numpy(ops.take_along_axis(log_probs, following, axis=-1))
            scores += [row[real > 0] for row, real in zip(picked[..., 0], weights, strict=True)]
            bar.update(len(scores))
        bar.finish(len(scores))
        return scores

    @classmethod
    def from_generation_config(cls, config: Mapping[str, Any]) -> dict[str, Any]:
        return {"generation_config": read_generation_config(config) or None}

    def hf_generation_config(self) -> dict[str, Any]:
        own = dict(self.generation_config or {})
        names = ("decoder_start_token_id", "forced_bos_token_id")
        starts = getattr(self.preprocessor, "decoder_start_ids", ())
        return {**dict(zip(names, starts, strict=False)), **own}

    def _default_sampler(self) -> samplers.Sampler:
        return sampler_of(self.generation_config or {})

    def _hidden(self, outputs: Any) -> Any:
        return outputs["decoder_sequence_output"]

    def _decoder_ids(self, inputs: Data) -> Any:
        return inputs["decoder_token_ids"]


def _given(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def _with_beams(sampler: samplers.Sampler, arguments: dict[str, Any]) -> samplers.Sampler:
    """A sampler with other arguments of beams."""
    if not arguments:
        return sampler
    if not isinstance(sampler, BeamSampler):
        raise ValueError(
            f"{' and '.join(arguments)} need a BeamSampler; got a {type(sampler).__name__}."
        )
    changed = type(sampler).from_config({**sampler.get_config(), **arguments})
    changed.given = sampler.given
    return changed
