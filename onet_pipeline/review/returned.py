"""A reviewed file read back: what each row says, whatever a spreadsheet program did to the file.

Belongs here: finding the sheet, its header and its rows in XLSX, ODS or CSV. Does not: what a decision means or whether
it fits (``judging``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from onet_pipeline.errors import ReviewUnreadable, UploadError
from onet_pipeline.review.sheet import Column
from onet_pipeline.roles.sheets import RawSheet, open_sheets
from onet_pipeline.roles.upload_options import UploadOptions

_NEEDED = frozenset({Column.ROLE, Column.DECISION, Column.REFERENCE})
_HEADER_WITHIN = 20
"""Rows: somebody may have put a line or two above the table."""


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    """One row of a reviewed sheet, as text; ``line`` is its number there, from 1."""

    line: int
    role: str
    decision: str
    reference: str
    code: str = ""
    comment: str = ""
    reviewer: str = ""


def read_returned(content: bytes, name: str) -> tuple[ReturnedRow, ...]:
    """Return the rows in which something was decided, commented or signed; columns and sheets may have any order.

    Raises:
        ReviewUnreadable: no spreadsheet, or no sheet of it has the columns of a review.
    """
    try:
        sheets = open_sheets(content, name, UploadOptions())
        for sheet in sheets:
            if found := _header(sheet):
                return tuple(_rows(sheet, *found))
    except UploadError as error:
        raise ReviewUnreadable(str(error)) from error
    needed = ", ".join(sorted(_NEEDED))
    raise ReviewUnreadable(
        f"{name} is no review: no sheet has the columns {needed}. Take the workbook that `onet-pipeline review export` "
        "wrote, and keep its hidden columns."
    )


def _header(sheet: RawSheet) -> tuple[int, dict[Column, int]] | None:
    known = {column.value.casefold(): column for column in Column}
    for line, cells in zip(range(1, _HEADER_WITHIN + 1), sheet.rows(), strict=False):
        names = [known.get(" ".join(cell.split()).casefold()) for cell in cells]
        places = {column: place for place, column in reversed(list(enumerate(names))) if column}
        if places.keys() >= _NEEDED:
            return line, places
    return None


def _rows(sheet: RawSheet, header: int, places: Mapping[Column, int]) -> Iterator[ReturnedRow]:
    for line, cells in enumerate(sheet.rows(), start=1):
        if line > header:
            row = _row(line, cells, places)
            if row.decision or row.comment or row.reviewer:
                yield row


def _row(line: int, cells: Sequence[str], places: Mapping[Column, int]) -> ReturnedRow:
    def cell(column: Column) -> str:
        place = places.get(column)
        return "" if place is None or place >= len(cells) else cells[place].strip()

    return ReturnedRow(
        line=line,
        role=cell(Column.ROLE),
        decision=cell(Column.DECISION),
        reference=cell(Column.REFERENCE),
        code=cell(Column.CODE),
        comment=cell(Column.COMMENT),
        reviewer=cell(Column.REVIEWER),
    )
