import datetime
import io
import zipfile
from collections.abc import Sequence
from contextlib import suppress

import openpyxl  # type: ignore[import-untyped]
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
import xlwt  # type: ignore[import-untyped]
from hypothesis import example, given, settings
from hypothesis import strategies as st

from onet_pipeline.errors import UploadEmpty, UploadError, UploadUnreadable
from onet_pipeline.roles import workbooks
from onet_pipeline.roles.spreadsheets import read_upload
from onet_pipeline.roles.upload_options import UploadOptions
from onet_pipeline.roles.workbook_process import as_text

ROWS = (("Job Title", "Pay", "Since"), ("Nurse", 1234.0, "2020"), ("Cook", 12.5, ""), ("Nurse", 7, "2021"))


def xlsx(**sheets: Sequence[Sequence[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def xls(rows: Sequence[Sequence[object]]) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Staff")
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            sheet.write(place, column, cell)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def ods(rows: Sequence[Sequence[object]]) -> bytes:
    target = io.BytesIO()
    with pd.ExcelWriter(target, engine="odf") as writer:
        pd.DataFrame(rows[1:], columns=list(rows[0])).to_excel(writer, index=False)
    return target.getvalue()


def parquet(**columns: Sequence[object]) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


WHOLE = {
    "xlsx": xlsx(Staff=ROWS),
    "xls": xls(ROWS),
    "ods": ods(ROWS),
    "parquet": parquet(title=["Nurse", "Cook"] * 20),
}


@pytest.mark.parametrize("content", [xlsx(Staff=ROWS), xls(ROWS), ods(ROWS)], ids=["xlsx", "xls", "ods"])
def test_workbooks_of_each_format_give_the_same_roles(content: bytes) -> None:
    sheet = read_upload(content, "staff.xlsx", UploadOptions(context_columns=("Pay",)))
    assert [(role.title, role.row_count) for role in sheet.roles] == [("Nurse", 2), ("Cook", 1)]
    assert sheet.roles[0].context == (("Pay", "1234; 7"),)


def test_a_workbook_is_told_by_its_content_not_by_its_name() -> None:
    assert read_upload(xlsx(Staff=ROWS), "staff.csv").sheet == "Staff"


def test_parquet_is_read_as_text_with_its_nulls_blank() -> None:
    content = parquet(title=["Nurse", None, "Nurse", "00123"], pay=[1.0, 2.5, None, 4.0])
    sheet = read_upload(content, "staff.parquet", UploadOptions(context_columns=("pay",)))
    assert [(role.title, role.row_count, role.context) for role in sheet.roles] == [
        ("Nurse", 2, (("pay", "1"),)),
        ("00123", 1, (("pay", "4"),)),
    ]
    assert (sheet.blank_count, sheet.row_count) == (1, 4)


def test_a_parquet_header_is_a_header_whatever_it_says() -> None:
    content = parquet(Nurse=["Cook", "Line Cook", "Cook"])
    assert [role.title for role in read_upload(content, "x.parquet").roles] == ["Cook", "Line Cook"]


def test_the_sheet_with_a_role_column_is_found_among_others() -> None:
    content = xlsx(Notes=[["Please read: the manager of each unit checks this."]], Empty=[], Staff=ROWS, More=ROWS)
    assert read_upload(content, "staff.xlsx").sheet == "Staff"


def test_a_configured_sheet_is_the_only_one_looked_at() -> None:
    content = xlsx(Staff=ROWS, Other=[["Job Title"], ["Dean"]])
    assert read_upload(content, "staff.xlsx", UploadOptions(sheet=" other ")).roles[0].title == "Dean"
    with pytest.raises(UploadUnreadable, match=r"staff\.xlsx has no sheet 'Third'; its sheets: Staff, Other"):
        read_upload(content, "staff.xlsx", UploadOptions(sheet="Third"))


def test_titles_in_merged_cells_above_the_header_are_a_preamble() -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["Staff list"], [datetime.date(2024, 1, 1)], [], *ROWS):
        sheet.append(list(row))
    sheet.merge_cells("A1:C1")
    target = io.BytesIO()
    book.save(target)
    upload = read_upload(target.getvalue(), "staff.xlsx")
    assert (upload.preamble_rows, upload.row_count, len(upload.roles)) == (3, 3, 2)


def test_a_workbook_of_empty_sheets_is_empty() -> None:
    with pytest.raises(UploadEmpty, match=r"staff\.xlsx"):
        read_upload(xlsx(One=[], Two=[]), "staff.xlsx")


def test_a_truncated_workbook_is_damaged() -> None:
    content = xlsx(Staff=ROWS)
    for length in (len(content) // 2, len(content) - 30):
        with pytest.raises(UploadUnreadable, match=r"staff\.xlsx is damaged"):
            read_upload(content[:length], "staff.xlsx")


def test_a_chain_of_sectors_that_leads_back_is_damage_and_not_endless() -> None:
    content = bytearray(xls(ROWS))
    table = (int.from_bytes(content[76:80], "little") + 1) * 512
    assert read_upload(bytes(content), "staff.xls").row_count == 3
    content[table : table + 8] = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
    with pytest.raises(UploadUnreadable, match=r"staff\.xls is damaged"):
        read_upload(bytes(content), "staff.xls")


def test_a_stray_cell_at_the_far_corner_costs_an_error_and_not_the_process() -> None:
    book = openpyxl.Workbook()
    for row in ROWS:
        book.worksheets[0].append(list(row))
    book.worksheets[0]["XFD1048576"] = "stray"
    target = io.BytesIO()
    book.save(target)
    with pytest.raises(UploadUnreadable, match="cells far outside its table"):
        read_upload(target.getvalue(), "staff.xlsx")


@settings(max_examples=40, deadline=None)
@given(kind=st.sampled_from(["xlsx", "xls", "ods", "parquet"]), place=st.floats(0, 0.999), junk=st.binary(max_size=8))
@example(kind="parquet", place=0.25, junk=b"\x80")
def test_damage_anywhere_is_survived_or_refused(kind: str, place: float, junk: bytes) -> None:
    content = bytearray(WHOLE[kind])
    start = int(len(content) * place)
    content[start : start + len(junk)] = junk
    with suppress(UploadError):
        read_upload(bytes(content), f"staff.{kind}")


def test_a_zip_file_that_is_no_workbook_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("staff.csv", "Job Title\nNurse\n")
    with pytest.raises(UploadUnreadable, match="damaged, no workbook"):
        read_upload(target.getvalue(), "staff.xlsx")


def test_a_zip_bomb_is_refused_whatever_size_it_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_UNPACKED_BYTES", 1024**2)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 3 * 1024**2)
    honest = target.getvalue()
    lying = honest.replace((3 * 1024**2).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != honest
    for content in (honest, lying):
        with pytest.raises(UploadUnreadable, match="unpacks to more than 1 MiB"):
            read_upload(content, "staff.xlsx")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (1234.0, "1234"),
        (0.5, "0.5"),
        (True, "TRUE"),
        (datetime.datetime.fromisoformat("2024-01-02"), "2024-01-02"),
        (datetime.datetime.fromisoformat("2024-01-02T03:04"), "2024-01-02 03:04:00"),
        (datetime.timedelta(hours=30), "1 day, 6:00:00"),
        (b"Nurse", "Nurse"),
        (float("nan"), "nan"),
    ],
)
def test_typed_cells_are_written_as_a_person_would(value: object, text: str) -> None:
    assert as_text(value) == text
