"""A baseline as a file: read, and found to say the same as a new report."""

from pathlib import Path

import msgspec

from cnninspect.errors import RequestError, named
from cnninspect.report import Report


def read(file: Path, *, is_updating: bool) -> Report | None:
    """The report in ``file``; ``None``: it is going to be rewritten, and is missing or of another version.

    Args:
        file: A saved report.
        is_updating: It is going to be rewritten.

    Raises:
        RequestError: It is missing, or something else than a report that this version reads.
    """
    try:
        text = file.read_bytes()
    except FileNotFoundError as error:
        if is_updating:
            return None
        raise RequestError(f"there is no baseline {str(file)!r}", hint="make it with --update") from error
    except OSError as error:
        raise RequestError(f"can't read the baseline {str(file)!r}: {error.strerror}") from error
    try:
        return Report.from_json(text)
    except RequestError as error:
        if is_updating and _is_of_other_version(text):
            return None
        raise named(error, f"baseline {str(file)!r}") from error.__cause__


def says_the_same(one: Report, other: Report) -> bool:
    """Are two reports the same but for how long they took and where they came from?"""
    return _timeless(one) == _timeless(other)


def _timeless(report: Report) -> Report:
    return msgspec.structs.replace(report, run=msgspec.structs.replace(report.run, seconds=0.0, cached=False))


def _is_of_other_version(text: bytes) -> bool:
    """Is it a report all the same, so that nothing else is lost when it is rewritten?"""
    try:
        return msgspec.json.decode(text, type=_AnyReport).tool.name == "cnninspect"
    except msgspec.DecodeError:
        return False


class _AnyTool(msgspec.Struct):
    name: str


class _AnyReport(msgspec.Struct):
    schema_version: int
    tool: _AnyTool
