"""The base class of encoders' preprocessors: segments packed with special tokens."""

from typing import Any, ClassVar

import keras

from nlpkit._types import Data
from nlpkit.layers.preprocessing.packing.multi_segment_packer import MultiSegmentPacker
from nlpkit.preprocessors.preprocessor import Preprocessor
from nlpkit.tokenizers.base.special.packing import Packing
from nlpkit.tokenizers.base.tokenizer import Tokenizer


class PackingPreprocessor(Preprocessor):
    """Base class of preprocessors that pack segments with `MultiSegmentPacker`.

    The tokenizer's `packing` says how its family joins them. Nothing is cut: what does not fit is
    an error.

    Args:
        tokenizer: `Tokenizer`.
        sequence_length: int. The length of the rows; may be set later.
        padding_side: str. "right" or "left".
    """

    takes_any_tokenizer: ClassVar[bool] = True

    def __init__(
        self, tokenizer: Tokenizer, sequence_length: int, *, padding_side: str, **kwargs: Any
    ) -> None:
        super().__init__(tokenizer, **kwargs)
        self.sequence_length = sequence_length
        self.padding_side = padding_side
        self._check_layout()

    @property
    def _packing(self) -> Packing | None:
        return self.tokenizer.packing

    @property
    def has_segment_ids(self) -> bool:
        """Whether the features have the number of each token's segment."""
        packing = self._packing
        return packing is not None and packing.numbers_segments

    @property
    def packer(self) -> MultiSegmentPacker:
        """The layer that packs the segments; it needs the tokenizer's vocabulary."""
        packing = self._packing
        if packing is None:
            raise ValueError(
                f"{type(self).__name__} needs a tokenizer that says how segments are joined (its "
                f"`packing`), such as BertTokenizer; {type(self.tokenizer).__name__} does not."
            )
        return self._part(
            MultiSegmentPacker,
            start_value=self._special_ids(packing.start),
            end_value=self._special_ids(packing.end),
            sep_value=self._special_ids(packing.separator),
            pad_value=self._pad_id(),
            end_segment=packing.end_segment,
            pad_segment=packing.pad_segment,
            **self._layout(),
        )

    def _pad_id(self) -> int:
        """The id of the padding token; any will do, as the padding mask says where padding is."""
        names = ("pad_token_id", "end_token_id", "eos_token_id")
        return next((i for n in names if (i := getattr(self.tokenizer, n, None)) is not None), 0)

    def _check_layout(self) -> None:
        """Reject invalid arguments at once, by a packer without the vocabulary's ids."""
        MultiSegmentPacker(start_value=None, end_value=None, **self._layout())

    def _layout(self) -> dict[str, Any]:
        return {
            "sequence_length": self.sequence_length,
            "truncation": "error",
            "padding_side": self.padding_side,
            "return_padding_mask": True,
            "dtype": self.compute_dtype,
            "name": self.name,
        }

    def compute_output_spec(self, x: Data, y: Data = None, sample_weight: Data = None) -> Any:
        """The symbolic outputs; a `.keras` file loads the vocabulary only after the graph."""
        features = self._features_spec(x)
        if sample_weight is not None:
            return features, y, sample_weight
        return features if y is None else (features, y)

    def _features_spec(self, x: Data) -> dict[str, keras.KerasTensor]:
        shape = (*keras.tree.flatten(x)[0].shape, self.sequence_length)
        dtypes = {"token_ids": self.compute_dtype, "padding_mask": "bool"}
        if self.has_segment_ids:
            dtypes["segment_ids"] = "int32"
        return {name: keras.KerasTensor(shape, dtype=dtype) for name, dtype in dtypes.items()}

    def _pack(self, segments: list[Any]) -> dict[str, Any]:
        token_ids, segment_ids, padding_mask = self.packer(tuple(segments))
        features = {"token_ids": token_ids, "padding_mask": padding_mask}
        return {**features, "segment_ids": segment_ids} if self.has_segment_ids else features


class SegmentPreprocessor(PackingPreprocessor):
    """Base class of preprocessors that pack segments and cut what does not fit.

    Args:
        truncate: str. "round_robin" or "waterfall".
        truncation: str. "warn", "error" or "silent".
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        sequence_length: int,
        *,
        truncate: str,
        truncation: str,
        padding_side: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(tokenizer, sequence_length, padding_side=padding_side, **kwargs)
        self.truncate = truncate
        self.truncation = truncation
        self._check_layout()

    def _layout(self) -> dict[str, Any]:
        names = ("truncate", "truncation")
        return super()._layout() | {n: getattr(self, n) for n in names if hasattr(self, n)}
