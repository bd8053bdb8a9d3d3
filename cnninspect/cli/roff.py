r"""Text for man pages, in the part of the language that groff and mandoc both read.

A line that begins with a dot or an apostrophe is an instruction, a backslash begins an escape, and a plain hyphen may
be shown as a dash that can't be copied into a shell: none of these gets through from a text.
"""

from typing import Final

_SPECIAL: Final = {
    "\\": r"\(rs", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq",
}  # fmt: skip
#: What a line that a text begins with starts with: it has no width.
_NOTHING: Final = r"\&"


def escaped(text: str) -> str:
    r"""A text as it is to be read, on one line; what is not ASCII by its number.

    >>> print(escaped("-f 'a' × 2"))
    \-f \(aqa\(aq \[u00D7] 2
    >>> print(escaped(".so /etc/passwd"))
    \&.so /etc/passwd
    """
    plain = " ".join(text.split())
    return (_NOTHING if plain.startswith(".") else "") + "".join(map(_character, plain))


def as_written(text: str) -> str:
    r"""Lines that stay as they are, such as examples.

    >>> print(as_written("cnninspect cache info"))
    .nf
    cnninspect cache info
    .fi
    """
    return "\n".join([".nf", *map(escaped, text.splitlines()), ".fi"])


def section(heading: str, *blocks: str) -> str:
    """A section; what stands in it is written already.

    Args:
        heading: Is shown in capitals.
        blocks: Paragraphs and lists.
    """
    return "\n.PP\n".join([f".SH {escaped(heading.upper())}\n{blocks[0]}", *blocks[1:]]) if blocks else ""


def described(name: str, text: str) -> str:
    """An entry of a list: a name in bold, and below it what is to be said of it.

    Args:
        name: An option, say.
        text: Plain.
    """
    return f".TP\n\\fB{escaped(name)}\\fR\n{escaped(text)}"


def _character(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    return character if character.isascii() and character.isprintable() else f"\\[u{ord(character):04X}]"
