import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onet_pipeline.errors import RoleColumnUnknown, UploadEmpty, UploadUnavailable, UploadUnreadable
from onet_pipeline.roles import spreadsheets
from onet_pipeline.roles.spreadsheets import UploadSheet, read_upload, read_upload_file
from onet_pipeline.roles.upload_options import UploadOptions

STAFF = "Name,Job Title,Department\nAda,Nurse,Ward 1\nBob,Cook,Kitchen\nCyd,Nurse,Ward 2\n"


def read(text: str, **options: object) -> UploadSheet:
    return read_upload(text.encode(), "staff.csv", UploadOptions.model_validate(options))


def titles(sheet: UploadSheet) -> dict[str, int]:
    return {role.title: role.row_count for role in sheet.roles}


def table(header: str, *cells: str) -> str:
    """A file of one amount column, the column in question, and a city."""
    return "\n".join([f"Pay,{header},City", *(f"{index}00,{cell},Oslo" for index, cell in enumerate(cells, 1))])


def test_roles_come_in_order_of_first_appearance_with_their_row_counts() -> None:
    sheet = read(STAFF)
    assert [(role.title, role.row_count) for role in sheet.roles] == [("Nurse", 2), ("Cook", 1)]
    assert (sheet.column, sheet.row_count, sheet.columns) == ("Job Title", 3, ("Name", "Job Title", "Department"))


def test_spelling_is_kept_and_only_space_makes_two_values_one() -> None:
    sheet = read(table("Title", "  Pol  Ofcr ", "Pol\u00a0Ofcr", "POL OFCR", "Pol\x00 Ofcr\u200b"))
    assert titles(sheet) == {"Pol Ofcr": 3, "POL OFCR": 1}


def test_text_that_looks_like_a_number_is_left_alone() -> None:
    assert titles(read(table("Title", "00123", "1.0", "Clerk", "Cook", "Nurse")))["00123"] == 1


def test_a_title_of_two_hundred_thousand_characters_is_kept() -> None:
    long = "Engineer " * 22_000
    assert len(next(iter(titles(read(table("Title", long))))).split()) == 22_000


def test_blank_cells_are_counted_and_are_no_roles() -> None:
    blanks = ["", "  ", "-", "n/a", "N/A", "NaN", "null", "NULL", "None", "#N/A", "(blank)", "--", "NA"]
    sheet = read(table("Title", "Nurse", *blanks, "Cook"))
    assert titles(sheet) == {"Nurse": 1, "Cook": 1}
    assert (sheet.blank_count, sheet.row_count) == (len(blanks), len(blanks) + 2)


def test_empty_rows_and_trailing_empty_columns_are_not_data() -> None:
    sheet = read("Job Title,Pay,,\nNurse,1,,\n,,,\n\nCook,2,,\n,,,\n")
    assert (sheet.row_count, sheet.blank_count, sheet.columns) == (2, 0, ("Job Title", "Pay"))


@pytest.mark.parametrize(
    "label", ["Total", "GRAND TOTAL", "Total: 123", "Sub-total", "Subtotal", "Totals", "Gesamtsumme"]
)
def test_a_row_of_totals_is_counted_apart(label: str) -> None:
    sheet = read(f"Job Title,Dept,Pay\nNurse,A,1\nCook,A,2\n{label},,3\n")
    assert (titles(sheet), sheet.totals_count, sheet.row_count) == ({"Nurse": 1, "Cook": 1}, 1, 2)


def test_a_total_labelled_in_a_leading_column_is_found() -> None:
    sheet = read("Dept,Job Title,Pay\nA,Nurse,1\nA,Cook,2\nGrand Total,,3\nTotal,2,3\n")
    assert (sheet.totals_count, sheet.blank_count, sheet.row_count) == (2, 0, 2)


def test_titles_and_employers_that_begin_with_total_are_no_totals() -> None:
    sheet = read("Employer,Job Title\nTotal,Total Rewards Manager\nTotal,Welder\nAcme,Total Quality Engineer\n")
    assert (len(sheet.roles), sheet.totals_count) == (3, 0)


def test_group_totals_of_a_pivot_are_totals_only_where_the_group_is_a_role() -> None:
    sheet = read(table("Job Title", "Clerk", "Clerk Total", "Cook", "Dean Total"))
    assert (titles(sheet), sheet.totals_count) == ({"Clerk": 1, "Cook": 1, "Dean Total": 1}, 1)


def test_title_lines_above_the_header_are_survived_and_counted() -> None:
    sheet = read("Acme Corp\nJob Titles of 2024\n\n,,,\n" + STAFF)
    assert (titles(sheet), sheet.preamble_rows) == ({"Nurse": 2, "Cook": 1}, 4)


def test_footers_are_no_roles() -> None:
    sheet = read(
        "Job Title,Pay\nNurse,1\nCook,2\n\nSource: HR\nGenerated on 2024-01-01\nPage 1 of 2\n* includes part-time\n"
    )
    assert (titles(sheet), sheet.remark_count) == ({"Nurse": 1, "Cook": 1}, 4)


def test_a_header_repeated_on_every_page_is_no_role() -> None:
    sheet = read("Job Title,Pay\nNurse,1\nJob Title,Pay\nCook,2\nJob Title,Pay\n")
    assert (titles(sheet), sheet.repeated_header_count, sheet.row_count) == ({"Nurse": 1, "Cook": 1}, 2, 2)


def test_ragged_rows_are_read_as_far_as_they_go() -> None:
    sheet = read("Name,Pay,Job Title\nAda,1,Nurse,extra,cells\nBob\nCyd,2,Cook\n")
    assert (titles(sheet), sheet.blank_count) == ({"Nurse": 1, "Cook": 1}, 1)


def test_context_columns_give_the_commonest_values_of_each_role() -> None:
    rows = (
        "Job Title,Dept\n" + "".join(f"Nurse,{dept}\n" for dept in ["B", "A", "B", "C", "D", "-", "B", "A"]) + "Cook,\n"
    )
    nurse, cook = read(rows, context_columns=["dept", "Floor"]).roles
    assert nurse.context == (("Dept", "B; A; C"),)
    assert cook.context == ()
    assert read(rows, context_columns="dept, Floor").missing_context_columns == ("Floor",)


def test_context_is_bounded() -> None:
    (role,) = read(f"Job Title,Description,Pay\nNurse,{'cares ' * 1000},1\n", context_columns=["Description"]).roles
    assert len(role.context[0][1]) == 300


def test_an_upload_without_rows_is_empty() -> None:
    for content in (b"", b"\n\n", b"\xef\xbb\xbf", b",,,\n,,\n", b"Job Title\n", b"Name,Job Title\n,\n"):
        with pytest.raises(UploadEmpty, match=r"staff\.csv"):
            read_upload(content, "staff.csv")


def test_a_role_column_without_a_role_is_empty() -> None:
    with pytest.raises(UploadEmpty, match=r"staff\.csv: the column 'Job Title' holds no role"):
        read("Name,Job Title\nAda,\nBob,n/a\n", role_column="job title")


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "huge.csv"
    path.write_text(STAFF)
    monkeypatch.setattr(spreadsheets, "MOST_UPLOAD_BYTES", 10)
    with pytest.raises(UploadUnreadable, match=r"huge\.csv has 0 MiB"):
        read_upload_file(path)


def test_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(UploadUnavailable, match=r"gone\.csv cannot be had: FileNotFoundError"):
        read_upload_file(tmp_path / "gone.csv")


def test_no_cell_of_another_column_gets_into_a_message() -> None:
    people = "Zuleika Dobson,Judas Court\nEnoch Soames,Savile Row\n" * 20
    for options in ({}, {"role_column": "Job"}):
        with pytest.raises(RoleColumnUnknown) as raised:
            read("Max Beerbohm,Rapallo\n" + people, **options)
        assert "column 1, column 2" in str(raised.value)
        assert not any(name in str(raised.value) for name in ("Zuleika", "Beerbohm", "Soames", "Rapallo"))


CELLS = st.lists(
    st.text("abcdefghij éüñ,;'&/()-", min_size=1, max_size=20).map(lambda text: " ".join(f"X {text} x".split())),
    min_size=5,
    max_size=12,
)


@given(
    cells=CELLS,
    delimiter=st.sampled_from(",;\t|"),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]),
)
def test_delimiter_encoding_and_line_ends_are_found(
    cells: list[str], delimiter: str, newline: str, encoding: str
) -> None:
    rows = [["No", "Job Title", "Pay"], *([str(index), cell, "12"] for index, cell in enumerate(cells))]
    text = newline.join(delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in rows)
    sheet = read_upload(text.encode(encoding), "staff.csv")
    assert [role.title for role in sheet.roles] == list(dict.fromkeys(cells))
    assert sheet.delimiter == delimiter


def test_a_byte_order_mark_is_no_part_of_the_header() -> None:
    assert read_upload(("Job Title,Pay\nNurse,1\n").encode("utf-8-sig"), "staff.csv").columns[0] == "Job Title"
    assert read_upload(("\ufeff\ufeffJob Title,Pay\nNurse,1\n").encode(), "staff.csv").columns[0] == "Job Title"


@pytest.mark.parametrize(
    ("header", "title", "encoding"),
    [
        ("Должность;Отдел", "Инженер по качеству", "cp1251"),
        ("Stanowisko;Płaca", "Księgowy główny", "cp1250"),
        ("職種;部署", "営業部長", "cp932"),
        ("Stellenbezeichnung;Abteilung", "Geschäftsführer – Büro", "cp1252"),
        ("Intitulé de poste;Âge", "Chargé d’études", "cp1252"),
    ],
)
def test_old_encodings_are_told_apart(header: str, title: str, encoding: str) -> None:
    sheet = read_upload((f"{header}\n" + f"{title};{title}\n" * 30).encode(encoding), "staff.csv")
    assert (sheet.encoding, titles(sheet)) == (encoding, {title: 30})


def test_a_stray_byte_does_not_make_utf8_something_else() -> None:
    content = ("Job Title,Ort\n" + "Köchin,Zürich\n" * 30).encode() + b"Caf\xe9,Z\n"
    assert read_upload(content, "staff.csv").encoding == "utf-8"


def test_what_is_configured_goes_before_what_is_found() -> None:
    sheet = read_upload(
        "Job Title;A#Pay\nNurse;B#1".encode("cp037"), "s.csv", UploadOptions(encoding="cp037", delimiter="#")
    )
    assert titles(sheet) == {"Nurse;B": 1}


def test_excels_announcement_of_the_delimiter_is_obeyed() -> None:
    assert titles(read("sep=|\nJob Title|Pay, net\nNurse, ward|1,5\nCook|2,5\n")) == {"Nurse, ward": 1, "Cook": 1}


def test_commas_within_a_list_without_a_header_split_nothing() -> None:
    assert titles(read("Manager, Sales\nClerk, Records\nNurse\n")) == {
        "Manager, Sales": 1,
        "Clerk, Records": 1,
        "Nurse": 1,
    }


def test_a_configured_encoding_that_does_not_fit_is_refused() -> None:
    with pytest.raises(UploadUnreadable, match=r"staff\.csv is not utf-8 text\. Correct `encoding:`"):
        read_upload("Job Title\nKöchin\n".encode("cp1252"), "staff.csv", UploadOptions(encoding="utf-8"))


def test_commas_within_a_list_of_titles_split_nothing() -> None:
    assert titles(read("Job Title\nManager, Sales\nManager, IT\nClerk, Sales\n")) == {
        "Manager, Sales": 1,
        "Manager, IT": 1,
        "Clerk, Sales": 1,
    }


def test_line_breaks_within_quotes_are_space() -> None:
    assert titles(read('Job Title,Pay\n"Head of\nSales",1\n')) == {"Head of Sales": 1}


def test_a_quotation_mark_that_is_never_closed_is_refused_with_its_line() -> None:
    for rest in ("", "Clerk,3\n" * 300):
        with pytest.raises(UploadUnreadable, match=r"staff\.csv: a quotation mark opened on line 3 is not closed"):
            read('Job Title,Pay\nCook,1\n"Nurse,2\nDean,3\n' + rest)
    assert titles(read('Job Title,Pay\nCook,1\nPipe Fitter 5",2\n"Head\nCook",3'))["Head Cook"] == 1


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"%PDF-1.7 ...", "staff.csv", "is a PDF"),
        (bytes(range(256)) * 20, "staff.csv", "binary file"),
        (b"<html><table><tr><td>Nurse</td></tr></table></html>", "staff.xls", "web page"),
        (b"PK\x03\x04 cut off", "staff.xlsx", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "staff.xls", "damaged"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
            "staff.xlsx",
            "password",
        ),
        (b"PAR1 and no more", "staff.parquet", "damaged Parquet"),
        (b"Job Title\nNurse\n", "staff.xlsx", "damaged"),
        (b"\x1f\x8b\x08", "staff.csv.gz", "gzip"),
    ],
)
def test_a_file_that_is_no_table_says_what_it_is(content: bytes, name: str, says: str) -> None:
    with pytest.raises(UploadUnreadable, match=says) as raised:
        read_upload(content, name)
    assert str(raised.value).startswith(name)


def test_text_under_an_excel_suffix_is_read_as_many_systems_export_it() -> None:
    assert titles(read_upload(b"Job Title\tPay\nNurse\t1\n", "export.xls")) == {"Nurse": 1}


def test_half_a_million_rows_are_read_within_seconds() -> None:
    text = io.StringIO()
    text.write("Name,Job Title,Pay\n")
    text.writelines(f"Person {index},Title {index % 5000},{index}\n" for index in range(500_000))
    sheet = read(text.getvalue())
    assert (sheet.row_count, len(sheet.roles)) == (500_000, 5_000)
