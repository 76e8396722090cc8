"""Generation: the steps of `CausalLM.generate` around a sampler's loop."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from nlpkit._progress import ProgressBar
from nlpkit._types import Data
from nlpkit.generation.batches import Batch, batches_of
from nlpkit.generation.options import Options
from nlpkit.generation.prompts import Prompts
from nlpkit.generation.text_stream import TextStream, cut_at
from nlpkit.samplers.loop.execution import Execution
from nlpkit.samplers.loop.state import Results, State

# How many tokens are generated between two searches for stop strings.
_CHUNK = 16


class Generation:
    """Generates with one model and one set of options.

    Args:
        model: `CausalLM`.
        execution: `Execution` of the model.
        options: `Options`.

    Raises:
        ValueError: the model does not support the options.
    """

    def __init__(self, model: Any, execution: Execution, options: Options) -> None:
        self._model = model
        self._execution = execution
        self._options = options
        self._stops = options.stop_ids(model)
        self._longest = options.longest(model)
        options.check_rules(model)

    def run(self, inputs: Data) -> Any:
        """Generate the continuations of all prompts, in the form of the inputs."""
        prompts = self._read(inputs, stream=False)
        copies = self._options.num_return_sequences
        bar = ProgressBar(len(prompts.rows) * copies, "text", self._options.verbose)
        rows: list[Any] = []
        for batch in batches_of(prompts, self._options, self._model):
            rows += self._finish(batch, prompts)
            bar.update(len(rows))
        bar.finish(len(rows))
        return prompts.form(rows, copies, self._options.width)

    def stream(self, inputs: Data) -> Iterator[Any]:
        """Yield text as it is generated."""
        return self._stream(self._read(inputs, stream=True))

    def _stream(self, prompts: Prompts) -> Iterator[Any]:
        (batch,) = batches_of(prompts, self._options, self._model)
        streams = [TextStream(self._text, row, self._options.stop_strings) for row in prompts.rows]
        if not self._options.strip_prompt:
            yield prompts.form_texts([stream.prompt for stream in streams])
        for results in self._results(batch, chunk=1):
            new, done = self._generated(results, batch), _array(results.done)
            pieces = [
                stream.push(row, last=bool(end))
                for stream, row, end in zip(streams, new, done, strict=False)
            ]
            if any(pieces):
                yield prompts.form_texts(pieces)
            if all(stream.is_done for stream in streams):
                return

    def _finish(self, batch: Batch, prompts: Prompts) -> list[Any]:
        stops = self._options.stop_strings
        for results in self._results(batch, chunk=_CHUNK if stops else None):
            new = self._generated(results, batch)
            if stops and all(cut_at(self._text(row), stops) is not None for row in new):
                break
        beams = len(new) // len(batch.indices)
        before = [prompts.rows[i] for i in batch.indices for _ in range(beams)]
        whole = self._whole_text if prompts.are_texts else self._whole_ids
        rows = [whole(prompt, row) for prompt, row in zip(before, new, strict=True)]
        if results.scores is None:
            return rows
        scores = _array(results.scores).tolist()
        texts = [rows[i : i + beams] for i in range(0, len(rows), beams)]
        return [list(zip(*pair, strict=True)) for pair in zip(texts, scores, strict=False)]

    def _whole_ids(self, prompt: list[int], new: list[int]) -> list[int]:
        return new if self._options.strip_prompt else prompt + new

    def _whole_text(self, prompt: list[int], new: list[int]) -> str:
        before = self._text(prompt)
        text = self._text(prompt + new)[len(before) :]
        end = cut_at(text, self._options.stop_strings)
        text = text if end is None else text[:end]
        return text if self._options.strip_prompt else before + text

    def _results(self, batch: Batch, chunk: int | None) -> Iterator[Results]:
        """Yield what is there at the end, or after every `chunk` tokens until all rows are done."""
        sampler, last = self._options.sampler, int(max(batch.plan.limits)) - 1
        until = last if chunk is None else min(chunk - 1, last)
        state = self._execution.start(sampler, batch.prompt, batch.plan, until)
        while True:
            refuse_broken(state, len(batch.indices))
            yield sampler.results(state, batch.plan)
            if chunk is None or until >= last or _array(state.done).all():
                return
            until = min(until + chunk, last)
            state = self._execution.resume(sampler, state, batch.plan, until)

    def _generated(self, results: Results, batch: Batch) -> list[list[int]]:
        """The generated ids; if a row has several texts, one after the other."""
        return generated_ids(results, len(batch.indices), self._stops)

    def _refuse_full_arrays(self, prompts: Prompts) -> None:
        width = self._options.width
        if width is not None and all(len(row) == width for row in prompts.rows):
            raise ValueError(
                f"token_ids must have room for generated tokens, but all rows have {width} tokens, "
                "the full width of the array. Pad them on the right, or give max_length."
            )

    def _text(self, ids: list[int]) -> str:
        preprocessor = self._model.preprocessor
        name = f"{getattr(preprocessor, 'generated', '')}token_ids"
        return str(preprocessor.generate_postprocess({name: ids}))

    def _read(self, inputs: Data, *, stream: bool) -> Prompts:
        # A row that fills its array is left unchanged.
        longest = self._longest - (self._options.width is None)
        prompts = self._model.read_prompts(inputs, self._options, longest)
        self._refuse_full_arrays(prompts)
        self._options.check_prompts(prompts, stream=stream)
        return prompts


def generated_ids(results: Results, rows: int, stops: Sequence[int]) -> list[list[int]]:
    """The ids generated in the first rows, without a stop token at the end; see `Results`."""
    ids, counts = _array(results.token_ids)[:rows], _array(results.count)[:rows]
    ids, counts = ids.reshape(-1, ids.shape[-1]), counts.reshape(-1)
    start = int(results.prompt)
    new = [row[start : start + n].tolist() for row, n in zip(ids, counts, strict=True)]
    return [row[:-1] if row and row[-1] in stops else row for row in new]


def refuse_broken(state: State, rows: int) -> None:
    """Raise a ValueError if the logits of one of the first rows were NaN."""
    broken = np.flatnonzero(_array(state.broken)[:rows])
    if len(broken):
        raise ValueError(
            f"The model's logits for the prompts {broken.tolist()} of a batch are not numbers "
            "(NaN): its weights contain NaN or infinity, or its dtype overflows."
        )


def _array(x: Data) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(x))
