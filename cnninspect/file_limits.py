"""What a file from outside may have, so that it costs no more than it is worth."""

import re
from typing import Final

#: Bytes in all.
MOST_BYTES: Final = 2**28
_DIGITS: Final = 40  # in a number; every figure of torch's sizes has fewer, a product of two as well
_LONG_NUMBER: Final = re.compile(rb"[0-9]{%d}" % (_DIGITS + 1))
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*"')


class UnlikelyError(ValueError):
    """A file says what nothing of ours can say."""


def check_size(content: bytes) -> None:
    """Refuse JSON that is too long, or has a number that is.

    Raises:
        UnlikelyError: It is, or has.
    """
    if len(content) > MOST_BYTES:
        raise UnlikelyError(f"it has more than {MOST_BYTES // 2**20} MiB")
    if _LONG_NUMBER.search(content) and _LONG_NUMBER.search(_STRING.sub(b"", content)):  # not in a string
        raise UnlikelyError(f"a number has more than {_DIGITS} digits")


def is_shallow(value: object, levels: int) -> bool:
    """Are lists and tables nested in it no deeper than so many levels?

    >>> is_shallow([[1]], 2), is_shallow([[1]], 1)
    (True, False)

    Args:
        value: As JSON gives it.
        levels: That it may have.
    """
    if not isinstance(value, dict | list):
        return True
    inside = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(is_shallow(each, levels - 1) for each in inside)
