import pytest

from onet_pipeline.errors import RoleColumnUnknown
from onet_pipeline.roles.role_column import column_named
from onet_pipeline.roles.role_words import header_rank
from onet_pipeline.roles.spreadsheets import UploadSheet, read_upload
from onet_pipeline.roles.upload_options import UploadOptions

JOBS = ("Nurse", "Line Cook", "Nurse", "Police Officer", "Nurse", "Accountant II", "Line Cook", "Nurse")
PEOPLE = ("Ada Byron", "Bo Diddley", "Cy Twombly", "Di Caprio", "Ed Wood", "Fay Wray", "Gus Grissom", "Hal Holbrook")
WARDS = ("North", "South", "North", "East", "North", "South", "West", "North")


def read(text: str, role_column: str | None = None) -> UploadSheet:
    return read_upload(text.encode(), "staff.csv", UploadOptions(role_column=role_column))


def columns(**by_header: tuple[str, ...]) -> str:
    lines = [",".join(header.replace("__", " ") for header in by_header)]
    return "\n".join([*lines, *(",".join(row) for row in zip(*by_header.values(), strict=True))])


@pytest.mark.parametrize(
    "header",
    [
        *("Job Titles", "JobTitle", "TITLE", " Position Title ", "JOB_TITLE", "jobTitle", "role", "Occupation", "job"),
        *("Employee Position Title", "Job Description", "Designation", "Working Title", "Position", "job-title"),
        *("Stellenbezeichnung", "Puesto", "Intitulé de poste", "Fonction", "Berufsbezeichnung", "Cargo", "Stanowisko"),
        *("Functietitel", "Mansione", "Должность", "職種", "Título del puesto", "Tätigkeit"),
    ],
)
def test_usual_headers_are_known(header: str) -> None:
    assert read(f"Code,{header},Ward\n1,Xqz,North\n2,Zqx,South\n").column == header.strip()


@pytest.mark.parametrize(
    "header", ["Job Code", "Position ID", "Title Effective Date", "Pay Grade", "Job Family", "Job Status"]
)
def test_a_header_about_the_job_is_not_its_title(header: str) -> None:
    assert header_rank(header) == 0


def test_the_title_of_the_present_job_goes_before_other_titles() -> None:
    for other in (
        "Underfilled Job Title",
        "Supervisor Title",
        "SOC Title",
        "Previous Position Title",
        "Title",
        "User Role",
    ):
        assert read(f"{other},Employee Position Title\nCook,Nurse\nClerk,Dean\n").column == "Employee Position Title"


def test_the_fuller_of_two_columns_is_taken() -> None:
    rows = "".join(f"Nurse {index},{'Cook' if index == 0 else ''}\n" for index in range(8))
    assert read("Job Title,Position Title\n" + rows).column == "Job Title"


def test_columns_that_say_the_same_are_no_question() -> None:
    assert read("Job Title,Position Title\nNurse,Nurse\nCook,Cook\n").column == "Job Title"


def test_columns_of_one_name_are_told_apart_by_number() -> None:
    text = "Job Title,Job Title,Pay\nNurse,Cook,1\nDean,Clerk,2\n"
    with pytest.raises(RoleColumnUnknown, match=r"Job Title \(column 1\), Job Title \(column 2\)"):
        read(text)
    assert [role.title for role in read(text, "column 2").roles] == ["Cook", "Clerk"]


def test_columns_equally_good_are_listed_with_the_way_to_name_one() -> None:
    with pytest.raises(RoleColumnUnknown) as raised:
        read("Name,Job Title,Position Title\nAda,Nurse,Cook\nBo,Dean,Clerk\n")
    assert str(raised.value) == (
        "staff.csv has several columns that could hold the job titles: Job Title, Position Title. "
        "Name the right one by `role_column:` in staff.csv.yaml beside it, or by ONET_ROLE_COLUMN."
    )


def test_a_named_column_is_found_whatever_its_case_and_space() -> None:
    for name in ("ward_name", " Ward  NAME ", "WardName"):
        assert read("Job Title,Ward Name\nNurse,North\n", name).column == "Ward Name"


def test_a_wrong_name_lists_the_columns() -> None:
    with pytest.raises(
        RoleColumnUnknown, match=r"staff\.csv has no column 'Post'; its columns: Job Title, Ward\. Name"
    ):
        read("Job Title,Ward\nNurse,North\n", "Post")


def test_a_header_that_says_nothing_is_made_up_for_by_content() -> None:
    sheet = read(columns(Name=PEOPLE, Was__ist__das=JOBS, Department=WARDS, Hired=("2020-01-01",) * 8))
    assert sheet.column == "Was ist das"


def test_a_title_column_that_holds_salutations_is_passed_over() -> None:
    sheet = read(columns(Title=("Mr", "Ms.", "Dr", "Mrs", "Mr", "Ms", "Mr", "Ms"), Name=PEOPLE, What=JOBS))
    assert sheet.column == "What"


def test_a_position_column_that_holds_numbers_is_passed_over() -> None:
    assert read(columns(Position=tuple("12345678"), Name=PEOPLE, What=JOBS)).column == "What"


def test_names_places_and_sentences_are_not_taken_for_roles() -> None:
    sentences = ("The manager of the unit wrote a long remark about this.",) * 8
    with pytest.raises(RoleColumnUnknown, match="no column that looks like job titles"):
        read(columns(Name=PEOPLE, City=WARDS, Text=sentences))


def test_a_file_without_a_header_keeps_its_first_row() -> None:
    rows = [",".join(row) for row in zip(PEOPLE, JOBS, WARDS, tuple("12345678"), strict=True)]
    sheet = read("\n".join(rows))
    assert (sheet.column, sheet.row_count, sheet.columns[0]) == ("column 2", 8, "column 1")
    assert read("\n".join(rows), "Column 3").column == "column 3"


def test_a_list_of_titles_needs_no_header() -> None:
    sheet = read("Nurse\nLine Cook\nPolice Officer, Canine\n")
    assert ([role.title for role in sheet.roles], sheet.column) == (
        ["Nurse", "Line Cook", "Police Officer, Canine"],
        "column 1",
    )


@pytest.mark.parametrize("header", ["Job Title", "title", "sentence", "employee_role", "Occupation"])
def test_a_list_of_titles_may_have_a_header(header: str) -> None:
    sheet = read(f"{header}\nNurse\nLine Cook\n")
    assert ([role.title for role in sheet.roles], sheet.column) == (["Nurse", "Line Cook"], header)


def test_the_second_of_two_header_lines_is_the_header() -> None:
    sheet = read("Person,,Post,\nName,Since,Job Title,Grade\nAda,2001,Nurse,4\nBo,2002,Cook,3\n")
    assert (sheet.column, sheet.row_count, sheet.preamble_rows) == ("Job Title", 2, 1)


def test_an_unnamed_column_goes_by_its_number() -> None:
    assert read("Job Title,,Pay\nNurse,x,1\nCook,y,2\n", "column 2").column == "column 2"


def test_column_names_compare_without_case_space_accents_and_signs() -> None:
    assert column_named(["Nom", "Intitulé_de poste"], "intitule de POSTE") == 1
    assert column_named(["A"], " ") is None
