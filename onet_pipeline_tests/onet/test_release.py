from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onet_pipeline.errors import ArchiveRefused, TableRefused
from onet_pipeline.onet.records import AlternateTitle, Occupation, RelatedOccupation, Task
from onet_pipeline.onet.release import load_release
from onet_pipeline.onet.text_table import TextTable
from onet_pipeline_tests.support.releases import Layout, SmallRelease, small_release


def refusal_of(release: SmallRelease, folder: Path) -> str:
    with pytest.raises(TableRefused) as refused:
        load_release(release.write_zip(folder))
    return str(refused.value)


def test_a_release_becomes_records(tmp_path: Path) -> None:
    path = small_release().write_zip(tmp_path)
    release = load_release(path)
    assert (release.version, release.source) == ("30.1", str(path))
    assert release.occupations[2] == Occupation(
        "15-1252.00", "Software Developers", "Design, write and look after computer programs."
    )
    assert release.alternate_titles[0] == AlternateTitle(
        "13-2011.00", "Certified Public Accountant (CPA)", "CPA", "02,08"
    )
    assert release.alternate_titles[1].short_title is None
    assert release.tasks[1] == Task("15-1252.00", 201, "Write programs that others can read.", "Core", 4.52)
    assert release.tasks[4] == Task("33-3051.00", 401, "Patrol an area and answer calls.", None, None)
    assert release.related_occupations[1] == RelatedOccupation("13-2011.00", "15-1252.00", 2, "Supplemental")


def test_a_quote_in_a_title_is_data(tmp_path: Path) -> None:
    release = load_release(small_release().write_zip(tmp_path))
    assert 'Programmer, "Full Stack' in [title.title for title in release.alternate_titles]
    assert release.occupations[4].description == 'Keep the peace on an assigned "beat".'


@pytest.mark.parametrize("layout", ["alternate titles", "job titles"])
@pytest.mark.parametrize("newline", ["\r\n", "\n"])
@pytest.mark.parametrize("prefix", [True, False])
def test_the_same_content_packed_otherwise_is_the_same_release(
    tmp_path: Path, layout: Layout, newline: str, prefix: bool
) -> None:
    published = load_release(small_release().write_zip(tmp_path / "published"))
    repacked = load_release(
        small_release().write_zip(tmp_path / "repacked", layout=layout, newline=newline, prefix=prefix)
    )
    unpacked = load_release(small_release().write_folder(tmp_path / "folder", layout=layout, newline=newline))
    assert repacked.alternate_titles == unpacked.alternate_titles == published.alternate_titles
    assert repacked.content_sha256 == unpacked.content_sha256 == published.content_sha256


def test_the_order_of_rows_does_not_change_the_content_hash(tmp_path: Path) -> None:
    plain = small_release()
    turned = replace(plain, titles=plain.titles[::-1], tasks=plain.tasks[::-1], occupations=plain.occupations[::-1])
    first, second = load_release(plain.write_zip(tmp_path / "a")), load_release(turned.write_zip(tmp_path / "b"))
    assert first.content_sha256 == second.content_sha256
    assert first.archive_sha256 != second.archive_sha256


@pytest.mark.parametrize(
    "changed",
    [
        small_release().with_titles(("15-1252.00", "Code Wrangler")),
        small_release().with_tasks(("15-1252.00", "203", "Review programs.", "Core")),
        small_release().without_occupation("29-1141.00"),
        replace(small_release(), importance={"101": "4.2"}),
        replace(small_release(), related=None),
    ],
)
def test_any_change_of_content_changes_the_content_hash(tmp_path: Path, changed: SmallRelease) -> None:
    before = load_release(small_release().write_zip(tmp_path / "before")).content_sha256
    assert load_release(changed.write_zip(tmp_path / "after")).content_sha256 != before


def test_a_byte_order_mark_before_a_header_is_survived(tmp_path: Path) -> None:
    marked = small_release()
    header = b"\xef\xbb\xbf" + marked.files()["Occupation Data.txt"]
    assert len(load_release(marked.with_member("Occupation Data.txt", header).write_zip(tmp_path)).occupations) == 5


def test_a_last_line_without_an_end_is_read(tmp_path: Path) -> None:
    cut = small_release().files()["Occupation Data.txt"].rstrip(b"\r\n")
    release = load_release(small_release().with_member("Occupation Data.txt", cut).write_zip(tmp_path))
    assert release.occupations[-1].description == 'Keep the peace on an assigned "beat".'


def test_rows_of_the_same_code_and_title_collapse_into_the_first(tmp_path: Path) -> None:
    twice = small_release().with_titles(("13-2011.00", "Certified Public Accountant (CPA)"))
    release = load_release(twice.write_zip(tmp_path))
    assert len(release.alternate_titles) == 7
    assert release.alternate_titles[0].short_title == "CPA"


def test_a_title_may_belong_to_several_codes(tmp_path: Path) -> None:
    shared = small_release().with_titles(("29-1141.00", "Specialist"), ("15-1252.00", "Specialist"))
    assert len(load_release(shared.write_zip(tmp_path)).alternate_titles) == 9


def test_importance_is_unknown_without_task_ratings_and_never_another_scale(tmp_path: Path) -> None:
    unrated = load_release(replace(small_release(), importance=None).write_zip(tmp_path / "a"))
    assert [task.importance for task in unrated.tasks] == [None] * 5
    other_scales_only = load_release(replace(small_release(), importance={}).write_zip(tmp_path / "b"))
    assert [task.importance for task in other_scales_only.tasks] == [None] * 5


def test_an_importance_of_na_is_unknown(tmp_path: Path) -> None:
    release = load_release(replace(small_release(), importance={"101": "n/a"}).write_zip(tmp_path))
    assert release.tasks[0].importance is None


def test_related_occupations_may_be_absent(tmp_path: Path) -> None:
    assert load_release(replace(small_release(), related=None).write_zip(tmp_path)).related_occupations == ()


def test_short_titles_and_sources_may_be_absent(tmp_path: Path) -> None:
    old = small_release().with_member("Alternate Titles.txt", "O*NET-SOC Code\tAlternate Title\n13-2011.00\tCPA\n")
    assert load_release(old.write_zip(tmp_path)).alternate_titles == (AlternateTitle("13-2011.00", "CPA"),)


@pytest.mark.parametrize("table", ["Occupation Data", "Task Statements"])
def test_a_missing_table_is_named_with_the_release_and_what_was_found(tmp_path: Path, table: str) -> None:
    message = refusal_of(small_release().with_member(f"{table}.txt", None), tmp_path)
    assert f"O*NET 30.1 from {tmp_path}/db_30_1_text.zip has no {table}.txt; found: " in message
    assert "related occupations.txt" in message


def test_missing_titles_are_named_in_both_layouts(tmp_path: Path) -> None:
    message = refusal_of(small_release().with_member("Alternate Titles.txt", None), tmp_path)
    assert "has no Alternate Titles.txt or Job Titles.txt" in message


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("Occupation Data", "Description"),
        ("Alternate Titles", "Alternate Title"),
        ("Task Statements", "Task ID"),
        ("Task Ratings", "Data Value"),
        ("Task Ratings", "Scale ID"),
        ("Related Occupations", "Index"),
    ],
)
def test_a_missing_column_is_named_with_table_release_and_what_was_found(
    tmp_path: Path, table: str, column: str
) -> None:
    content = small_release().files()[f"{table}.txt"].replace(column.encode(), b"Elsewhere", 1)
    message = refusal_of(small_release().with_member(f"{table}.txt", content), tmp_path)
    assert f"O*NET 30.1, table '{table}' has no column '{column}'; found: " in message
    assert "Elsewhere" in message


HEADERS = {
    "Occupation Data": "O*NET-SOC Code\tTitle\tDescription",
    "Alternate Titles": "O*NET-SOC Code\tAlternate Title\tShort Title\tSource(s)",
    "Task Statements": "O*NET-SOC Code\tTask ID\tTask\tTask Type",
    "Task Ratings": "O*NET-SOC Code\tTask ID\tScale ID\tData Value",
    "Related Occupations": "O*NET-SOC Code\tRelated O*NET-SOC Code\tRelatedness Tier\tIndex",
}


@pytest.mark.parametrize(
    ("table", "line", "complaint"),
    [
        (
            "Occupation Data",
            "15-1252\tA\tB",
            "line 2, column 'O*NET-SOC Code': found '15-1252', which is not of the form",
        ),
        ("Occupation Data", "15-1252.00\tA\tB\tC", "line 2: found 4 fields where the header has 3"),
        ("Occupation Data", "15-1252.00\tA", "line 2: found 2 fields where the header has 3"),
        ("Occupation Data", "15-1252.00\tn/a\tB", "line 2, column 'Title': found 'n/a' where a value is needed"),
        ("Occupation Data", "15-1252.00\t\tB", "line 2, column 'Title': found '' where a value is needed"),
        ("Occupation Data", f"15-1252.00\t{'A' * 256}\tB", "column 'Title': found 256 characters, more than 255"),
        ("Occupation Data", "15-1252.00\tA\0\tB", "line 2: found a NUL byte"),
        (
            "Occupation Data",
            "15-1252.00\tA\tB\n15-1252.00\tC\tD",
            "line 3, column 'O*NET-SOC Code': found '15-1252.00' for",
        ),
        ("Occupation Data", "", "line 1: found a header without any rows"),
        ("Alternate Titles", "99-9999.00\tA\tn/a\t08", "found '99-9999.00', which is not in 'Occupation Data'"),
        ("Alternate Titles", "1512.52\tA\tn/a\t08", "found '1512.52', which is not of the form 15-1252.00"),
        ("Alternate Titles", "", "found a header without any rows"),
        ("Task Statements", "15-1252.00\t2x\tA\tCore", "line 2, column 'Task ID': found '2x', which is not a whole"),
        ("Task Statements", "99-9999.00\t1\tA\tCore", "found '99-9999.00', which is not in 'Occupation Data'"),
        (
            "Task Statements",
            "15-1252.00\t1\tA\tCore\n15-1252.00\t1\tB\tCore",
            "line 3, column 'Task ID': found '1' for",
        ),
        (
            "Task Ratings",
            "15-1252.00\t201\tIM\tmuch",
            "column 'Data Value': found 'much', which is not a number from 1",
        ),
        ("Task Ratings", "15-1252.00\t201\tIM\tnan", "column 'Data Value': found 'nan', which is not a number from 1"),
        ("Task Ratings", "15-1252.00\t201\tIM\t201", "column 'Data Value': found '201', which is not a number from 1"),
        ("Related Occupations", "15-1252.00\t99-9999.00\tA\t1", "column 'Related O*NET-SOC Code': found '99-9999.00'"),
        ("Related Occupations", "15-1252.00\t13-2011.00\tA\tone", "column 'Index': found 'one', which is not a whole"),
    ],
)
def test_a_malformed_line_is_named_with_what_was_found(tmp_path: Path, table: str, line: str, complaint: str) -> None:
    message = refusal_of(small_release().with_member(f"{table}.txt", f"{HEADERS[table]}\n{line}\n"), tmp_path)
    assert f"O*NET 30.1, table '{table}'" in message
    assert complaint in message


@given(st.one_of(st.binary(), st.text(alphabet='a\t\r\n\0é"/n').map(str.encode)))
def test_no_content_of_a_table_escapes_as_anything_but_rows_or_a_refusal(content: bytes) -> None:
    try:
        table = TextTable.parse("Occupation Data", "30.1", content)
        rows = list(table.rows(table.columns))
    except TableRefused:
        return
    assert all(len(values) == len(table.columns) for _, values, _ in rows)


def test_bytes_that_are_not_utf8_are_named_by_line_and_column(tmp_path: Path) -> None:
    content = small_release().files()["Alternate Titles.txt"].replace(b"Staff Nurse", b"Infirmi\xe8re")
    message = refusal_of(small_release().with_member("Alternate Titles.txt", content), tmp_path)
    assert "line 6, column 'Alternate Title': found byte 0xe8, which is not UTF-8" in message


def test_a_release_of_soc_2010_is_refused_and_says_so(tmp_path: Path) -> None:
    old = replace(small_release("24.2"), related=None)
    old = old.with_occupations(("15-1132.00", "Software Developers, Applications", "Write applications."))
    assert "1 of 6 codes, such as 15-1132.00, are of SOC 2010, which O*NET left with 25.0" in refusal_of(old, tmp_path)


def test_another_version_than_was_asked_for_is_not_loaded(tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefused, match=r"30\.2 was asked for"):
        load_release(small_release("30.1").write_zip(tmp_path), declared="30.2")
