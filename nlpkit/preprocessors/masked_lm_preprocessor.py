"""MaskedLMPreprocessor: preprocessing for masked language models."""

from typing import Any, ClassVar

import keras

from nlpkit._types import Data
from nlpkit.layers.preprocessing.masked_lm_mask_generator import MaskedLMMaskGenerator
from nlpkit.layers.preprocessing.random_source import RandomSource, SavedDraws
from nlpkit.preprocessors.segment_preprocessor import SegmentPreprocessor
from nlpkit.tokenizers.base.tokenizer import Tokenizer


class MaskedLMPreprocessor(SavedDraws, SegmentPreprocessor):
    """Convert strings to features, labels and weights for masked language modeling.

    Text is tokenized and packed as by `TextClassifierPreprocessor`; then random tokens, except
    special ones, are masked as by `MaskedLMMaskGenerator`, with new random numbers in each call.

    Args:
        tokenizer: `Tokenizer` of the family.
        sequence_length: int. The length of the rows; may be set later. Default 512.
        truncate: str. How segments share the available length: "round_robin" or "waterfall".
            Default "round_robin".
        mask_selection_rate: float. The fraction of the tokens to select. Default 0.15.
        mask_selection_length: int. The maximum number of tokens selected in a sequence. Default 96.
        mask_token_rate: float. The probability that a selected token becomes the mask token.
            Default 0.8.
        random_token_rate: float. The probability that it becomes a random token. Default 0.1.
        truncation: str. What happens when text is cut: "warn" (once per preprocessor), "error" or
            "silent". Default "warn".
        padding_side: str. "right" or "left". Default "right".
        seed: int. Makes runs reproducible. Default None: every run differs.
        **kwargs: `name` and `dtype` (of the ids; default "int32").

    Call arguments:
        x: a str, or a batch of them in any form, or a tuple of columns or a list of rows of
            segments; see `Preprocessor`.

    Returns:
        A tuple `(features, y, sample_weight)`. The features are a dict of `token_ids` of `dtype`,
        `padding_mask` (bool) and, where the family has them, `segment_ids` (int32), each
        `[batch, sequence_length]`, and `mask_positions`, `[batch, mask_selection_length]`. `y` has
        the original ids and `sample_weight` (float32) a 1 for each, both of the shape of
        `mask_positions`, padded with 0.

    Raises:
        TypeError: the tokenizer is of another family, or `x` holds no strings.
        ValueError: labels or weights were passed; text was cut with `truncation="error"`.

    Example:
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film"]
        >>> preprocessor = nlpkit.models.BertMaskedLMPreprocessor(
        ...     nlpkit.models.BertTokenizer(vocabulary), sequence_length=6, mask_selection_length=2
        ... )
        >>> features, y, sample_weight = preprocessor(["good film", "film"])
        >>> sample_weight
        array([[1., 0.],
               [1., 0.]], dtype=float32)
    """

    pass_instead: ClassVar[str] = "in a tf.data.Dataset segments as ((first, second),)"

    def __init__(
        self,
        tokenizer: Tokenizer,
        sequence_length: int = 512,
        truncate: str = "round_robin",
        mask_selection_rate: float = 0.15,
        mask_selection_length: int = 96,
        mask_token_rate: float = 0.8,
        random_token_rate: float = 0.1,
        truncation: str = "warn",
        padding_side: str = "right",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            tokenizer,
            sequence_length,
            truncate=truncate,
            truncation=truncation,
            padding_side=padding_side,
            **kwargs,
        )
        self.mask_selection_rate = mask_selection_rate
        self.mask_selection_length = mask_selection_length
        self.mask_token_rate = mask_token_rate
        self.random_token_rate = random_token_rate
        self.seed = seed
        self._random = RandomSource(seed)
        # A masker without the vocabulary's ids, so that invalid arguments are rejected at once.
        MaskedLMMaskGenerator(vocabulary_size=1, mask_token_id=0, **self._rates())

    @property
    def masker(self) -> MaskedLMMaskGenerator:
        """The layer that masks the tokens; it needs the tokenizer's vocabulary."""
        masker: MaskedLMMaskGenerator = self._part(
            MaskedLMMaskGenerator,
            vocabulary_size=self.tokenizer.vocabulary_size(),
            mask_token_id=self._special_ids(("mask_token",))[0],
            unselectable_token_ids=self._unselectable(),
            **self._rates(),
        )
        # The preprocessor's draws are saved; the masker is created on first use.
        masker._random = self._random
        return masker

    def compute_output_spec(self, x: Data, y: Data = None, sample_weight: Data = None) -> Any:
        """The symbolic outputs; a `.keras` file loads the vocabulary only after the graph."""
        features = self._features_spec(x)
        shape = (*features["token_ids"].shape[:-1], self.mask_selection_length)
        positions, labels = (keras.KerasTensor(shape, dtype=self.compute_dtype) for _ in range(2))
        weights = keras.KerasTensor(shape, dtype="float32")
        return {**features, "mask_positions": positions}, labels, weights

    def _unselectable(self) -> list[int]:
        named = self._special_ids(self.tokenizer.special_token_names)
        further = getattr(self.tokenizer, "special_tokens", None) or ()
        return [*named, *map(self.tokenizer.token_to_id, further)]

    def _rates(self) -> dict[str, Any]:
        return {
            "mask_selection_rate": self.mask_selection_rate,
            "mask_selection_length": self.mask_selection_length,
            "mask_token_rate": self.mask_token_rate,
            "random_token_rate": self.random_token_rate,
            "seed": self.seed,
            "dtype": self.compute_dtype,
        }

    def _prepare(self, segments: list[Any], y: Data, sample_weight: Data) -> tuple[Any, Any, Any]:
        features = self._pack(segments)
        masked = self.masker(features["token_ids"])
        features["token_ids"] = masked["token_ids"]
        features["mask_positions"] = masked["mask_positions"]
        return features, masked["mask_ids"], masked["mask_weights"]
