"""QuestionAnswererPreprocessor: preprocessing for extractive question answering."""

from collections.abc import Sequence
from typing import Any, ClassVar

from nlpkit._types import Data
from nlpkit.preprocessors.examples.text_units import units_of
from nlpkit.preprocessors.window_preprocessor import TextWindow, WindowPreprocessor, as_text
from nlpkit.tokenizers.base.tokenizer import Tokenizer


class QuestionAnswererPreprocessor(WindowPreprocessor):
    """Convert questions and contexts to features: a row for each window of each context.

    A question and its context are tokenized, and the context is split into overlapping windows
    where both do not fit a row. They are joined by the family's special tokens (`[CLS] question
    [SEP] context [SEP]` in BERT), and rows are padded to `sequence_length`. Nothing is cut.

    Args:
        tokenizer: `Tokenizer` of the family.
        sequence_length: int. The length of the rows; may be set later. Default 512.
        stride: int or None. The maximum number of tokens that a window repeats of the previous one.
            None, the default, is a quarter of what a row has for the context.
        padding_side: str. "right" or "left". Default "right".
        **kwargs: `name` and `dtype` (of the ids; default "int32").

    Call arguments:
        x: a tuple of questions and contexts, or a list of pairs; see `Preprocessor`.

    Returns:
        A dict of `token_ids` of `dtype`, `padding_mask` (bool, True = real token) and, where
        the family has them, `segment_ids` (int32), each `[windows, sequence_length]`.

    Raises:
        TypeError: `x` holds no strings.
        ValueError: labels were passed, `x` does not hold pairs, a context is empty, or a question
            leaves no room for its context.

    Example:
        >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "what", "a", "good", "film"]
        >>> tokenizer = nlpkit.models.BertTokenizer(vocabulary)
        >>> preprocessor = nlpkit.models.QuestionAnswererPreprocessor(tokenizer, 6, stride=0)
        >>> preprocessor((["what"], ["a good film"]))["token_ids"]
        array([[2, 5, 3, 6, 7, 3],
               [2, 5, 3, 8, 3, 0]], dtype=int32)
    """

    pass_instead: ClassVar[str] = "and answers to the task"

    def __init__(
        self,
        tokenizer: Tokenizer,
        sequence_length: int = 512,
        stride: int | None = None,
        *,
        padding_side: str = "right",
        **kwargs: Any,
    ) -> None:
        super().__init__(tokenizer, sequence_length, stride, padding_side=padding_side, **kwargs)

    def call(self, x: Data, y: Data = None, sample_weight: Data = None) -> Any:
        x, *_ = self.read(x, y, sample_weight)
        if isinstance(x, tuple) and all(isinstance(text, str) for text in x):
            x = tuple([text] for text in x)
        return self.features(self.windows(x))

    def windows(self, x: Sequence[Any]) -> list[TextWindow]:
        """Tokenize questions and contexts, and split the contexts into windows.

        Args:
            x: tuple of questions and contexts, lists or arrays of str.

        Raises:
            ValueError: see the class.
        """
        if not isinstance(x, tuple) or len(x) != 2:
            raise ValueError(
                "x must hold pairs of a question and a context; got "
                f"{len(x) if isinstance(x, tuple) else 1} column(s). A tuple holds columns, a list "
                "rows: (questions, contexts), or [(question, context), …]."
            )
        questions, contexts = ([*map(as_text, column)] for column in x)
        ids = self.tokenizer.encode(questions)
        encodings = self.tokenizer.encode(contexts)
        found = []
        for row, (question, context) in enumerate(zip(ids, contexts, strict=True)):
            units = units_of(context, encodings[row], whole_words=False)
            if not units.tokens:
                raise ValueError(f"A context must have text; got {context!r} in row {row}.")
            found += self._windows_of(units, row, question.ids)
        return found
