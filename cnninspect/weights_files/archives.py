"""Zip archives as ``torch.save`` and ``torch.export.save`` write them: nothing in them is compressed.

An archive that is compressed, or whose members say more bytes than the file has, would take memory out of proportion
to its size: it is refused by its table of contents, before any member is read.
"""

import struct
import zipfile
from collections.abc import Collection, Iterable
from typing import IO, Final

from cnninspect.errors import RequestError

#: What a zip archive begins with.
MAGIC: Final = b"PK\x03\x04"
_LOCAL_HEADER: Final = struct.Struct("<26xHH")  # it ends with the lengths of the name and of the extra field


def members(file: IO[bytes]) -> list[zipfile.ZipInfo]:
    """What is in an archive, from its table of contents alone.

    Raises:
        zipfile.BadZipFile: It is no archive, or a damaged one.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.infolist()
    except (NotImplementedError, ValueError, OverflowError, struct.error) as error:  # as zipfile takes damage
        raise zipfile.BadZipFile(str(error)) from error


def by_path(found: Iterable[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Members by their paths below the archive's one top folder."""
    return {each.filename.partition("/")[2]: each for each in found}


def check_sizes(name: str, found: Collection[zipfile.ZipInfo], size: int) -> None:
    """Refuse what would take more memory than the file has bytes.

    Args:
        name: Of the file.
        found: Its members.
        size: Of the file, in bytes.

    Raises:
        RequestError: A member is compressed, or they say more bytes than the file has.
    """
    packed = next((each.filename for each in found if each.compress_type != zipfile.ZIP_STORED), None)
    if packed is not None:
        raise RequestError(
            f"{name!r} is a compressed archive ({packed[:60]!r} in it): refused, as a small one may be of any size",
            hint="torch.save and torch.export.save don't compress: load it where it is trusted, and save it again",
        )
    said = sum(max(each.file_size, each.compress_size) for each in found)
    if said > size:
        raise RequestError(
            f"the members of {name!r} say {said:,} bytes, and it has {size:,}: refused",
            hint="copy or download it again",
        )


def start_of(member: zipfile.ZipInfo, file: IO[bytes]) -> int:
    """Where the bytes of a member begin in the file.

    Raises:
        zipfile.BadZipFile: They would lie outside.
    """
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or not header.startswith(MAGIC):
        raise zipfile.BadZipFile(f"no header of {member.filename!r}")
    name_size, extra_size = _LOCAL_HEADER.unpack(header)
    start: int = member.header_offset + _LOCAL_HEADER.size + name_size + extra_size
    if start + member.file_size > file.seek(0, 2):
        raise zipfile.BadZipFile(f"{member.filename!r} ends outside")
    return start
