import csv
import re
from importlib.resources import files

import pytest

SAMPLE = files("onet_pipeline.onet").joinpath("sample", "db_sample_text")
HEADERS = {
    "Occupation Data": ["O*NET-SOC Code", "Title", "Description"],
    "Alternate Titles": ["O*NET-SOC Code", "Alternate Title", "Short Title", "Source(s)"],
    "Task Statements": [
        *["O*NET-SOC Code", "Task ID", "Task", "Task Type"],
        *["Incumbents Responding", "Date", "Domain Source"],
    ],
    "Task Ratings": [
        *["O*NET-SOC Code", "Task ID", "Scale ID", "Category", "Data Value", "N", "Standard Error"],
        *["Lower CI Bound", "Upper CI Bound", "Recommend Suppress", "Date", "Domain Source"],
    ],
    "Related Occupations": ["O*NET-SOC Code", "Related O*NET-SOC Code", "Relatedness Tier", "Index"],
}
CODE = re.compile(r"\d\d-\d{4}\.\d\d")


def text(member: str) -> str:
    return SAMPLE.joinpath(f"{member}.txt").read_bytes().decode("utf-8")


def rows(member: str) -> list[dict[str, str]]:
    lines = text(member).removesuffix("\r\n").split("\r\n")
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def codes(member: str, column: str = "O*NET-SOC Code") -> set[str]:
    return {row[column] for row in rows(member)}


def test_the_read_me_states_the_version_and_credits_onet() -> None:
    read_me = text("Read Me")
    assert read_me.startswith("O*NET 0.1 Database\r\n")
    assert "O*NET® 30.1 Database" in read_me
    assert "CC BY 4.0" in read_me


@pytest.mark.parametrize("member", HEADERS)
def test_a_table_has_the_header_and_line_ends_of_a_published_release(member: str) -> None:
    content = text(member)
    assert not content.startswith("\ufeff")
    assert content.count("\r\n") == content.count("\n")
    lines = [line.split("\t") for line in content.removesuffix("\r\n").split("\r\n")]
    assert lines[0] == HEADERS[member]
    assert {len(line) for line in lines} == {len(HEADERS[member])}
    assert all(field == field.strip() != "" for line in lines for field in line)


def test_occupations_are_unique_and_cover_every_major_group() -> None:
    listed = [row["O*NET-SOC Code"] for row in rows("Occupation Data")]
    assert 150 <= len(listed) == len(set(listed))
    assert all(CODE.fullmatch(code) for code in listed)
    assert len({code[:2] for code in listed}) == 23


def test_every_detailed_code_has_its_parent() -> None:
    listed = codes("Occupation Data")
    assert {f"{code[:7]}.00" for code in listed} <= listed
    assert any(not code.endswith(".00") for code in listed)


@pytest.mark.parametrize("member", [name for name in HEADERS if name != "Occupation Data"])
def test_every_row_belongs_to_a_listed_occupation(member: str) -> None:
    assert codes(member) <= codes("Occupation Data")


def test_every_occupation_has_titles_and_some_titles_belong_to_several() -> None:
    titles = rows("Alternate Titles")
    assert codes("Alternate Titles") == codes("Occupation Data")
    pairs = {(row["O*NET-SOC Code"], row["Alternate Title"]) for row in titles}
    assert len(pairs) == len(titles)
    assert len({title for _, title in pairs}) < len(titles)
    assert any(row["Short Title"] != "n/a" for row in titles)


def test_only_residual_and_military_occupations_lack_tasks() -> None:
    without = codes("Occupation Data") - codes("Task Statements")
    titles = {row["O*NET-SOC Code"]: row["Title"] for row in rows("Occupation Data")}
    assert without
    assert all("All Other" in titles[code] or code.startswith("55-") for code in without)


def test_task_ids_are_unique_and_of_the_projects_own_range() -> None:
    ids = [int(row["Task ID"]) for row in rows("Task Statements")]
    assert len(ids) == len(set(ids))
    assert min(ids) == 900001


def test_ratings_refer_to_tasks_and_some_tasks_have_no_importance() -> None:
    tasks = codes("Task Statements", "Task ID")
    ratings = rows("Task Ratings")
    important = {row["Task ID"]: float(row["Data Value"]) for row in ratings if row["Scale ID"] == "IM"}
    assert {row["Scale ID"] for row in ratings} == {"IM", "RT", "FT"}
    assert {row["Task ID"] for row in ratings} <= tasks
    assert set(important) < tasks
    assert all(1 <= value <= 5 for value in important.values())


def test_related_occupations_are_ranked_from_one_within_the_sample() -> None:
    listed = codes("Occupation Data")
    ranks: dict[str, list[int]] = {}
    for row in rows("Related Occupations"):
        assert row["Related O*NET-SOC Code"] in listed - {row["O*NET-SOC Code"]}
        ranks.setdefault(row["O*NET-SOC Code"], []).append(int(row["Index"]))
    assert all(found == list(range(1, len(found) + 1)) for found in ranks.values())
