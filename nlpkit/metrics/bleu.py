"""Bleu: how many n-grams translations share with references."""

from nlpkit._types import DType
from nlpkit.layers.preprocessing.preprocessing_layer import check_choice
from nlpkit.metrics.sacrebleu_metric import SacreBleuMetric
from nlpkit.tokenizers.base.tokenizer import Tokenizer

_SMOOTHING: dict[str | bool, str] = {False: "none", True: "add-k"}


class Bleu(SacreBleuMetric):
    """Compute the BLEU score of all texts since the last reset (Papineni et al., 2002).

    The geometric mean of the precisions of n-grams, less a penalty for brevity. It is that of the
    package sacrebleu (Post, 2018; `pip install "nlpkit[metrics]"`), divided by 100: corpus-level,
    with sacrebleu's tokenization and smoothing. `signature` is to be reported with it.

    Args:
        max_order: int. The length of the longest n-grams. Default 4.
        smooth: str or bool. What replaces a precision of 0: "exp" (the default), "floor", "add-k"
            (True; 1 is added to all counts of bigrams and longer ones) or "none" (False).
        tokenize: "13a", "intl", "char", "zh" or "none". How texts are split into words. Default
            "13a", that of WMT.
        lowercase: bool. Whether case does not count. Default False.
        effective_order: bool. Whether n-grams longer than all texts are left out, which is for
            single sentences. Default False.
        dtype: str. The float dtype of the result. None (the default) means Keras' default.
        name: str. Default "bleu".

    Returns:
        `result()` is a scalar tensor from 0 to 1.

    Raises:
        ValueError: `smooth` or `tokenize` is another.

    Example:
        >>> bleu = nlpkit.metrics.Bleu()
        >>> translations = ["a man rides a red bike", "two dogs play in the snow"]
        >>> bleu.update_state(["a man rides a bike", "two dogs play in snow"], translations)
        >>> round(100 * float(bleu.result()), 1)
        53.7
        >>> bleu.signature.partition("|version")[0]
        'nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp'
    """

    def __init__(
        self,
        tokenizer: Tokenizer | None = None,
        max_order: int = 4,
        smooth: str | bool = "exp",
        dtype: DType = None,
        name: str = "bleu",
        *,
        tokenize: str = "13a",
        lowercase: bool = False,
        effective_order: bool = False,
    ) -> None:
        method = _SMOOTHING.get(smooth, str(smooth))
        check_choice("smooth", method, ("exp", "floor", "add-k", "none"))
        check_choice("tokenize", tokenize, ("13a", "intl", "char", "zh", "none"))
        settings = {
            "lowercase": lowercase,
            "force": True,  # Does not advise about texts that seem to be tokenized.
            "tokenize": tokenize,
            "smooth_method": method,
            "max_ngram_order": max_order,
            "effective_order": effective_order,
        }
        size = 2 + 2 * max_order
        super().__init__("BLEU", settings, size, tokenizer, dtype=dtype, name=name)
        self.max_order = max_order
        self.smooth = smooth
        self.tokenize = tokenize
        self.lowercase = lowercase
        self.effective_order = effective_order
