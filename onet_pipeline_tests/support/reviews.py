"""Mappings to review, and workbooks edited as an analyst would.

Belongs here: mappings to decide about, editing with a real spreadsheet library. Does not: what is expected.
"""

import io
from collections.abc import Callable, Mapping
from typing import Any

import openpyxl  # type: ignore[import-untyped]
from openpyxl.worksheet.worksheet import Worksheet  # type: ignore[import-untyped]

from onet_pipeline.review.sheet import Column
from onet_pipeline.review.workbook import ReviewBook, workbook_bytes
from onet_pipeline.store.records import Mapping as RoleMapping
from onet_pipeline.store.records import ShownCandidate
from onet_pipeline_tests.support import mapped

NOW = mapped.MOMENT
OCCUPATIONS = {
    "29-1141.00": "Registered Nurses",
    "29-2061.00": "Licensed Practical Nurses",
    "33-3051.00": "Police Patrol Officers",
    "43-3031.00": "Bookkeeping Clerks",
}


def mapping(role: str = "RN", code: str | None = "29-1141.00", **changes: Any) -> RoleMapping:
    """Return a mapping whose candidates are the four occupations."""
    told = {
        "upload_key": "city",
        "onet_title": OCCUPATIONS.get(code or ""),
        "candidates": tuple(ShownCandidate(code, title, 0.5) for code, title in OCCUPATIONS.items()),
    }
    return mapped.mapping(role, code, **{**told, **changes})


def confirmed(role: str = "RN", code: str | None = "29-2061.00", by: str = "A", **changes: Any) -> RoleMapping:
    """Return a mapping that somebody has decided already."""
    told = {"user_confirmed": True, "confirmed_code": code, "confirmed_by": by, "confirmed_at": NOW}
    return mapping(role, **{**told, **changes})


def book(*mappings: RoleMapping, occupations: Mapping[str, str] = OCCUPATIONS) -> bytes:
    """Return the workbook of some mappings."""
    return workbook_bytes(ReviewBook("city", "hr/city.csv", "30.1", "The credit.", NOW, mappings, occupations))


def opened(content: bytes) -> Worksheet:
    """Open the review sheet of a workbook."""
    sheet: Worksheet = openpyxl.load_workbook(io.BytesIO(content))["Review"]
    return sheet


def place(sheet: Worksheet, column: Column) -> int:
    """Return the number of a column, from 1."""
    return next(int(cell.column) for cell in sheet[1] if cell.value == column)


def edited(content: bytes, edit: Callable[[Worksheet], object]) -> bytes:
    """Return the workbook as saved after an edit of its review sheet."""
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    edit(workbook["Review"])
    saved = io.BytesIO()
    workbook.save(saved)
    return saved.getvalue()


def decided(content: bytes, decisions: Mapping[str, str], reviewer: str = "Ann", comment: str = "") -> bytes:
    """Return the workbook with decisions written by role, signed in each row."""

    def decide(sheet: Worksheet) -> None:
        columns = {column: place(sheet, column) for column in Column}
        for row in range(2, sheet.max_row + 1):
            decision = decisions.get(str(sheet.cell(row, columns[Column.ROLE]).value))
            if decision is not None:
                sheet.cell(row, columns[Column.DECISION]).value = decision
                sheet.cell(row, columns[Column.REVIEWER]).value = reviewer or None
                sheet.cell(row, columns[Column.COMMENT]).value = comment or None

    return edited(content, decide)
