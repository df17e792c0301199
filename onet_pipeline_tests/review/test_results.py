"""The result workbook: what became of every row."""

import io
from typing import Any

import openpyxl  # type: ignore[import-untyped]

from onet_pipeline.review.judging import JudgedRow, Outcome
from onet_pipeline.review.results import counted, result_bytes
from onet_pipeline.review.returned import ReturnedRow


def judged(role: str, outcome: Outcome, line: int = 2) -> JudgedRow:
    return JudgedRow(ReturnedRow(line, role, "=1+1", "r", reviewer="Ann"), outcome, f"told of {role}")


def rows(content: bytes) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(content))["Result"].iter_rows()]


def test_what_needs_a_person_comes_first() -> None:
    outcomes = (Outcome.UNCHANGED, Outcome.APPLIED, Outcome.REFUSED, Outcome.CONFLICT)
    made = [judged(outcome.value, outcome, line) for line, outcome in enumerate(outcomes)]
    head, _, header, *body = rows(result_bytes("city.xlsx", made))
    assert head[0] == "city.xlsx: 1 applied, 1 unchanged, 1 conflict, 1 refused"
    assert header == ["Row", "Role", "Decision", "Reviewer", "Outcome", "What happened"]
    assert [row[1] for row in body] == ["conflict", "refused", "applied", "unchanged"]
    assert body[0] == [3, "conflict", "=1+1", "Ann", "conflict", "told of conflict"]


def test_a_file_that_could_not_be_read_says_why() -> None:
    assert rows(result_bytes("city.xlsx", [], "it is a PDF"))[0][0] == "city.xlsx: it is a PDF"


def test_every_outcome_is_counted() -> None:
    assert counted([judged("a", Outcome.APPLIED)]) == {**dict.fromkeys(Outcome, 0), Outcome.APPLIED: 1}
