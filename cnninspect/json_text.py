"""Results as JSON text, and the JSON Schema of their types: one way for every command."""

import re
import unicodedata
from typing import Any, Final

import msgspec

#: The categories of characters that a terminal obeys or that turn the order of others: control, format, separators.
ACTING: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_UNUSUAL: Final = re.compile(r"[^\x00-\x7e]")


def to_json(result: msgspec.Struct, *, is_ascii: bool = False) -> str:
    r"""A result as JSON text, indented by two, with a newline at its end.

    Characters that act are escapes (``\u202e``), which come to the same when they are read.

    Args:
        result: What is written.
        is_ascii: With escapes for all that is not ASCII.
    """
    text = msgspec.json.format(_encoded(result), indent=2).decode()
    return f"{in_ascii(text) if is_ascii else _inert(text)}\n"


def compact(value: object) -> str:
    """A part of a result, likewise, on one line."""
    return _inert(_encoded(value).decode())


def in_ascii(text: str) -> str:
    r"""JSON with nothing but ASCII in it.

    >>> in_ascii('"é𝄞"')
    '"\\u00e9\\ud834\\udd1e"'
    """
    return _UNUSUAL.sub(lambda found: _escape(found[0]), text)


def json_schema(kind: type[Any]) -> str:
    """The JSON Schema (draft 2020-12) of a result's type, as text."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(kind)}
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


def _encoded(value: object) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:  # the name of a file need not be text
        return msgspec.json.encode(_as_text(msgspec.to_builtins(value)))


def _as_text(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_as_text(key): _as_text(each) for key, each in value.items()}
        case list() | tuple():
            return [_as_text(each) for each in value]
        case _:
            return value


def _inert(text: str) -> str:
    return _UNUSUAL.sub(lambda found: _escape(found[0]) if unicodedata.category(found[0]) in ACTING else found[0], text)


def _escape(char: str) -> str:
    digits = char.encode("utf-16-be").hex()
    return "".join(f"\\u{digits[start : start + 4]}" for start in range(0, len(digits), 4))
