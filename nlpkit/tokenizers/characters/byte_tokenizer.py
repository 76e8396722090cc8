"""ByteTokenizer: one token per byte."""

from typing import Any

from nlpkit.tokenizers.base.tokenizer import Tokenizer
from nlpkit.tokenizers.base.vocabulary import Vocabulary
from nlpkit.tokenizers.characters.algorithm import ByteAlgorithm, CharacterSettings


class ByteTokenizer(Tokenizer):
    """Convert text to its UTF-8 bytes.

    The ids are the bytes, 0 to 255; the token of an id is the character of the same number.
    `detokenize` inverts `tokenize` exactly, after case folding and normalization, except for null
    characters at the end of a text: zeros at the end are padding.

    It differs from KerasHub in two points: bytes that are not UTF-8 are handled as `errors` says
    before they become ids, rather than passed through; and zeros within a text are kept.

    With `pure_graph`, case folding and normalization use TensorFlow's tables, which are of another
    Unicode version than Python's: recent characters may have other ids.

    Args:
        lowercase: bool. Whether case is folded (`NFKC_Casefold`, as in KerasHub: "ß" becomes "ss",
            "ﬁ" "fi", and invisible characters vanish). Default True.
        sequence_length: int or None. If set, results are dense and padded with 0 or cut to it.
            Default None.
        normalization_form: str or None. "NFC", "NFKC", "NFD" or "NFKD". Default None.
        errors: "strict", "replace" or "ignore". What to do with bytes that are not UTF-8, and with
            lone surrogates, in both directions. Default "replace".
        replacement_char: int. The code point that "replace" substitutes for them and for U+FFFD,
            which has the same meaning. Default 65533 (U+FFFD).
        dtype: str. An integer dtype, or "string" for tokens in place of ids. Default "int32".
        **kwargs: the other arguments of `Tokenizer`: `truncation`, `pure_graph`, `name`.

    Raises:
        ValueError: the normalization form is unknown, or `replacement_char` is not a character.

    Example:
        >>> tokenizer = nlpkit.tokenizers.ByteTokenizer()
        >>> tokenizer("Hé!")
        [104, 195, 169, 33]
        >>> tokenizer.detokenize([104, 195, 169, 33])
        'hé!'
    """

    def __init__(
        self,
        lowercase: bool = True,
        sequence_length: int | None = None,
        normalization_form: str | None = None,
        errors: str = "replace",
        replacement_char: int = 65533,
        dtype: str = "int32",
        **kwargs: Any,
    ) -> None:
        super().__init__(sequence_length=sequence_length, errors=errors, dtype=dtype, **kwargs)
        self.lowercase = lowercase
        self.normalization_form = normalization_form
        self.replacement_char = replacement_char
        vocabulary = Vocabulary([chr(i) for i in range(256)])
        algorithm = ByteAlgorithm.build(vocabulary, self._settings(CharacterSettings))
        self._use(algorithm, self._look_up_special_tokens(vocabulary))
