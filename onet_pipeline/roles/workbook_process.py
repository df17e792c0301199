"""The process that opens a workbook, so that a damaged or hostile one can end it and nothing else.

A stray cell at XFD1048576 makes the reader ask for 550 GB, a circle in an XLS for all there is, and neither can be
caught: Rust aborts. Belongs here: what runs in that process. Does not: its limits and what becomes of its output
(``workbooks``).

https://github.com/dimastbk/python-calamine
"""

import io
import json
import sys
from contextlib import suppress
from datetime import date, datetime, time
from typing import BinaryIO

PROTECTED = 3
"""The exit code for a workbook with a password."""
SHEET_MARK = b"\0"
"""Stands before each sheet: a line with its name, then one line for each row, all in JSON."""


def write_sheets(content: bytes, target: BinaryIO) -> None:
    """Write every worksheet; chart and macro sheets hold no cells."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    for sheet in workbook.sheets_metadata:
        if sheet.typ != SheetTypeEnum.WorkSheet:
            continue
        target.write(SHEET_MARK + json.dumps(sheet.name).encode() + b"\n")
        for row in workbook.get_sheet_by_name(sheet.name).iter_rows():
            cells = [cell if type(cell) is str else as_text(cell) for cell in row]
            target.write(json.dumps(cells).encode() + b"\n")


def as_text(value: object) -> str:
    """Write a typed cell as text: ``1234.0`` as ``1234``, dates in ISO form, None as empty."""
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


def main() -> None:
    """Read a workbook from standard input and write its sheets; ``argv[1]`` is the most memory to use, in bytes."""
    from python_calamine import PasswordError

    _limit_memory(int(sys.argv[1]))
    try:
        write_sheets(sys.stdin.buffer.read(), sys.stdout.buffer)
    except PasswordError:
        sys.exit(PROTECTED)


def _limit_memory(most: int) -> None:
    """Bound the address space where the system can; Windows has no such module and macOS may refuse."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
