"""What ``cache info`` and ``cache clear`` show: facts, one a line."""

from cnninspect.cache import VARIABLE
from cnninspect.cache.state import CacheCleared, CacheInfo
from cnninspect.formats import records, words
from cnninspect.formats.document import Document, Fact, Facts
from cnninspect.formats.presentation import Presentation
from cnninspect.units import binary

_KIB = 1024  # from there a size has a short form


def presentation(result: CacheInfo | CacheCleared) -> Presentation:
    """The result, to be written in any format."""
    return Presentation(
        data=lambda: result,
        records=lambda: records.of_structs(type(result), [result]),
        document=lambda: lay_out(result),
    )


def lay_out(result: CacheInfo | CacheCleared) -> Document:
    """The facts."""
    if isinstance(result, CacheCleared):
        facts: tuple[Fact, ...] = (
            Fact("Cleared", words.safe(result.folder)),
            Fact("Dropped", _reports(result.reports)),
            _size("Freed", result.report_bytes),
        )
        return Document("", (Facts(facts),), "cnninspect cache clear")
    facts = (
        Fact("Folder", f"none: {VARIABLE} is off" if result.folder is None else words.safe(result.folder)),
        Fact("Kept", _reports(result.reports)),
        _size("Size", result.report_bytes),
        _size("Limit", result.limit_bytes),
        *(Fact("Longest unused", f"since {_time(time)}") for time in [result.oldest] if time),
        *(Fact("Last used", _time(time)) for time in [result.newest] if time),
    )
    return Document("", (Facts(facts),), "cnninspect cache info")


def _reports(number: int) -> str:
    return f"{number:,} report{'s' * (number != 1)}"


def _size(name: str, size: int) -> Fact:
    return Fact(name, f"{size:,} bytes", binary(size) if size >= _KIB else "")


def _time(text: str) -> str:
    """ISO 8601 in UTC, as it is read."""
    return text.replace("T", " ").replace("Z", " UTC")
