"""Workbooks: the sheets of XLSX, XLS and ODS files as text.

Belongs here: the limits within which a workbook is opened, and what is said of one that cannot be. Does not: opening it
(``workbook_process``), or what the rows mean.
"""

import io
import json
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator

from onet_pipeline.errors import UploadUnreadable
from onet_pipeline.roles import workbook_process

#: Most bytes a workbook may unpack to. A full sheet of 1,048,576 rows and 10 columns is about 500 MB of XML.
MOST_UNPACKED_BYTES = 1024**3
#: Memory of the process that opens it: 100,000 rows of 10 columns took 113 MB, so such a full sheet about 1.2 GB.
MOST_MEMORY_BYTES = 4 * 1024**3
#: Seconds it may take: 100,000 rows of 10 columns took 2 s of processor time, so such a full sheet about 20 s.
MOST_SECONDS = 300
#: An XLSX with a password is a compound file whose one stream is called this.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read_sheets(content: bytes, name: str) -> dict[str, bytes]:
    """Open a workbook from memory and return the rows of each worksheet, for ``sheet_rows``, by its name.

    Raises:
        UploadUnreadable: damaged, protected by a password, no workbook, or larger than the limits.
    """
    if zipfile.is_zipfile(io.BytesIO(content)):
        _refuse_bomb(content, name)
    elif _ENCRYPTED in content:
        raise _protected(name)
    command = [sys.executable, "-m", workbook_process.__name__, str(MOST_MEMORY_BYTES)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=MOST_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise UploadUnreadable(f"{name} took more than {MOST_SECONDS} s to open. Save it as CSV or Parquet.") from error
    if done.returncode == workbook_process.PROTECTED:
        raise _protected(name)
    if done.returncode:
        raise UploadUnreadable(
            f"{name} is damaged, no workbook, or has cells far outside its table. "
            "Open it in a spreadsheet program and save it again as XLSX or CSV."
        )
    parts = (part.partition(b"\n") for part in done.stdout.split(workbook_process.SHEET_MARK)[1:])
    return {json.loads(sheet): rows for sheet, _, rows in parts}


def sheet_rows(rows: bytes) -> Iterator[list[str]]:
    """Yield the rows of a worksheet as text."""
    for line in io.BytesIO(rows):
        yield json.loads(line)


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
