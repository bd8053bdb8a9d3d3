"""What a forward takes beside tensors, ``NAME=VALUE``: a number, a flag, a word; without torch."""

import math
from typing import Final, NoReturn

import msgspec

from cnninspect.errors import RequestError, shortened

_EXAMPLE: Final = "write NAME=VALUE, a JSON scalar: use_cache=false"

Scalar = str | int | float | bool | None


class Argument(msgspec.Struct, frozen=True):
    """An argument of a forward that is no tensor."""

    name: str
    value: Scalar


def parse_scalar(text: str) -> Scalar:
    """A JSON scalar; a bare word is a string.

    Raises:
        ValueError: It is a list, an object, or a number beyond what Python reads.
    """
    import json  # help needs none

    try:
        scalar: object = json.loads(text, parse_constant=_not_json)
    except json.JSONDecodeError:
        return text
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    if scalar is not None and not isinstance(scalar, str | int | float):
        raise ValueError("it has parts")
    if isinstance(scalar, float) and not math.isfinite(scalar):
        raise ValueError("it is larger than any number")
    return scalar


def _not_json(word: str) -> NoReturn:
    """``NaN`` and ``Infinity`` are words in JSON."""
    import json

    raise json.JSONDecodeError("not JSON", word, 0)


def parse_argument(text: str) -> Argument:
    """Read what ``--arg`` says: ``use_cache=false``.

    Raises:
        RequestError: It is malformed.
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise RequestError(f"malformed --arg {shortened(text)}", hint=_EXAMPLE)
    try:
        return argument(name.strip(), parse_scalar(value))
    except ValueError as error:
        raise RequestError(
            f"the value in --arg {shortened(text)} is not a JSON scalar: {error}", hint=_EXAMPLE
        ) from error


def argument(name: str, value: object) -> Argument:
    """What is given to a forward by a name.

    Args:
        name: Of the argument.
        value: Is to be plain.

    Raises:
        RequestError: It isn't, or the name is none.
    """
    if not name.isidentifier():
        raise RequestError(f"--arg: {name!r} is no name of an argument", hint=_EXAMPLE)
    if value is not None and not isinstance(value, str | int | float):
        kind = type(value).__name__
        raise RequestError(f"--arg: {name!r} is of type {kind}, not a scalar", hint="what holds tensors is an input")
    if (isinstance(value, float) and not math.isfinite(value)) or (isinstance(value, int) and abs(value) >= 2**63):
        raise RequestError(f"--arg: the number for {name!r} is beyond 64 bits", hint=_EXAMPLE)
    return Argument(name, value)
