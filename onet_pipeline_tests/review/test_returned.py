"""A reviewed file read back, whatever happened to it on the way."""

import csv
import io
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest
from openpyxl.worksheet.worksheet import Worksheet  # type: ignore[import-untyped]

from onet_pipeline.errors import ReviewUnreadable
from onet_pipeline.review.returned import read_returned
from onet_pipeline.review.sheet import Column, Reference
from onet_pipeline_tests.support.reviews import book, decided, edited, mapping, place

NURSE, POLICE = mapping("RN", row_count=2), mapping("Pol Ofcr", "33-3051.00")


@pytest.fixture
def written() -> bytes:
    return decided(book(NURSE, POLICE), {"RN": "confirm", "Pol Ofcr": "none of these"}, comment=" seen ")


def as_csv(content: bytes, delimiter: str = ",") -> bytes:
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Review"]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([cell.value for cell in row] for row in sheet.iter_rows())
    return text.getvalue().encode("utf-8-sig")


def test_what_was_decided_comes_back_with_its_reference(written: bytes) -> None:
    nurse, police = read_returned(written, "city.xlsx")
    assert (nurse.line, nurse.role, nurse.decision, nurse.comment, nurse.reviewer) == (
        2,
        "RN",
        "confirm",
        "seen",
        "Ann",
    )
    assert (nurse.code, Reference.read(nurse.reference)) == ("29-1141.00", Reference.of(NURSE))
    assert (police.line, police.decision) == (3, "none of these")


def test_rows_that_decide_nothing_are_left_out() -> None:
    assert read_returned(book(NURSE, POLICE), "city.xlsx") == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_sheet_saved_as_text_reads_the_same(written: bytes, delimiter: str) -> None:
    assert read_returned(as_csv(written, delimiter), "city.csv") == read_returned(written, "city.xlsx")


def test_columns_may_be_moved_added_and_removed(written: bytes) -> None:
    def rearrange(sheet: Worksheet) -> None:
        sheet.delete_cols(place(sheet, Column.REASONING))
        sheet.insert_cols(1, 2)
        sheet.cell(1, 1).value = "My notes"
        decision = place(sheet, Column.DECISION)
        for row in range(1, sheet.max_row + 1):
            sheet.cell(row, 30).value = sheet.cell(row, decision).value
        sheet.delete_cols(decision)

    moved = read_returned(edited(written, rearrange), "city.xlsx")
    assert [(row.role, row.decision) for row in moved] == [("RN", "confirm"), ("Pol Ofcr", "none of these")]


def test_sorted_rows_and_lines_above_the_table_change_nothing(written: bytes) -> None:
    def turn(sheet: Worksheet) -> None:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        for line, values in enumerate([rows[0], *reversed(rows[1:])], start=1):
            for column, value in enumerate(values, start=1):
                sheet.cell(line, column).value = value
        sheet.insert_rows(1, 3)
        sheet.cell(1, 1).value = "Reviewed on Tuesday"

    turned = read_returned(edited(written, turn), "city.xlsx")
    assert [(row.line, row.role) for row in turned] == [(5, "Pol Ofcr"), (6, "RN")]
    assert Reference.read(turned[1].reference) == Reference.of(NURSE)


def test_sheets_may_have_another_order_and_name(written: bytes) -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(written))
    workbook["Review"].title = "Ann's part"
    workbook.move_sheet("Ann's part", offset=3)
    saved = io.BytesIO()
    workbook.save(saved)
    assert len(read_returned(saved.getvalue(), "city.xlsx")) == 2


def test_a_file_of_its_own_kind_is_refused_with_what_to_do() -> None:
    with pytest.raises(ReviewUnreadable, match="hidden columns"):
        read_returned(b"Role,Decision\nRN,confirm\n", "city.csv")


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"PK\x03\x04 damaged"])
def test_what_is_no_spreadsheet_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(ReviewUnreadable, match=r"city\.xlsx"):
        read_returned(content, "city.xlsx")


def test_a_truncated_workbook_is_refused(written: bytes, tmp_path: Path) -> None:
    with pytest.raises(ReviewUnreadable, match="damaged"):
        read_returned(written[: len(written) // 2], "city.xlsx")
