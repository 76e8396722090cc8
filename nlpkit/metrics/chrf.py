"""ChrF: how many n-grams of characters translations share with references."""

from nlpkit._types import DType
from nlpkit.metrics.sacrebleu_metric import SacreBleuMetric
from nlpkit.tokenizers.base.tokenizer import Tokenizer


class ChrF(SacreBleuMetric):
    """Compute the chrF score of all texts since the last reset (Popović, 2015).

    The F score of n-grams of characters, and for `word_order=2`, chrF++ (Popović, 2017), of words.
    It is that of the package sacrebleu (Post, 2018; `pip install "nlpkit[metrics]"`), divided by
    100. `signature` is to be reported with it.

    Args:
        char_order: int. The length of the longest n-grams of characters. Default 6.
        word_order: int. The length of the longest n-grams of words. Default 0: none.
        beta: int. How many times as important recall is as precision. Default 2.
        lowercase: bool. Whether case does not count. Default False.
        whitespace: bool. Whether n-grams of characters contain white space. Default False.
        dtype: str. The float dtype of the result. None (the default) means Keras' default.
        name: str. Default "chrf".

    Returns:
        `result()` is a scalar tensor from 0 to 1.

    Example:
        >>> chrf = nlpkit.metrics.ChrF()
        >>> round(100 * float(chrf(["a man rides a bike"], ["a man rides a red bike"])), 1)
        73.5
    """

    def __init__(
        self,
        tokenizer: Tokenizer | None = None,
        char_order: int = 6,
        word_order: int = 0,
        beta: int = 2,
        dtype: DType = None,
        name: str = "chrf",
        *,
        lowercase: bool = False,
        whitespace: bool = False,
    ) -> None:
        settings = {
            "char_order": char_order,
            "word_order": word_order,
            "beta": beta,
            "lowercase": lowercase,
            "whitespace": whitespace,
        }
        size = 3 * (char_order + word_order)
        super().__init__("CHRF", settings, size, tokenizer, dtype=dtype, name=name)
        self.char_order = char_order
        self.word_order = word_order
        self.beta = beta
        self.lowercase = lowercase
        self.whitespace = whitespace
