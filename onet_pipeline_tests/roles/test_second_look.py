from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from onet_pipeline.errors import MapperRefused
from onet_pipeline.roles.claude import Patience
from onet_pipeline.roles.mapper import fallback
from onet_pipeline.roles.records import Answer, AnsweredBatch, Candidate, ConfidenceTier, Method, SecondLook
from onet_pipeline.roles.second_look import is_doubtful, together
from onet_pipeline_tests.support.claude_api import AskedRole, ClaudeServer, first_candidate, status
from onet_pipeline_tests.support.claude_runs import by_id, mapper_for, total
from onet_pipeline_tests.support.questions import candidate, question, questions

HIGH, MEDIUM, LOW = ConfidenceTier.HIGH, ConfidenceTier.MEDIUM, ConfidenceTier.LOW
A, B, C = "11-1011.00", "35-1011.00", "35-2014.00"


def said(code: str | None, tier: ConfidenceTier, *runners_up: str) -> Answer:
    return Answer(1, code, tier, "Because.", Method.CLAUDE, runners_up)


@pytest.mark.parametrize(
    ("first", "second", "code", "tier"),
    [
        ((A, MEDIUM), (A, MEDIUM), A, MEDIUM),
        ((A, MEDIUM), (A, HIGH), A, HIGH),
        ((A, LOW), (A, MEDIUM), A, MEDIUM),
        ((A, HIGH), (A, LOW), A, HIGH),
        ((None, LOW), (None, LOW), None, LOW),
        ((A, MEDIUM), (B, HIGH), B, MEDIUM),
        ((A, HIGH), (B, MEDIUM), A, MEDIUM),
        ((A, HIGH), (B, HIGH), B, LOW),
        ((A, MEDIUM), (B, MEDIUM), B, LOW),
        ((A, LOW), (None, LOW), None, LOW),
        ((None, LOW), (B, MEDIUM), B, LOW),
        ((A, MEDIUM), (None, LOW), A, LOW),
    ],
)
def test_two_answers_make_one_by_the_written_rule(
    first: tuple[str | None, ConfidenceTier],
    second: tuple[str | None, ConfidenceTier],
    code: str | None,
    tier: ConfidenceTier,
) -> None:
    result = together(said(*first), said(*second))
    assert (result.code, result.tier) == (code, tier)
    assert result.second_look is (SecondLook.AGREED if first[0] == second[0] else SecondLook.DISAGREED)


def test_a_disagreement_keeps_the_other_code_as_first_runner_up_and_in_the_reasoning() -> None:
    result = together(said(A, MEDIUM), said(B, HIGH, C, A))
    assert result.runners_up == (A, C)
    assert "The first look said 11-1011.00 (MEDIUM)" in result.reasoning


def test_a_second_look_that_failed_leaves_the_first_as_it_was() -> None:
    first = said(A, MEDIUM)
    assert together(first, fallback(question(1), "no answer")) == first


@pytest.mark.parametrize(
    ("place", "tier", "doubtful"),
    [(0, HIGH, False), (9, HIGH, False), (10, HIGH, True), (0, MEDIUM, True), (0, LOW, True)],
)
def test_doubtful_is_what_is_not_sure_or_far_from_what_search_found(
    place: int, tier: ConfidenceTier, doubtful: bool
) -> None:
    asked = question(1, codes=tuple(f"11-10{n}.00" for n in range(10, 30)))
    assert is_doubtful(asked, said(asked.candidates[place].code, tier)) is doubtful
    assert not is_doubtful(asked, fallback(asked, "no answer"))


@dataclass
class WiderSearch:
    """Finds for any title the same five occupations."""

    version: str = "1"

    def search(self, titles: list[str], limit: int = 20) -> list[tuple[Candidate, ...]]:
        return [tuple(candidate(f"99-100{n}.00") for n in range(5))[:limit] for _ in titles]


@pytest.fixture
def server() -> Iterator[ClaudeServer]:
    def unsure_of_even_roles(role: AskedRole) -> dict[str, Any]:
        even = int(role.title.split()[-1]) % 2 == 0
        return {**first_candidate(role), "confidence": "MEDIUM" if even else "HIGH"}

    with ClaudeServer(answerer=unsure_of_even_roles) as running:
        yield running


def test_only_doubtful_roles_are_asked_again_once_in_another_order(server: ClaudeServer) -> None:
    found = by_id(mapper_for(server, second_look=True).answer(questions(6)))
    first, second = server.calls
    assert second.titles == ("role 2", "role 4", "role 6")
    assert {number for number, answer in found.items() if answer.second_look} == {2, 4, 6}
    shown = {role.title: role.codes for role in first.roles}
    assert any(shown[role.title] != role.codes for role in second.roles)


def test_the_second_look_shows_a_wider_list_and_may_answer_from_it(server: ClaudeServer) -> None:
    server.answerer = lambda role: {**first_candidate(role), "code": max(role.codes), "confidence": "MEDIUM"}
    found = by_id(mapper_for(server, second_look=True, search=WiderSearch(), wider=4).answer(questions(1)))
    assert len(server.calls[1].roles[0].codes) == 3 + 4
    assert found[1].code == "99-1003.00"
    assert found[1].second_look is SecondLook.DISAGREED


def test_sure_answers_are_yielded_before_the_second_look(server: ClaudeServer) -> None:
    batches = list(mapper_for(server, second_look=True).answer(questions(6)))
    assert [sorted(answer.question_id for answer in batch.answers) for batch in batches] == [[1, 3, 5], [2, 4, 6]]
    assert [batch.usage.calls for batch in batches] == [1, 1]


def test_without_a_second_look_nothing_is_asked_twice(server: ClaudeServer) -> None:
    found = by_id(mapper_for(server, second_look=False).answer(questions(6)))
    assert len(server.calls) == 1
    assert {answer.second_look for answer in found.values()} == {None}


def test_a_second_look_that_gets_no_answer_keeps_the_first(server: ClaudeServer) -> None:
    server.at(2, status(529))
    batches = list(mapper_for(server, second_look=True, patience=Patience(max_retries=0)).answer(questions(6)))
    assert all(answer.method is Method.CLAUDE for answer in by_id(batches).values())
    assert total(batches).calls == 2


def test_a_refusal_at_the_second_look_keeps_the_first_answers(server: ClaudeServer) -> None:
    server.at(2, status(402))
    landed: list[AnsweredBatch] = []
    with pytest.raises(MapperRefused):
        landed.extend(mapper_for(server, second_look=True).answer(questions(6)))
    assert set(by_id(landed)) == {1, 2, 3, 4, 5, 6}


def test_an_answer_unlike_all_that_search_found_gets_a_second_look(server: ClaudeServer) -> None:
    asked = question(1, "role 1", tuple(f"11-10{n}.00" for n in range(10, 30)))
    server.answerer = lambda role: {**first_candidate(role), "code": "11-1029.00"}
    found = by_id(mapper_for(server, second_look=True).answer([replace(asked, id=5)]))
    assert found[5].second_look is SecondLook.AGREED
    assert found[5].tier is HIGH
