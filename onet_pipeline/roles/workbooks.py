"""Workbooks: the sheets of XLSX, XLS and ODS files as text.

Belongs here: opening, limits, and how a typed cell is written as text. Does not: what the rows mean.

https://github.com/dimastbk/python-calamine
"""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from onet_pipeline.errors import UploadUnreadable

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

#: Most bytes a workbook may unpack to. A full sheet of 1,048,576 rows and 10 columns is about 400 MB of XML.
MOST_UNPACKED_BYTES = 1024**3


def open_workbook(content: bytes, name: str) -> "CalamineWorkbook":
    """Open a workbook from memory.

    Raises:
        UploadUnreadable: damaged, protected by a password, not a workbook, or unpacking to more than the limit.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    if zipfile.is_zipfile(io.BytesIO(content)):
        _refuse_bomb(content, name)
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(content))
    except PasswordError as error:
        raise _protected(name) from error
    except CalamineError as error:
        # An encrypted XLSX is an OLE file whose one stream is named thus, in UTF-16.
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise _protected(name) from error
        raise UploadUnreadable(
            f"{name} is damaged, or no workbook. Open it in a spreadsheet program and save it again as XLSX or CSV."
        ) from error


def worksheets(workbook: "CalamineWorkbook") -> list[str]:
    """Return the names of the sheets that hold cells; chart and macro sheets do not."""
    from python_calamine import SheetTypeEnum

    return [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]


def read_sheet(load: Callable[[str], "CalamineSheet"], sheet: str, name: str) -> Iterator[list[str]]:
    """Yield the rows of a worksheet as text: ``1234.0`` as ``1234``, dates in ISO form.

    Raises:
        UploadUnreadable: the sheet is damaged.
    """
    from python_calamine import CalamineError

    try:
        for row in load(sheet).iter_rows():
            yield [cell if type(cell) is str else as_text(cell) for cell in row]
    except CalamineError as error:
        raise UploadUnreadable(
            f"{name}: the sheet {sheet!r} is damaged. Save the file again as XLSX or CSV."
        ) from error


def as_text(value: object) -> str:
    """Write a typed cell as text; None is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def _protected(name: str) -> UploadUnreadable:
    return UploadUnreadable(f"{name} is protected by a password. Save it without one.")


def _refuse_bomb(content: bytes, name: str) -> None:
    """Unpack every member once and count: sizes stated in the archive may lie."""
    left = MOST_UNPACKED_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                left -= _unpacked_size(archive, member, left)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError, zlib.error) as error:
        raise UploadUnreadable(
            f"{name} is damaged: {type(error).__name__} while unpacking. Save or send it again."
        ) from error
    if left < 0:
        raise UploadUnreadable(
            f"{name} unpacks to more than {MOST_UNPACKED_BYTES // 1024**2} MiB. Split it, or save it as CSV or Parquet."
        )


def _unpacked_size(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int) -> int:
    # The stated size would end the stream early; the checksum still tells a damaged member.
    member.file_size = 2**62
    size = 0
    with archive.open(member) as stream:
        while size <= limit and (chunk := stream.read(1024 * 1024)):
            size += len(chunk)
    return size
