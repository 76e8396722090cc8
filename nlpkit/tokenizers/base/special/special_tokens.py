"""SpecialTokens: the special tokens of a tokenizer in its vocabulary."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nlpkit.tokenizers.base.vocabulary import Vocabulary


@dataclass(frozen=True)
class SpecialTokens:
    """The special tokens of a tokenizer, each looked up once in its vocabulary.

    Attributes:
        by_name: dict of the name of a token, such as "cls_token", to its id.
        ids: dict of token to id: the named ones, then the others.
    """

    by_name: Mapping[str, int]
    ids: Mapping[str, int]

    @classmethod
    def look_up(
        cls, vocabulary: Vocabulary, named: Mapping[str, str], others: Iterable[str], owner: str
    ) -> "SpecialTokens":
        """Look up tokens.

        Args:
            vocabulary: `Vocabulary`.
            named: dict of name to token.
            others: list of str. Tokens without a name.
            owner: str. The name of the tokenizer's class, for errors.

        Raises:
            ValueError: the vocabulary lacks a token.
        """
        ids = vocabulary.ids
        lacking = ", ".join(
            f"{name}={token!r}" for name, token in named.items() if token not in ids
        )
        if lacking:
            raise ValueError(
                f"vocabulary must contain the special tokens of {owner}; it lacks {lacking}. Add "
                "them to it, or pass the tokens that it has."
            )
        unknown = [token for token in others if token not in ids]
        if unknown:
            raise ValueError(f"vocabulary must contain the special_tokens; it lacks {unknown}.")
        by_name = {name: ids[token] for name, token in named.items()}
        return cls(by_name, {token: ids[token] for token in (*named.values(), *others)})


NO_TOKENS = SpecialTokens({}, {})
