"""A reader for EDN, the notation in which Jepsen and Knossos write their histories.

Lists and vectors become tuples, maps become dictionaries, sets become frozen sets, keywords and symbols
become their names, and a tagged value becomes the value. Reference: the EDN specification,
https://github.com/edn-format/edn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["read_edn"]

TOKEN = re.compile(
    r"[\s,]+|;[^\n]*"  # blank, comment
    r'|(?P<text>"(?:\\.|[^"\\])*")'
    r"|(?P<open>\#\{|[(\[{])|(?P<close>[)\]}])"
    r"|(?P<skip>\#_)|(?P<tag>\#[^\s,(){}\[\]\";]+)"
    r"|(?P<char>\\(?:newline|return|space|tab|u[0-9a-fA-F]{4}|.))"
    r"|(?P<atom>[^\s,(){}\[\]\";]+)",
    re.DOTALL,
)
CLOSING = {"(": ")", "[": "]", "{": "}", "#{": "}"}
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
CHARACTERS = {"newline": "\n", "return": "\r", "space": " ", "tab": "\t"}
CONSTANTS = {"nil": None, "true": True, "false": False}
END = object()


def read_edn(text: str) -> list[Any]:
    """All values of an EDN text, in order.

    >>> read_edn("{:f :cas, :value [1 2]} ; a comment")
    [{'f': 'cas', 'value': (1, 2)}]
    """
    tokens = _tokens(text)
    values = []
    while (value := _value(tokens, text, None)) is not END:
        values.append(value)
    return values


def _tokens(text: str) -> Iterator[re.Match[str]]:
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise _error(text, position, f"cannot read {text[position : position + 20]!r}")
        if match.lastgroup:
            yield match
        position = match.end()


def _value(tokens: Iterator[re.Match[str]], text: str, closing: str | None) -> Any:
    """The next value, or END at the closing bracket, or at the end of the text if there is none to close."""
    for token in tokens:
        kind, word = token.lastgroup, token.group()
        if kind == "open":
            return _collection(word, tokens, text)
        if kind == "close":
            if word != closing:
                raise _error(text, token.start(), f"found {word!r} where {closing or 'a value'!r} was due")
            return END
        if kind == "skip":
            _value(tokens, text, closing)
        elif kind == "text":
            return re.sub(
                r"\\(.)", lambda escape: ESCAPES.get(escape[1], escape[1]), word[1:-1], flags=re.DOTALL
            )
        elif kind == "char":
            name = word[1:]
            return chr(int(name[1:], 16)) if len(name) == 5 and name[0] == "u" else CHARACTERS.get(name, name)
        elif kind == "atom":
            return _atom(word)
    if closing is not None:
        raise _error(text, len(text), f"the text ends where {closing!r} was due")
    return END


def _collection(opening: str, tokens: Iterator[re.Match[str]], text: str) -> Any:
    items = []
    while (item := _value(tokens, text, CLOSING[opening])) is not END:
        items.append(item)
    if opening == "{":
        return dict(zip(items[::2], items[1::2], strict=True))
    return frozenset(items) if opening == "#{" else tuple(items)


def _atom(word: str) -> Any:
    if word.startswith(":"):
        return word[1:]
    if word in CONSTANTS:
        return CONSTANTS[word]
    number = word.rstrip("NM")
    try:
        return int(number)
    except ValueError:
        pass
    try:
        return float(number) if re.match(r"[-+]?\d", word) else word
    except ValueError:
        return word


def _error(text: str, position: int, what: str) -> ValueError:
    line = text.count("\n", 0, position) + 1
    return ValueError(f"line {line} of the EDN text: {what}")
