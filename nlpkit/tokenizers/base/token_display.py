"""Display of tokens in notebooks and terminals."""

import html
from dataclasses import dataclass

from nlpkit.tokenizers.base.encoding import Encoding

_COLORS = ("#cfe8ff", "#ffe2b8", "#d5f5d0", "#f6d3ea", "#e6e0ff", "#fff3a8")
_TOKEN = (
    '<span style="display:inline-block;margin:2px;text-align:center;vertical-align:top">'
    '<span style="background:{color};color:#111;padding:1px 4px;border-radius:3px;'
    'white-space:pre">{token}</span><br>'
    '<small style="opacity:.6">{id}</small></span>'
)


@dataclass(frozen=True)
class TokenDisplay:
    """The tokens of a text with their ids: colored in a notebook, a table when printed.

    The tokens of one word have the same color.

    Attributes:
        text: str.
        encoding: Encoding. Its tokens.
    """

    text: str
    encoding: Encoding

    def _repr_html_(self) -> str:
        spans = "".join(
            _TOKEN.format(color=_COLORS[word % len(_COLORS)], token=html.escape(token), id=i)
            for i, token, word in zip(
                self.encoding.ids, self.encoding.tokens, self.encoding.word_ids, strict=True
            )
        )
        return f'<div style="line-height:1.4;font-family:monospace">{spans}</div>'

    def __repr__(self) -> str:
        rows = [
            (str(i), token, repr(self.text[start:end]))
            for i, token, (start, end) in zip(
                self.encoding.ids, self.encoding.tokens, self.encoding.offsets, strict=True
            )
        ]
        rows.insert(0, ("id", "token", "text"))
        id_width, token_width = (max(len(row[column]) for row in rows) for column in (0, 1))
        return "\n".join(f"{i:>{id_width}}  {token:<{token_width}}  {t}" for i, token, t in rows)
