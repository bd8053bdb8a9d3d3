"""Figures and names as the words of a table."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import cycle
from typing import Final

from cnninspect.json_text import ACTING
from cnninspect.report import TensorSpec
from cnninspect.units import binary

UNKNOWN: Final = "unknown"
#: Where nothing acts: ASCII and other letters from left to right, punctuation, arrows, mathematics, boxes and blocks.
_PLAIN: Final = re.compile("[ -~\u00a0-\u00ac\u00ae-\u058f\u2010-\u2027\u2030-\u205e\u2190-\u2bff]*")
#: What XML 1.0 has no way to write (section 2.2).
_NOT_IN_XML: Final = "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # it is long to compile
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_ISOLATED: Final = re.compile(f"{_ISOLATE}([^{_ISOLATE}{_END_ISOLATE}]*){_END_ISOLATE}")
_COMMAND: Final = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
_CUT: Final = re.compile(f"({_ISOLATE}[^{_ISOLATE}{_END_ISOLATE}]*?…)(?![^{_ISOLATE}{_END_ISOLATE}]*{_END_ISOLATE})")
_IN_ASCII: Final = str.maketrans(
    {"├": "|", "└": "`", "│": "|", "─": "-", "×": "x", "·": "*", "−": "-", "±": "+-", "≥": ">=", "≤": "<=", "…": "~"}
    | {"⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "░": ".", "▒": "+"}
    | {"→": "->", "√": "sqrt", "²": "^2", "∞": "inf", "✓": "+", "✗": "x"}
    | {**dict.fromkeys("▌▋▊▉█", "#"), **dict.fromkeys("▏▎▍", " ")}
)


def spelled(text: str) -> str:
    r"""Text in which the characters that act are spelled out.

    >>> spelled("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in ACTING else char for char in text
    )


def safe(name: str) -> str:
    """A name from somebody's code, so that it can't break a table.

    Control characters are spelled out; right-to-left text is isolated, so that the figures beside
    it stay where they are.
    """
    text = spelled(name)
    is_mixed = not text.isascii() and any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text)
    return f"{_ISOLATE}{text}{_END_ISOLATE}" if is_mixed else text


def harmless(text: str) -> str:
    """Words with safe names in them: what was forgotten is made safe, what is isolated stays so.

    Every format that people read puts each text through this, so that nothing acts in it, wherever it came from.
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(
        f"{_ISOLATE}{spelled(part)}{_END_ISOLATE}" if is_isolated else safe(part)
        for is_isolated, part in zip(cycle((False, True)), _ISOLATED.split(text), strict=False)
    )


def bare(text: str) -> str:
    """Words with safe names in them as data: nothing acts, and nothing is isolated."""
    return spelled(_ISOLATED.sub(r"\1", text))


def unobeyed(text: str, colon: str = r"\x3a") -> str:
    r"""Lines of which none begins with ``::``, which a log of GitHub Actions would take for a command.

    Args:
        text: Lines.
        colon: What is written in place of the first of the two.

    >>> unobeyed("a::b\n ::error::c")
    'a::b\n \\x3a:error::c'
    """
    return _COMMAND.sub(lambda found: found[1] + colon, text)


def in_xml(text: str) -> str:
    r"""XML that is well-formed, also where names are in it that were not made safe.

    >>> in_xml("<text>a\x00b\ufffe</text>")
    '<text>a?b?</text>'
    """
    return re.sub(_NOT_IN_XML, "?", text)


def in_ascii(text: str) -> str:
    r"""Text for what can show nothing else.

    >>> in_ascii("≥ 3×3 א")
    '>= 3x3 \\u05d0'
    """
    return spelled(text).translate(_IN_ASCII).encode("ascii", "backslashreplace").decode()


def closed(line: str) -> str:
    """A line in which no name stays isolated beyond where it was cut, or the figures behind it would move.

    >>> closed(f"{_ISOLATE}abc…  12") == f"{_ISOLATE}abc…{_END_ISOLATE}  12"
    True
    """
    return _CUT.sub(rf"\1{_END_ISOLATE}", line)


def count(number: int | None) -> str:
    """An exact count with thousands separators.

    >>> count(61100840), count(None)
    ('61,100,840', 'unknown')
    """
    return UNKNOWN if number is None else f"{number:,}"


def sides(numbers: Iterable[object]) -> str:
    """A shape, a kernel: ``11×11``."""
    return "×".join(map(str, numbers))


def tensors(specs: Sequence[TensorSpec], *, dtype: bool = False, most: int = 3) -> str:
    """Shapes, with the names of those that have one beside others: ``out 1×21×8×8, aux 1×21×8×8``."""
    shown = [
        " ".join(
            part
            for part in (
                safe(spec.name) if spec.name and len(specs) > 1 else "",
                sides(spec.shape) or "scalar",
                safe(spec.dtype) if dtype else "",
            )
            if part
        )
        for spec in specs[:most]
    ]
    rest = len(specs) - most
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def size(number: int | None) -> str:
    """A number of bytes, to three digits; 1 MiB is 2**20 bytes.

    >>> size(244403360), size(2616), size(None)
    ('233 MiB', '2.55 KiB', 'unknown')
    """
    return UNKNOWN if number is None else binary(number)


def seconds(value: float | None) -> str:
    """A time to three digits.

    >>> seconds(0.01234), seconds(1.5), seconds(2.5e-05)
    ('12.3 ms', '1.50 s', '25.0 µs')
    """
    if value is None:
        return UNKNOWN
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= 0.9995 * size:
            return f"{f'{value / size:#.3g}'.rstrip('.')} {unit}"
    return f"{value / 1e-9:.0f} ns"


def from_to(first: str, last: str) -> str:
    """The names of a run of layers, as short as they can be told.

    >>> from_to("layer3.1", "layer3.22"), from_to("key", "value")
    ('layer3.1 … 22', 'key … value')

    Args:
        first: Name or path of the first of them.
        last: That of the last.
    """
    stem = last.rstrip("0123456789")
    number = last.removeprefix(stem) if first.rstrip("0123456789") == stem else ""
    return safe(f"{first} … {number}") if number else f"{safe(first)} … {safe(last)}"


def of_layers(number: int) -> str:
    """A number of layers.

    >>> of_layers(1), of_layers(39)
    ('1 layer', '39 layers')
    """
    return f"{number:,} layer{'s' * (number != 1)}"
