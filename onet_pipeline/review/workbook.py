"""The review workbook: one row per role, riskiest first, with a drop-down of that role's candidates.

Belongs here: how it looks and what may be edited. Does not: reading it back (``returned``), or which
mappings (``steps``).

https://xlsxwriter.readthedocs.io/working_with_data_validation.html
"""

import io
from collections.abc import Mapping as Mapped
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from onet_pipeline.review.risk import riskiest_first
from onet_pipeline.review.sheet import CONFIRM, NONE_OF_THESE, REJECT, SHEET, Column, Reference, cell_text
from onet_pipeline.roles.records import ConfidenceTier
from onet_pipeline.store.records import Mapping

if TYPE_CHECKING:
    from xlsxwriter import Workbook  # type: ignore[import-untyped]
    from xlsxwriter.format import Format  # type: ignore[import-untyped]
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

_COLUMNS = tuple(Column)
_EDITABLE = (Column.DECISION, Column.COMMENT, Column.REVIEWER)
_HIDDEN = _COLUMNS[_COLUMNS.index(Column.REFERENCE) :]
_WIDTHS = {
    Column.ROLE: 38,
    Column.ROWS: 7,
    Column.CONFIDENCE: 11,
    Column.CODE: 12,
    Column.OCCUPATION: 36,
    Column.DECISION: 40,
    Column.COMMENT: 28,
    Column.REVIEWER: 16,
    Column.REASONING: 60,
    Column.RUNNERS_UP: 50,
    Column.MISSING: 30,
    Column.HOW: 12,
    Column.BEFORE: 40,
}
_COLOURS = {ConfidenceTier.HIGH: "#C6EFCE", ConfidenceTier.MEDIUM: "#FFEB9C", ConfidenceTier.LOW: "#FFC7CE"}
_ALLOWED = {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True, "format_cells": True}
_LEGEND = (
    ("Decision", ""),
    (CONFIRM, "The code shown is right."),
    ("an occupation", "Another one is right: choose it, or write its code from the sheet Occupations, as 15-1252.00."),
    (NONE_OF_THESE, "No occupation of O*NET fits this role."),
    (REJECT, "The code is wrong and you do not know the right one."),
    ("", "An empty cell decides nothing. A red cell is no decision that can be read."),
    ("Reviewer", "Who decided. One name in one row stands for every row without a name."),
    ("", ""),
    ("Confidence", ""),
    (ConfidenceTier.HIGH.value, "The title clearly names this occupation."),
    (ConfidenceTier.MEDIUM.value, "Reasonable, but a related occupation could be meant."),
    (ConfidenceTier.LOW.value, "Best guess, or none."),
    ("", ""),
    ("Bring it back", "Save it as XLSX or CSV into the reviews folder, or run: onet-pipeline review import FILE"),
)


@dataclass(frozen=True, slots=True)
class ReviewBook:
    """What a review workbook is made of; ``occupations`` are the titles of the current release, by code."""

    upload_key: str
    upload_path: str
    onet_version: str
    credit: str
    written_at: datetime
    mappings: Sequence[Mapping]
    occupations: Mapped[str, str]


def workbook_bytes(book: ReviewBook) -> bytes:
    """Return the workbook as XLSX."""
    from xlsxwriter import Workbook

    target = io.BytesIO()
    # Row by row to temporary files: 50,000 roles with 20 candidates are 1.9 million cells.
    with Workbook(target, {"constant_memory": True}) as workbook:
        _Writer(workbook, book).write()
    return target.getvalue()


class _Writer:
    """Writes the four sheets; text is always written as text, so that nothing in it is ever a formula."""

    def __init__(self, workbook: "Workbook", book: ReviewBook) -> None:
        self._workbook = workbook
        self._book = book

    def write(self) -> None:
        review, legend, occupations, choices = map(
            self._workbook.add_worksheet, (SHEET, "Legend", "Occupations", "Choices")
        )
        choices.very_hidden()
        rows = _in_order(self._book)
        for place, column in enumerate(_COLUMNS):
            review.write_string(0, place, column.value, self._header)
        for number, mapping in enumerate(rows, start=1):
            self._write_row(review, choices, number, mapping)
        self._lay_out(review, len(rows))
        self._write_legend(legend)
        self._write_occupations(occupations)
        self._workbook.set_properties({"title": f"Review of {cell_text(self._book.upload_path)}"[:250]})
        self._workbook.set_custom_property("onet_pipeline upload", self._book.upload_key)

    def _write_row(self, review: "Worksheet", choices: "Worksheet", number: int, mapping: Mapping) -> None:
        options = _choices(mapping, self._book.occupations)
        for place, option in enumerate(options):
            choices.write_string(number - 1, place, option)
        cells = _cells(mapping, self._book.occupations)
        for place, column in enumerate(_COLUMNS):
            if column in _EDITABLE:
                review.write_blank(number, place, None, self._editable)
            elif column is Column.ROWS:
                review.write_number(number, place, mapping.row_count)
            elif column is Column.CHOICES_ROW:
                review.write_number(number, place, number)
            elif column is Column.CHOICES:
                review.write_number(number, place, len(options))
            else:
                style = self._tiers[mapping.confidence] if column is Column.CONFIDENCE else self._text
                review.write_string(number, place, cells[column], style)

    def _lay_out(self, review: "Worksheet", rows: int) -> None:
        for place, column in enumerate(_COLUMNS):
            hidden = {"hidden": True} if column in _HIDDEN else {}
            review.set_column(place, place, _WIDTHS.get(column, 10), None, hidden)
        review.freeze_panes(1, 1)
        review.autofilter(0, 0, max(rows, 1), len(_COLUMNS) - len(_HIDDEN) - 1)
        review.protect("", _ALLOWED)
        review.repeat_rows(0)
        review.set_landscape()
        self._check_decisions(review, max(rows, 1))

    def _check_decisions(self, review: "Worksheet", rows: int) -> None:
        """Offer the row's own choices, accept any code of the release, and show what is neither in red."""
        place = _COLUMNS.index(Column.DECISION)
        decision, number, count = (_letter(column) for column in (Column.DECISION, Column.CHOICES_ROW, Column.CHOICES))
        offer = {
            "validate": "list",
            "source": f"=OFFSET(Choices!$A$1,${number}2-1,0,1,${count}2)",
            "error_type": "warning",
            "error_title": "Not in the list",
            "error_message": "Any code from the sheet Occupations is welcome too, as 15-1252.00. Keep what you wrote?",
            "input_title": "Decision",
            "input_message": "Choose from the list, or write a code from the sheet Occupations.",
        }
        review.data_validation(1, place, rows, place, offer)
        words = ",".join(f'${decision}2<>"{word}"' for word in (CONFIRM, NONE_OF_THESE, REJECT))
        unknown = f'=AND(TRIM(${decision}2)<>"",{words},COUNTIF(Occupations!$A:$A,LEFT(TRIM(${decision}2),10))=0)'
        review.conditional_format(
            1, place, rows, place, {"type": "formula", "criteria": unknown, "format": self._unknown}
        )

    def _write_legend(self, legend: "Worksheet") -> None:
        book = self._book
        about = (
            ("Upload", book.upload_path),
            ("Key", book.upload_key),
            ("Release", f"O*NET {book.onet_version}"),
            ("Written", book.written_at.strftime("%Y-%m-%d %H:%M UTC")),
            ("", ""),
        )
        for number, (name, text) in enumerate((*about, *_LEGEND, ("", ""), ("Credit", book.credit))):
            legend.write_string(number, 0, cell_text(name), self._bold)
            legend.write_string(number, 1, cell_text(text), self._text)
        legend.set_column(0, 0, 16)
        legend.set_column(1, 1, 110)
        legend.protect("", _ALLOWED)

    def _write_occupations(self, occupations: "Worksheet") -> None:
        for place, name in enumerate(("Code", "Title")):
            occupations.write_string(0, place, name, self._header)
        for number, (code, title) in enumerate(sorted(self._book.occupations.items()), start=1):
            occupations.write_string(number, 0, cell_text(code), self._text)
            occupations.write_string(number, 1, cell_text(title), self._text)
        occupations.write_string(len(self._book.occupations) + 2, 0, self._book.credit, self._text)
        occupations.set_column(0, 0, 12)
        occupations.set_column(1, 1, 80)
        occupations.freeze_panes(1, 0)
        occupations.autofilter(0, 0, max(len(self._book.occupations), 1), 1)

    @cached_property
    def _header(self) -> "Format":
        return self._workbook.add_format({"bold": True, "bg_color": "#1F3864", "font_color": "#FFFFFF"})

    @cached_property
    def _bold(self) -> "Format":
        return self._workbook.add_format({"bold": True})

    @cached_property
    def _text(self) -> "Format":
        # With the prefix a cell stays text when it is edited or copied.
        return self._workbook.add_format({"num_format": "@", "quote_prefix": True})

    @cached_property
    def _editable(self) -> "Format":
        # As text, or Excel makes a date of 11-2021.
        look: dict[str, Any] = {"num_format": "@", "locked": False, "bg_color": "#FFFFE5", "border": 1}
        return self._workbook.add_format({**look, "border_color": "#BFBFBF"})

    @cached_property
    def _unknown(self) -> "Format":
        return self._workbook.add_format({"bg_color": "#C00000", "font_color": "#FFFFFF"})

    @cached_property
    def _tiers(self) -> "dict[ConfidenceTier, Format]":
        return {tier: self._workbook.add_format({"bg_color": colour}) for tier, colour in _COLOURS.items()}


def _in_order(book: ReviewBook) -> list[Mapping]:
    """Return the riskiest first; before them what was confirmed as a code that the release lacks."""
    return sorted(riskiest_first(book.mappings), key=lambda each: not is_retired(each, book.occupations))


def is_retired(mapping: Mapping, occupations: Mapped[str, str]) -> bool:
    """Tell whether a reviewer chose a code that the release lacks."""
    return mapping.user_confirmed and mapping.confirmed_code is not None and mapping.confirmed_code not in occupations


def _choices(mapping: Mapping, occupations: Mapped[str, str]) -> list[str]:
    """Return what the drop-down of a row offers; a candidate that the release lacks by now is left out."""
    shown = [f"{each.code} {occupations[each.code]}" for each in mapping.candidates if each.code in occupations]
    return [CONFIRM, *map(cell_text, shown), NONE_OF_THESE, REJECT]


def _cells(mapping: Mapping, occupations: Mapped[str, str]) -> dict[Column, str]:
    code = mapping.settled_code
    titles = {each.code: each.title for each in mapping.candidates} | dict(occupations)
    cells = {
        Column.ROLE: mapping.source_role,
        Column.CONFIDENCE: mapping.confidence.value,
        Column.CODE: code or "",
        Column.OCCUPATION: mapping.settled_title or titles.get(code or "", ""),
        Column.REASONING: mapping.reasoning,
        Column.RUNNERS_UP: "; ".join(f"{each} {titles.get(each, '')}".strip() for each in mapping.runners_up),
        Column.MISSING: mapping.missing_information or "",
        Column.HOW: mapping.method.value,
        Column.BEFORE: _before(mapping, occupations),
        Column.REFERENCE: str(Reference.of(mapping)),
    }
    return {column: cell_text(text) for column, text in cells.items()}


def _before(mapping: Mapping, occupations: Mapped[str, str]) -> str:
    if mapping.is_rejected:
        return f"{mapping.rejected_code} was rejected. {mapping.confirmed_comment or ''}".strip()
    if not mapping.user_confirmed:
        return ""
    when = f" on {mapping.confirmed_at:%Y-%m-%d}" if mapping.confirmed_at else ""
    retired = f" {mapping.confirmed_code} is not in this release: choose another." * is_retired(mapping, occupations)
    return f"Confirmed by {mapping.confirmed_by}{when}.{retired} {mapping.confirmed_comment or ''}".strip()


def _letter(column: Column) -> str:
    return chr(ord("A") + _COLUMNS.index(column))
