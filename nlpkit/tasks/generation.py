"""From prompts to continuations: what `CausalLM.generate` does around a sampler's loop."""

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from nlpkit.samplers import Sampler
from nlpkit.samplers.execution import Execution
from nlpkit.tasks.prompts import Prompts, read_prompts
from nlpkit.tasks.text_stream import TextStream, cut_at

# How many tokens are generated between two looks at the text for stop strings.
_CHUNK = 16


@dataclass(frozen=True)
class Options:
    """The arguments of `CausalLM.generate`, which explains them."""

    sampler: Sampler
    max_length: int | None
    max_new_tokens: int | None
    stop_token_ids: Sequence[int] | str | None
    stop_strings: Sequence[str]
    strip_prompt: bool
    num_return_sequences: int
    seed: int | Sequence[int] | None
    truncation: str
    batch_size: int


@dataclass(frozen=True)
class _Batch:
    """Rows to generate at once, and the values they are generated with."""

    prompt: dict[str, np.ndarray]
    plan: dict[str, Any]
    slots: int
    rows: int


class Generation:
    """Generates with one model and one set of options.

    Args:
        model: `CausalLM`.
        execution: `Execution` of the model.
        options: `Options`.
    """

    def __init__(self, model: Any, execution: Execution, options: Options) -> None:
        self._model = model
        self._execution = execution
        self._options = options
        self._check()

    def run(self, inputs: Any) -> Any:
        """The continuations of all prompts, in the form of the inputs."""
        prompts = self._read(inputs)
        if self._options.stop_strings and not prompts.are_texts:
            raise ValueError("stop_strings need prompts that are strings; got ids.")
        rows: list[list[int]] = []
        for batch, indices in self._batches(prompts):
            rows += self._finish(batch, [prompts.rows[i] for i in indices], prompts)
        return prompts.form(rows, self._options.num_return_sequences)

    def stream(self, inputs: Any) -> Iterator[Any]:
        """Pieces of text as they come."""
        prompts = self._read(inputs)
        if not prompts.are_texts:
            raise ValueError("stream=True needs prompts that are strings, and a preprocessor.")
        if self._options.num_return_sequences != 1 or len(prompts.rows) > self._options.batch_size:
            raise ValueError(
                f"stream=True generates one text a prompt, at most batch_size at once; got "
                f"num_return_sequences={self._options.num_return_sequences}, {len(prompts.rows)} "
                f"prompts, batch_size={self._options.batch_size}."
            )
        if not self._options.sampler.streams:
            raise ValueError(
                f"stream=True needs a sampler that takes no token back; got "
                f"{type(self._options.sampler).__name__}."
            )
        return self._stream(prompts)

    def _stream(self, prompts: Prompts) -> Iterator[Any]:
        (batch, _) = next(iter(self._batches(prompts)))
        streams = [TextStream(self._text, row, self._options.stop_strings) for row in prompts.rows]
        if not self._options.strip_prompt:
            yield prompts.form_texts([stream.prompt for stream in streams])
        for state in self._states(batch, chunk=1):
            new, done = self._generated(state, batch), _array(state["done"])[: batch.rows]
            pieces = [
                stream.push(row, last=bool(end))
                for stream, row, end in zip(streams, new, done, strict=True)
            ]
            if any(pieces):
                yield prompts.form_texts(pieces)
            if all(stream.is_done for stream in streams):
                return

    def _finish(self, batch: _Batch, prompts: list[list[int]], read: Prompts) -> list[Any]:
        stops = self._options.stop_strings
        state: Any = None
        for state in self._states(batch, chunk=_CHUNK if stops else None):
            if stops and all(
                cut_at(self._text(row), stops) is not None for row in self._generated(state, batch)
            ):
                break
        new = self._generated(state, batch)
        scores = _array(state["scores"]).tolist() if "scores" in state else []
        beams = len(new) // len(prompts)
        prompts = [prompt for prompt in prompts for _ in range(beams)]
        whole = self._whole_text if read.are_texts else self._whole_ids
        rows = [whole(prompt, row) for prompt, row in zip(prompts, new, strict=True)]
        if not self._options.sampler.returns_several:
            return rows
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

    def _states(self, batch: _Batch, chunk: int | None) -> Iterator[Any]:
        """The state at the end, or after every `chunk` tokens until all rows are done."""
        sampler, last = self._options.sampler, int(max(batch.plan["limits"])) - 1
        until = last if chunk is None else min(chunk - 1, last)
        state = self._execution.start(sampler, batch.prompt, batch.plan, batch.slots, until)
        while True:
            self._refuse_broken(state, batch)
            yield sampler.results(state, batch.plan)
            if chunk is None or until >= last or _array(state["done"]).all():
                return
            until = min(until + chunk, last)
            state = self._execution.resume(sampler, state, batch.plan, until)

    def _generated(self, state: Any, batch: _Batch) -> list[list[int]]:
        """The ids that were generated; of several texts a row one after the other."""
        ids, counts = (_array(state[name])[: batch.rows] for name in ("token_ids", "count"))
        ids, counts = ids.reshape(-1, ids.shape[-1]), counts.reshape(-1)
        start = int(state["prompt"])
        stops = {*self._stop_ids()}
        rows = [row[start : start + n].tolist() for row, n in zip(ids, counts, strict=True)]
        return [row[:-1] if row and row[-1] in stops else row for row in rows]

    def _refuse_broken(self, state: Any, batch: _Batch) -> None:
        broken = np.flatnonzero(_array(state["broken"])[: batch.rows])
        if len(broken):
            raise ValueError(
                f"The model's logits for the prompts {broken.tolist()} of a batch are not numbers "
                "(NaN): its weights hold NaN or infinity, or its dtype is too narrow."
            )

    def _text(self, ids: list[int]) -> str:
        return str(self._model.preprocessor.generate_postprocess({"token_ids": ids}))

    def _read(self, inputs: Any) -> Prompts:
        return read_prompts(
            inputs, self._model, longest=self._longest() - 1, truncation=self._options.truncation
        )

    def _longest(self) -> int:
        """The most tokens of a text."""
        preprocessor, limit = self._model.preprocessor, self._model.backbone.max_positions
        given = self._options.max_length
        if given is not None and limit is not None and given > limit:
            raise ValueError(f"max_length must be at most the model's {limit}; got {given}.")
        lengths = [given, limit, None if preprocessor is None else preprocessor.sequence_length]
        known = [length for length in lengths if length is not None]
        if given is None and self._options.max_new_tokens is not None:
            known = [limit] if limit is not None else [2**31 - 1]
        if not known:
            raise ValueError("max_length or max_new_tokens must be given without a preprocessor.")
        return min(known) if given is None else given

    def _check(self) -> None:
        for name in ("max_length", "max_new_tokens", "num_return_sequences", "batch_size"):
            value = getattr(self._options, name)
            if value is not None and (not isinstance(value, int) or value < 1):
                raise ValueError(f"{name} must be an int of at least 1; got {value!r}.")
        if self._options.truncation not in ("error", "left"):
            raise ValueError(
                f'truncation must be "error" or "left"; got {self._options.truncation!r}.'
            )
        if not all(self._options.stop_strings):
            raise ValueError(
                f"stop_strings must not be empty; got {list(self._options.stop_strings)}."
            )
        if self._options.stop_strings and not self._options.sampler.streams:
            raise ValueError(
                f"stop_strings need a sampler that takes no token back; got "
                f"{type(self._options.sampler).__name__}."
            )
        words = self._model.backbone.token_embedding.input_dim
        wrong = [i for i in self._stop_ids() if not 0 <= i < words]
        if wrong:
            raise ValueError(
                f"stop_token_ids must lie in the vocabulary, [0, {words}); got {wrong}."
            )

    def _stop_ids(self) -> list[int]:
        given = self._options.stop_token_ids
        if given is None:
            return []
        if given != "auto":
            if isinstance(given, str):
                raise ValueError(f'stop_token_ids must be ints, "auto" or None; got {given!r}.')
            return [operator.index(i) for i in given]
        if self._model.preprocessor is None:
            return []
        return list(self._model.preprocessor.stop_token_ids())

    def _batches(self, prompts: Prompts) -> Iterator[tuple[_Batch, list[int]]]:
        copies = self._options.num_return_sequences
        streams = prompts.streams(self._options.seed, copies)
        order = [i for i in range(len(prompts.rows)) for _ in range(copies)]
        size = self._options.batch_size
        for first in range(0, len(order), size):
            indices = order[first : first + size]
            yield (
                self._batch([prompts.rows[i] for i in indices], streams[first : first + size]),
                indices,
            )

    def _batch(self, rows: list[list[int]], streams: np.ndarray) -> _Batch:
        lengths = np.array([len(row) for row in rows])
        limits = self._longest() - lengths
        if self._options.max_new_tokens is not None:
            limits = np.minimum(limits, self._options.max_new_tokens)
        compiled = keras.backend.backend() != "torch"
        length = _bucket(int(lengths.max())) if compiled else int(lengths.max())
        count = _power(len(rows)) if compiled else len(rows)
        # Rows that fill the batch up repeat the first one, and are thrown away.
        fill = [0] * (count - len(rows))
        chosen = [*range(len(rows)), *fill]
        rows_padded = [rows[i] for i in chosen]
        token_ids = np.zeros((count, length), "int32")
        mask = np.zeros((count, length), "bool")
        for i, row in enumerate(rows_padded):
            token_ids[i, length - len(row) :] = row
            mask[i, length - len(row) :] = True
        limits = limits[chosen].astype("int32")
        new = int(limits.max())
        slots = self._options.sampler.slots(length, new)
        plan = {
            "stop_token_ids": _stop_array(self._stop_ids()),
            "limits": limits,
            "streams": streams[chosen],
            **{
                name: np.asarray(value, "int32" if name == "top_k" else "float32")
                for name, value in self._options.sampler.parameters().items()
            },
        }
        prompt = {"token_ids": token_ids, "padding_mask": mask}
        return _Batch(prompt, plan, _coarse(slots) if compiled else slots, len(rows))


def _stop_array(ids: Sequence[int]) -> np.ndarray:
    """Stop ids in an array of one of few sizes, filled up with -1."""
    size = _power(max(len(ids), 4))
    return np.array([*ids, *[-1] * (size - len(ids))], "int32")


def _bucket(length: int) -> int:
    """The length of prompts that a loop is compiled for: a power of two, 32 at least."""
    return max(32, _power(length))


def _coarse(slots: int) -> int:
    """The size of a cache that a loop is compiled for: up to an eighth more than needed."""
    step = max(64, _power(slots) // 8)
    return -(-slots // step) * step


def _power(number: int) -> int:
    return 1 << (number - 1).bit_length()


def _array(x: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(x))
