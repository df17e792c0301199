"""Which decisions fit: applied, left, refused, in conflict."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet  # type: ignore[import-untyped]

from onet_pipeline.review.judging import JudgedRow, Outcome, Setting, judge, mentioned
from onet_pipeline.review.returned import ReturnedRow, read_returned
from onet_pipeline.review.sheet import Column, Reference
from onet_pipeline.roles.records import ConfidenceTier
from onet_pipeline.store.records import Mapping
from onet_pipeline.store.review_records import ReviewDecision, Verdict, decision_on
from onet_pipeline_tests.support.reviews import NOW, OCCUPATIONS, book, confirmed, edited, mapping, place

NURSE = mapping("RN")


def row(decision: str, about: Mapping = NURSE, **changes: str) -> ReturnedRow:
    told = {"role": about.source_role, "reviewer": "Ann", "code": about.settled_code or ""} | changes
    return ReturnedRow(line=2, decision=decision, reference=str(Reference.of(about)), **told)


def setting(*now: Mapping, history: Sequence[ReviewDecision] = (), reviewer: str | None = None) -> Setting:
    found = {each.id: each for each in now}
    return Setting(found, history, OCCUPATIONS, "30.1", NOW, NOW, "city.xlsx", "f" * 64, reviewer)


def one(decision: str, about: Mapping = NURSE, *, now: Mapping | None = None, **changes: str) -> JudgedRow:
    (judged,) = judge([row(decision, about, **changes)], setting(now or about))
    return judged


def made(about: Mapping, verdict: Verdict, code: str | None, by: str) -> ReviewDecision:
    return decision_on(about, verdict, code, reviewer=by, decided_at=NOW, applied_at=NOW)


@pytest.mark.parametrize(
    ("decision", "verdict", "code"),
    [
        ("confirm", Verdict.CONFIRM, "29-1141.00"),
        ("  OK ", Verdict.CONFIRM, "29-1141.00"),
        ("29-1141.00 Registered Nurses", Verdict.CONFIRM, "29-1141.00"),
        ("29-2061.00 Licensed Practical Nurses", Verdict.CHANGE, "29-2061.00"),
        ("29-2061", Verdict.CHANGE, "29-2061.00"),
        ("None of these", Verdict.NONE_FITS, None),
        ("reject", Verdict.REJECT, None),
    ],
)
def test_a_decision_is_understood(decision: str, verdict: Verdict, code: str | None) -> None:
    judged = one(decision, comment="seen")
    assert judged.outcome is Outcome.APPLIED
    assert judged.decision
    assert (judged.decision.verdict, judged.decision.code_chosen) == (verdict, code)
    assert judged.decision.title_chosen == OCCUPATIONS.get(code or "")
    assert (judged.decision.mapper_code, judged.decision.tier) == ("29-1141.00", ConfidenceTier.HIGH)
    assert (judged.decision.reviewer, judged.decision.comment) == ("Ann", "seen")
    assert (judged.decision.file_name, judged.decision.file_sha256) == ("city.xlsx", "f" * 64)


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        ("perhaps", '"perhaps" is no decision'),
        ("15-1132.00", "not in O\\*NET 30.1"),
        ("29-11410", "is no decision"),
        ("29-1141.001", "is no decision"),
        ("2021-11-01", "is no decision"),
    ],
)
def test_what_is_no_decision_or_no_code_is_refused(decision: str, told: str) -> None:
    judged = one(decision)
    assert judged.outcome is Outcome.REFUSED
    assert judged.decision is None
    with pytest.raises(AssertionError, match=told):
        raise AssertionError(judged.told)


def test_confirming_that_the_mapper_found_nothing_is_a_decision() -> None:
    judged = one("confirm", mapping("?", None))
    assert judged.decision
    assert judged.decision.verdict is Verdict.NONE_FITS
    assert one("reject", mapping("?", None)).outcome is Outcome.REFUSED


def test_a_comment_without_a_decision_is_not_lost_silently() -> None:
    judged = one("", comment="ask HR")
    assert (judged.outcome, "choose a decision" in judged.told) == (Outcome.REFUSED, True)


def test_a_role_that_is_gone_and_a_broken_reference_are_refused() -> None:
    (gone,) = judge([row("confirm")], setting())
    (broken,) = judge([replace(row("confirm"), reference="RN")], setting(NURSE))
    assert gone.outcome is broken.outcome is Outcome.REFUSED


def test_a_sheet_sorted_without_its_hidden_columns_is_refused() -> None:
    judged = one("confirm", role="Pol Ofcr")
    assert judged.outcome is Outcome.REFUSED
    assert "sorted in part" in judged.told


def test_a_spreadsheet_program_may_change_white_space() -> None:
    about = mapping("Nurse\r\n (night)  shift")
    assert one("confirm", about, role="Nurse\n(night) shift").outcome is Outcome.APPLIED


def test_a_mapping_that_changed_since_is_refused_and_one_with_another_tier_is_not() -> None:
    assert one("confirm", now=mapping("RN", "29-2061.00")).outcome is Outcome.REFUSED
    assert one("confirm", now=mapping("RN", confidence=ConfidenceTier.LOW)).outcome is Outcome.APPLIED


def test_a_confirmed_mapping_is_changed_by_who_saw_the_confirmation() -> None:
    judged = one("29-2061.00", confirmed("RN", "29-1141.00", by="Bob"))
    assert judged.outcome is Outcome.APPLIED
    assert judged.told == "29-1141.00 changed to 29-2061.00."


def test_what_another_reviewer_decided_since_is_a_conflict_that_names_them() -> None:
    history = [made(NURSE, Verdict.CHANGE, "29-2061.00", "Bob")]
    (judged,) = judge([row("confirm")], setting(confirmed("RN", "29-2061.00", by="Bob"), history=history))
    assert judged.outcome is Outcome.CONFLICT
    assert "Bob chose 29-2061.00 on 2026-11-22" in judged.told


def test_a_rejection_by_another_reviewer_is_a_conflict_too() -> None:
    history = [made(NURSE, Verdict.REJECT, None, "Bob")]
    rejected = mapping("RN", rejected_code="29-1141.00")
    judged = judge([row("confirm"), row("reject", mapping("x"))], setting(rejected, mapping("x"), history=history))
    assert [each.outcome for each in judged] == [Outcome.CONFLICT, Outcome.APPLIED]
    assert "Bob rejected the code" in judged[0].told


def test_two_reviewers_who_agree_are_no_conflict() -> None:
    history = [made(NURSE, Verdict.CHANGE, "29-2061.00", "Bob")]
    (judged,) = judge([row("29-2061")], setting(confirmed("RN", "29-2061.00", by="Bob"), history=history))
    assert judged.outcome is Outcome.UNCHANGED


def test_a_reviewer_may_correct_themselves_from_the_same_workbook() -> None:
    history = [made(NURSE, Verdict.CHANGE, "29-2061.00", "ANN")]
    (judged,) = judge([row("confirm")], setting(confirmed("RN", "29-2061.00", by="ANN"), history=history))
    assert judged.outcome is Outcome.APPLIED


def test_an_old_workbook_saved_again_does_not_bring_back_an_old_decision() -> None:
    first = made(NURSE, Verdict.CHANGE, "29-2061.00", "Ann")
    second = made(confirmed("RN", "29-2061.00", by="Ann"), Verdict.CHANGE, "33-3051.00", "Ann")
    now = confirmed("RN", "33-3051.00", by="Ann")
    (judged,) = judge([row("29-2061.00")], setting(now, history=[first, second]))
    assert judged.outcome is Outcome.UNCHANGED
    assert "decided anew" in judged.told


def test_two_rows_that_contradict_each_other_are_both_refused_and_two_that_agree_are_one() -> None:
    contradictory = judge([row("confirm"), row("29-2061.00")], setting(NURSE))
    assert [each.outcome for each in contradictory] == [Outcome.REFUSED] * 2
    agreeing = judge([row("confirm"), row("29-1141.00")], setting(NURSE))
    assert [each.outcome for each in agreeing] == [Outcome.APPLIED, Outcome.UNCHANGED]


def test_one_name_signs_every_row_and_two_names_do_not() -> None:
    other = mapping("Clerk", "43-3031.00")
    unsigned = row("confirm", other, reviewer="")
    (_, judged) = judge([row("confirm"), unsigned], setting(NURSE, other))
    assert judged.decision
    assert judged.decision.reviewer == "Ann"
    third = mapping("Cop", "33-3051.00")
    rows = [row("confirm"), row("confirm", third, reviewer="Bob"), unsigned]
    assert judge(rows, setting(NURSE, other, third))[2].outcome is Outcome.REFUSED


def test_who_brings_the_file_signs_it_where_nobody_else_does() -> None:
    unsigned = row("confirm", reviewer="")
    assert judge([unsigned], setting(NURSE))[0].outcome is Outcome.REFUSED
    (judged,) = judge([unsigned], setting(NURSE, reviewer="Cleo"))
    assert judged.decision
    assert judged.decision.reviewer == "Cleo"


def test_a_rejected_code_cannot_be_confirmed_by_word() -> None:
    assert one("confirm", mapping("RN", rejected_code="29-1141.00")).outcome is Outcome.REFUSED
    assert one("29-1141.00", mapping("RN", rejected_code="29-1141.00")).outcome is Outcome.APPLIED


def test_a_retired_confirmation_cannot_be_confirmed_again() -> None:
    judged = one("confirm", confirmed("RN", "15-1132.00"))
    assert judged.outcome is Outcome.REFUSED
    assert "not in O*NET 30.1" in judged.told


def test_the_mappings_that_rows_speak_of_are_found_by_reference() -> None:
    assert mentioned([row("confirm"), replace(row("confirm"), reference="x")]) == [NURSE.id]
    assert isinstance(NURSE.id, uuid.UUID)


@example(
    [
        "_x000D_",
        "a\r\nb",
        " x ",
        "007",
        "TRUE",
        "1e5",
        "=1+1",
        "\x85nel",
        "\u200b",
        "2021-11-01",
        "'quoted",
        "x" * 40_000,
    ]
)
@settings(max_examples=12, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=12, unique_by=repr))
def test_whatever_a_role_holds_its_decision_comes_back_to_it(roles: list[str]) -> None:
    mappings = [mapping(role) for role in roles]

    def confirm_all(sheet: Worksheet) -> None:
        for line in range(2, len(roles) + 2):
            sheet.cell(line, place(sheet, Column.DECISION)).value = "confirm"
            sheet.cell(line, place(sheet, Column.REVIEWER)).value = "Ann"

    rows = read_returned(edited(book(*mappings), confirm_all), "any.xlsx")
    judged = judge(rows, setting(*mappings))
    assert {each.outcome for each in judged} == {Outcome.APPLIED}
    assert sorted(each.decision.source_role for each in judged if each.decision) == sorted(roles)
