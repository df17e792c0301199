"""The review workbook: order, choices, protection, and text that stays text."""

import io
import zipfile
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from onet_pipeline.review.sheet import MOST_CHARACTERS, Column, Reference, cell_text
from onet_pipeline.roles.records import ConfidenceTier, Method
from onet_pipeline.store.records import ShownCandidate
from onet_pipeline_tests.support.reviews import OCCUPATIONS, book, confirmed, mapping, opened, place

LOW, MEDIUM, HIGH = ConfidenceTier.LOW, ConfidenceTier.MEDIUM, ConfidenceTier.HIGH


def column(content: bytes, name: Column) -> list[Any]:
    sheet = opened(content)
    return [sheet.cell(row, place(sheet, name)).value for row in range(2, sheet.max_row + 1)]


def test_rows_are_in_order_of_risk_and_retired_codes_come_first() -> None:
    content = book(
        mapping("sure", row_count=90),
        mapping("guess", confidence=LOW, row_count=5),
        mapping("likely", confidence=MEDIUM),
        mapping("frequent guess", confidence=LOW, row_count=50),
        mapping("failed", confidence=LOW, method=Method.FALLBACK, fallback_reason="down"),
        mapping("nothing", None, confidence=LOW, row_count=2),
        confirmed("done"),
        confirmed("retired", "15-1132.00"),
    )
    order = ["retired", "nothing", "failed", "frequent guess", "guess", "likely", "sure", "done"]
    assert column(content, Column.ROLE) == order
    assert "not in this release" in column(content, Column.BEFORE)[0]
    assert column(content, Column.BEFORE)[-1] == "Confirmed by A on 2026-11-22."


def test_a_row_shows_what_a_reviewer_needs() -> None:
    content = book(mapping(missing_information="the ward"))
    shown = {name: column(content, name)[0] for name in Column}
    assert shown[Column.ROWS] == 1
    assert (shown[Column.CODE], shown[Column.OCCUPATION]) == ("29-1141.00", "Registered Nurses")
    assert shown[Column.RUNNERS_UP] == "29-2061.00 Licensed Practical Nurses"
    assert (shown[Column.MISSING], shown[Column.HOW]) == ("the ward", "claude")
    assert shown[Column.DECISION] is shown[Column.COMMENT] is shown[Column.REVIEWER] is None


def test_a_rejected_row_shows_no_code_and_says_why() -> None:
    content = book(mapping(rejected_code="29-1141.00", confirmed_comment="not a nurse"))
    assert not column(content, Column.CODE)[0]
    assert column(content, Column.BEFORE) == ["29-1141.00 was rejected. not a nurse"]


def test_each_row_offers_its_own_candidates_wherever_it_is_sorted() -> None:
    own = (ShownCandidate("33-3051.00", "Police Patrol Officers", 0.9), ShownCandidate("15-1132.00", "Gone", 0.8))
    content = book(mapping("RN", confidence=LOW), mapping("Cop", "33-3051.00", candidates=own))
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    sheet, choices = workbook["Review"], workbook["Choices"]
    (validation,) = sheet.data_validations.dataValidation
    assert validation.type == "list"
    assert validation.formula1 == "OFFSET(Choices!$A$1,$O2-1,0,1,$P2)"
    assert (place(sheet, Column.CHOICES_ROW), place(sheet, Column.CHOICES)) == (15, 16)
    assert len(validation.formula1) < 255
    assert str(validation.sqref) == "F2:F3"
    assert validation.errorStyle == "warning", "any code of the release may be written too"
    offered = []
    for row in (2, 3):
        at, number = sheet.cell(row, 15).value, sheet.cell(row, 16).value
        offered.append([choices.cell(at, each + 1).value for each in range(number)])
    titles = [f"{code} {title}" for code, title in OCCUPATIONS.items()]
    assert offered[0] == ["confirm", *titles, "none of these", "reject"]
    assert offered[1] == ["confirm", "33-3051.00 Police Patrol Officers", "none of these", "reject"]
    assert choices.sheet_state == "veryHidden"


def test_only_decision_comment_and_reviewer_can_be_edited() -> None:
    sheet = opened(book(mapping()))
    assert sheet.protection.sheet
    assert not sheet.protection.autoFilter, "False allows it"
    unlocked = {sheet.cell(1, cell.column).value for cell in sheet[2] if not cell.protection.locked}
    assert unlocked == {Column.DECISION, Column.COMMENT, Column.REVIEWER}
    assert all(sheet.cell(2, place(sheet, name)).number_format == "@" for name in (Column.DECISION, Column.COMMENT))


def test_the_header_stays_in_sight_filters_and_colours_tell_the_tiers() -> None:
    sheet = opened(book(mapping("a"), mapping("b", confidence=MEDIUM), mapping("c", confidence=LOW)))
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:M4"
    colours = [sheet.cell(row, place(sheet, Column.CONFIDENCE)).fill.fgColor.rgb for row in (2, 3, 4)]
    assert colours == ["FFFFC7CE", "FFFFEB9C", "FFC6EFCE"]
    hidden = {sheet.cell(1, number).value for number in (14, 15, 16)}
    assert hidden == {Column.REFERENCE, Column.CHOICES_ROW, Column.CHOICES}
    assert sheet.column_dimensions["N"].hidden


def test_what_is_no_decision_turns_red_as_it_is_written() -> None:
    sheet = opened(book(mapping()))
    ((area, (rule,)),) = [(each.sqref, each.rules) for each in sheet.conditional_formatting]
    assert str(area) == "F2"
    assert "COUNTIF(Occupations!$A:$A,LEFT(TRIM($F2),10))=0" in rule.formula[0]


def test_legend_and_occupations_carry_the_credit() -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(book(mapping())))
    assert workbook.sheetnames[:3] == ["Review", "Legend", "Occupations"]
    legend = {row[0].value: row[1].value for row in workbook["Legend"].iter_rows()}
    assert (legend["Upload"], legend["Key"], legend["Credit"]) == ("hr/city.csv", "city", "The credit.")
    occupations = [(row[0].value, row[1].value) for row in workbook["Occupations"].iter_rows()]
    assert occupations[:3] == [("Code", "Title"), *list(OCCUPATIONS.items())[:2]]
    assert occupations[-1][0] == "The credit."


@pytest.mark.parametrize(
    "hostile",
    ["=cmd|' /C calc'!A0", "@SUM(A1)", "+1+1", "-2", "http://evil.example", "<script>", "{=1}", "\u202eesrun"],
)
def test_hostile_text_is_text(hostile: str) -> None:
    content = book(mapping(hostile, reasoning=hostile))
    sheet = opened(content)
    cell = sheet.cell(2, place(sheet, Column.ROLE))
    assert (cell.value, cell.data_type) == (hostile, "s" if cell.data_type == "s" else "inlineStr")
    assert cell.hyperlink is None
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml").split(b"<conditionalFormatting")[0]


def test_what_a_cell_cannot_hold_is_replaced_or_cut() -> None:
    content = book(mapping("a\x00b\x1f\ud800c"), mapping("x" * 40_000), mapping("\U0001f600" * 20_000))
    roles = sorted(column(content, Column.ROLE), key=len)
    assert roles[0] == "a\ufffdb\ufffd\ufffdc"
    assert [len(role.encode("utf-16-le")) // 2 for role in roles[1:]] == [MOST_CHARACTERS + 1] * 2


def test_a_reference_reads_back_and_anything_else_is_none() -> None:
    reference = Reference.of(mapping())
    assert Reference.read(f" {reference} ") == reference
    assert [Reference.read(text) for text in ("", "RN", str(reference.mapping_id), "x/y")] == [None] * 4


def test_an_upload_without_roles_is_an_empty_sheet() -> None:
    sheet = opened(book())
    assert [cell.value for cell in sheet[1]] == list(Column)
    assert sheet.max_row == 1


def test_cell_text_leaves_ordinary_text_alone() -> None:
    assert cell_text("Café – Ärztin, 2. Schicht\n(Nacht)") == "Café – Ärztin, 2. Schicht\n(Nacht)"
