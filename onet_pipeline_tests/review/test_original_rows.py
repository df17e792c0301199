"""The upload's own rows with the occupation of each: nothing of theirs is touched, nothing is missed."""

import csv
import io

import openpyxl  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from pyarrow import BufferReader, parquet

from onet_pipeline.errors import UploadError
from onet_pipeline.review.original_rows import FORMATS, joined_rows
from onet_pipeline.roles.spreadsheets import read_rows, read_upload
from onet_pipeline.store.records import Mapping
from onet_pipeline_tests.support.mapped import TAXONOMY, mapping

NURSE = ["29-1141.00", "Registered Nurses", "HIGH"]
NOTHING = ["", "", ""]


def mapped(content: bytes) -> list[Mapping]:
    return [mapping(role.title, row_count=role.row_count) for role in read_upload(content, "staff.csv").roles]


def joined(text: str) -> list[list[str]]:
    content = text.encode()
    return list(joined_rows(read_rows(content, "staff.csv"), mapped(content), TAXONOMY))


def written(text: str, suffix: str) -> bytes:
    content = text.encode()
    upload = read_rows(content, "staff.csv")
    return FORMATS[suffix](joined_rows(upload, mapped(content), TAXONOMY), upload)


def test_every_row_gets_the_answer_of_its_role_in_the_order_of_the_upload() -> None:
    rows = joined("Name,Job Title,Pay\nA,Nurse,1\nB,Staff Nurse,2\nC,Nurse,3\n")
    assert rows[0] == ["Name", "Job Title", "Pay", "onet_code", "onet_title", "confidence"]
    assert rows[1:] == [
        ["A", "Nurse", "1", *NURSE],
        ["B", "Staff Nurse", "2", *NURSE],
        ["C", "Nurse", "3", *NURSE],
    ]


def test_cells_stay_as_they_are_and_are_matched_as_they_were_read() -> None:
    rows = joined("Job Title,Code\n  Staff\u00a0  Nurse ,007\nStaff Nurse,=1+1\nSTAFF NURSE,\n")
    assert [row[:2] for row in rows[1:]] == [
        ["  Staff\u00a0  Nurse ", "007"],
        ["Staff Nurse", "=1+1"],
        ["STAFF NURSE", ""],
    ]
    assert all(row[2:] == NURSE for row in rows[1:])


def test_blank_rows_totals_preambles_and_repeated_headers_are_kept_and_stay_empty() -> None:
    text = (
        "Payroll of Springfield\n\nName,Job Title,Pay\nA,Nurse,1\nB,,2\n,,\nName,Job Title,Pay\nC,Nurse,3\n"
        "Total,,6\nSource: payroll,,\n"
    )
    rows = joined(text)
    original = list(csv.reader(io.StringIO(text)))
    assert len(rows) == len(original)
    assert rows[:2] == [["Payroll of Springfield"], []]
    assert rows[3] == ["A", "Nurse", "1", *NURSE]
    for place in (4, 5, 6, 8, 9):
        assert rows[place] == [*original[place], *NOTHING]


def test_short_and_long_rows_keep_the_new_columns_under_each_other() -> None:
    rows = joined("Job Title,Pay\nNurse\nNurse,1,a remark\n")
    assert {len(row) for row in rows} == {6}
    assert rows[1] == ["Nurse", "", "", *NURSE]


def test_a_column_that_is_called_like_ours_keeps_its_name_and_ours_gets_a_number() -> None:
    rows = joined("Job Title,ONET_Code,confidence\nNurse,x,y\n")
    assert rows[0] == ["Job Title", "ONET_Code", "confidence", "onet_code_2", "onet_title", "confidence_2"]


def test_a_role_that_is_not_mapped_stays_empty() -> None:
    content = b"Job Title,Pay\nNurse,1\nPilot,2\n"
    rows = list(joined_rows(read_rows(content, "staff.csv"), [mapping("Nurse")], TAXONOMY))
    assert rows[2] == ["Pilot", "2", *NOTHING]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_keeps_the_delimiter_of_the_upload(delimiter: str) -> None:
    text = f"Job Title{delimiter}Pay\nNurse{delimiter}1\nCook{delimiter}2\n"
    content = written(text, ".csv").decode("utf-8-sig")
    assert content.splitlines()[1] == delimiter.join(["Nurse", "1", *NURSE])


NUMBERS = ("0", "7", "-12", "1234567", "0.5", "-0.25", "12.125")
TEXTS = ("007", "1.50", "-0", "12345678", "1e5", "1,000", "=7", "NaN", "infinity", "٣", "2026-11-22", "TRUE", "+1")


def test_a_worksheet_holds_numbers_as_numbers_where_nothing_of_their_spelling_is_lost() -> None:
    text = "Job Title,Value\n" + "".join(f'Nurse,"{value}"\n' for value in (*NUMBERS, *TEXTS))
    content = written(text, ".xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert [cell.data_type for cell in sheet["B"][1:]] == ["n"] * len(NUMBERS) + ["s"] * len(TEXTS)
    read_back = [row[1] for row, _ in read_rows(content, "staff.xlsx")]
    assert read_back == ["Value", *NUMBERS, *TEXTS]


def test_a_worksheet_holds_no_formula() -> None:
    content = written("Job Title,Note\nNurse,=1+1\n,7\n", ".xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    cell = sheet["B2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    assert [each.value for each in sheet[2]][2:] == NURSE


def test_rows_that_no_worksheet_can_hold_are_refused() -> None:
    with pytest.raises(UploadError, match=r"\.csv"):
        written(f"Job Title,Note\nNurse,{'x' * 40_000}\n", ".xlsx")


def test_parquet_has_the_columns_by_name_and_only_the_data() -> None:
    table = parquet.read_table(BufferReader(written("A report\n\nJob Title,Pay\nNurse,1\nCook,2\n", ".parquet")))
    assert table.column_names == ["Job Title", "Pay", "onet_code", "onet_title", "confidence"]
    assert table.column("Pay").to_pylist() == ["1", "2"]


def test_columns_of_the_same_name_can_be_told_apart_in_parquet() -> None:
    table = parquet.read_table(BufferReader(written("Job Title,Pay,Pay\nNurse,1,2\nCook,3,4\n", ".parquet")))
    assert table.column_names[:3] == ["Job Title", "Pay", "Pay.2"]


def test_a_parquet_upload_is_joined_like_any_other() -> None:
    sink = io.BytesIO()
    parquet.write_table(pa.table({"job_title": ["Nurse", None, "Cook"], "pay": [1.5, 2.0, 3.0]}), sink)
    upload = read_rows(sink.getvalue(), "staff.parquet")
    rows = list(joined_rows(upload, [mapping("Nurse")], TAXONOMY))
    assert rows == [
        ["job_title", "pay", "onet_code", "onet_title", "confidence"],
        ["Nurse", "1.5", *NURSE],
        ["", "2", *NOTHING],
        ["Cook", "3", *NOTHING],
    ]
