"""Lookup of tokens, ids and special tokens."""

from typing import Any, ClassVar

from nlpkit.tokenizers.base.vocabulary import Vocabulary
from nlpkit.tokenizers.base.whole_tokens import WholeTokens


class TokenLookup:
    """The part of `Tokenizer` that looks up tokens, ids and special tokens.

    A class names its special tokens in `special_token_names`; each is a constructor argument
    (`cls_token`), and its id an attribute (`cls_token_id`).
    """

    special_token_names: ClassVar[tuple[str, ...]] = ()
    assets: ClassVar[tuple[str, ...]]
    special_tokens: Any
    special_tokens_in_strings: bool
    _vocabulary: Vocabulary | None = None
    _whole_tokens = WholeTokens({})
    _control_tokens = WholeTokens({})
    _has_warned = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in cls.special_token_names:
            setattr(cls, f"{name}_id", _id_property(name))

    @property
    def has_vocabulary(self) -> bool:
        """Whether the tokenizer has a vocabulary, in any form."""
        return self._vocabulary is not None

    def vocabulary_size(self) -> int:
        """Return the number of ids: one more than the largest."""
        return len(self._known())

    def get_vocabulary(self) -> list[Any]:
        """Return the tokens in the order of their ids; None for ids without a token."""
        return list(self._known().tokens)

    def id_to_token(self, id: int) -> str:
        """Return the token of an id.

        Raises:
            ValueError: the id is not in the vocabulary.
        """
        tokens = self._known().tokens
        token = tokens[id] if 0 <= id < len(tokens) else None
        if token is None:
            raise ValueError(f"id must be from 0 to {len(tokens) - 1} and have a token; got {id}.")
        return token

    def token_to_id(self, token: str) -> int:
        """Return the id of a token.

        Raises:
            ValueError: the token is not in the vocabulary.
        """
        ids = self._known().ids
        if token not in ids:
            raise ValueError(f"token must be in the vocabulary; got {token!r}.")
        return ids[token]

    @property
    def special_tokens_map(self) -> dict[str, str]:
        """The named special tokens: `{"cls_token": "[CLS]", ...}`."""
        return {name: getattr(self, name) for name in self.special_token_names}

    def _use(self, vocabulary: Vocabulary | None) -> None:
        """Set the vocabulary; None for none yet."""
        if vocabulary is not None:
            self._check_special_tokens(vocabulary)
        self._vocabulary = vocabulary
        found = [] if vocabulary is None else self._tokens_found_whole()
        self._whole_tokens = WholeTokens({token: self.token_to_id(token) for token in found})
        known = [] if vocabulary is None else self._all_special_tokens()
        # A short one may be plain text: "!" is CLIP's padding token.
        self._control_tokens = WholeTokens(dict.fromkeys((t for t in known if len(t) > 2), 0))

    def _known(self) -> Vocabulary:
        if self._vocabulary is None:
            if not self.assets:
                raise NotImplementedError(
                    f"{type(self).__name__} must define tokenize and detokenize."
                )
            raise ValueError(
                f"{type(self).__name__} has no vocabulary yet: pass {' and '.join(self.assets)}."
            )
        return self._vocabulary

    def _all_special_tokens(self) -> list[str]:
        return [*self.special_tokens_map.values(), *(self.special_tokens or ())]

    def _tokens_found_whole(self) -> list[str]:
        """The tokens that are recognized wherever they occur in a text."""
        return self._all_special_tokens() if self.special_tokens_in_strings else []

    def _pad_value(self, string: bool) -> int | str:
        token = self.special_tokens_map.get("pad_token")
        if token is None:
            return "" if string else 0
        return token if string else self.token_to_id(token)

    def _check_special_tokens(self, vocabulary: Vocabulary) -> None:
        lacking = {n: t for n, t in self.special_tokens_map.items() if t not in vocabulary.ids}
        if lacking:
            names = ", ".join(f"{name}={token!r}" for name, token in lacking.items())
            raise ValueError(
                f"vocabulary must contain the special tokens of {type(self).__name__}; it lacks "
                f"{names}. Add them to it, or pass the tokens that it has."
            )
        unknown = [token for token in self.special_tokens or () if token not in vocabulary.ids]
        if unknown:
            raise ValueError(f"vocabulary must contain the special_tokens; it lacks {unknown}.")


def _id_property(name: str) -> property:
    return property(lambda self: self.token_to_id(getattr(self, name)), doc=f"The id of `{name}`.")
