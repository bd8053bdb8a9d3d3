"""What the cache holds, and emptying it."""

from datetime import UTC, datetime

import msgspec

from cnninspect.cache import VARIABLE, folder, location
from cnninspect.errors import RequestError
from cnninspect.report import SCHEMA_VERSION


class CacheInfo(msgspec.Struct, frozen=True):
    """Where the cache is and what is in it.

    Attributes:
        enabled: Is it on?
        folder: Where the reports are; ``None`` if it is off. It need not be there.
        reports: How many.
        report_bytes: Of all files together.
        limit_bytes: As much as they may have; beyond it the longest unused are dropped.
        oldest: When the longest unused report was last used (ISO 8601, UTC); ``None`` if there is none.
        newest: When the latest was.
    """

    schema_version: int
    enabled: bool
    folder: str | None
    reports: int
    report_bytes: int
    limit_bytes: int
    oldest: str | None
    newest: str | None


class CacheCleared(msgspec.Struct, frozen=True):
    """What was dropped from which folder.

    Attributes:
        folder: Of the cache.
        reports: How many were dropped.
        report_bytes: Of all of them together.
    """

    schema_version: int
    folder: str
    reports: int
    report_bytes: int


def info() -> CacheInfo:
    """What the cache holds now.

    Raises:
        RequestError: There is no folder for it, or it can't be read.
    """
    place = location()
    try:
        found = [] if place is None else folder.files(place)
    except OSError as error:
        raise RequestError(f"can't read {str(place)!r}: {error.strerror or error}") from error
    used = [_time(each.used) for each in found if each.is_whole]
    return CacheInfo(
        SCHEMA_VERSION,
        enabled=place is not None,
        folder=None if place is None else str(place),
        reports=len(used),
        report_bytes=sum(each.size for each in found),
        limit_bytes=folder.LIMIT,
        oldest=used[0] if used else None,
        newest=used[-1] if used else None,
    )


def clear() -> CacheCleared:
    """Drop every report; no other file is touched, and the folder stays.

    Raises:
        RequestError: The cache is off, or a report can't be dropped.
    """
    place = location()
    if place is None:
        raise RequestError(
            "the cache is off: there is nothing to clear", hint=f"unset {VARIABLE}, or set it to a folder"
        )
    try:
        found = folder.clear(place)
    except OSError as error:
        raise RequestError(f"can't clear {str(place)!r}: {error.strerror or error}") from error
    return CacheCleared(
        SCHEMA_VERSION, str(place), sum(each.is_whole for each in found), sum(each.size for each in found)
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
