"""Every fault at the first, the middle and the last call: no role lost, none doubled, none paid for without need."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from onet_pipeline.errors import MapperRefused
from onet_pipeline.roles.claude import Patience
from onet_pipeline.roles.records import AnsweredBatch, ConfidenceTier, Method
from onet_pipeline_tests.support.claude_api import (
    AskedRole,
    ClaudeServer,
    Script,
    answer_normally,
    answers,
    first_candidate,
    hang,
    raw,
    reset,
    status,
    stopped,
    text,
    thinking_first,
)
from onet_pipeline_tests.support.claude_runs import by_id, mapper_for, total
from onet_pipeline_tests.support.questions import questions

ROLES, BATCH = 9, 3
Answers = list[dict[str, Any]]


@dataclass(frozen=True)
class Fault:
    """What a call meets: the replies to it and its retries, the requests in all, and the roles that fall back."""

    name: str
    scripts: tuple[Script, ...]
    requests: int
    fallen: tuple[int, ...] = ()

    def __str__(self) -> str:
        return self.name


def change(place: int, **values: Any) -> Script:
    return answers(lambda usual: [{**each, **values} if n == place else each for n, each in enumerate(usual)])


def without(usual: Answers, place: int) -> Answers:
    return usual[:place] + usual[place + 1 :]


def cut(part: float) -> Script:
    return lambda server, call: server.message(call, half_of(server, call.roles, part), stop_reason="max_tokens")


def half_of(server: ClaudeServer, roles: tuple[AskedRole, ...], part: float) -> str:
    whole = json.dumps({"answers": [server.answerer(role) for role in roles]})
    return whole[: int(len(whole) * part)]


ALL = (0, 1, 2)
FAULTS = [
    *(Fault(f"{code} once", (status(code),), 4) for code in (408, 409, 429, 500, 503, 504, 529)),
    *(Fault(f"{code} until given up", (status(code), status(code)), 4, ALL) for code in (408, 409, 429, 500, 529)),
    Fault("reset once", (reset,), 4),
    Fault("reset until given up", (reset, reset), 4, ALL),
    Fault("hangs once", (hang(0.4),), 4),
    Fault("too large", (status(413),), 5),
    Fault("cut before the first answer", (cut(0.1),), 5),
    Fault("cut after the second answer", (cut(0.9),), 4),
    Fault("context exceeded", (stopped("model_context_window_exceeded"),), 5),
    Fault("refusal", (stopped("refusal"),), 5),
    Fault("an answer missing", (answers(lambda usual: without(usual, 1)),), 4),
    Fault("an answer missing twice", (answers(lambda usual: without(usual, 1)), answers(lambda _: [])), 4, (1,)),
    Fault("no answers, twice", (answers(lambda _: []), answers(lambda _: [])), 4, ALL),
    Fault("backwards", (answers(lambda usual: usual[::-1]),), 3),
    Fault("every answer twice", (answers(lambda usual: usual * 2),), 3),
    Fault("two minds about one", (answers(lambda usual: [*usual, {**usual[0], "code": None}]),), 4),
    Fault("foreign ids", (answers(lambda usual: [*usual, {**usual[0], "id": 99}, {**usual[0], "id": -1}]),), 3),
    Fault("a wrong id", (change(2, id=98),), 4),
    Fault("an id as text", (change(2, id="3"),), 3),
    Fault("out of list", (change(0, code="99-9999.00"),), 4),
    Fault("out of list twice", (change(0, code="99-9999.00"), change(0, code="11-1011.00")), 4, (0,)),
    Fault(
        "a neighbour's candidate",
        (answers(lambda usual: [{**usual[0], "code": usual[1]["code"]}, *usual[1:]]),),
        4,
    ),
    Fault("an unknown tier", (change(1, confidence="CERTAIN"),), 4),
    Fault("tiers in lower case", (answers(lambda usual: [{**each, "confidence": "high"} for each in usual]),), 3),
    Fault("names in upper case", (answers(lambda usual: [{k.upper(): v for k, v in e.items()} for e in usual]),), 3),
    Fault(
        "prose around", (text(lambda usual: f"Here {{is}} what I found:\n```json\n{usual}\n```\nAnything else?"),), 3
    ),
    Fault("only the list", (text(lambda usual: json.dumps(json.loads(usual)["answers"])),), 3),
    Fault("only prose", (text(lambda _: "I would rather not."),), 4),
    Fault("thinking first", (thinking_first,), 3),
    Fault("empty content", (text(lambda _: ""),), 4),
    Fault("a proxy's page", (raw(b"<html>Sign in</html>", "text/html"),), 3, ALL),
    Fault("half a document", (raw(b'{"type": "message", "content": ['),), 3, ALL),
    Fault("not a message", (raw(b'{"hello": "world"}'),), 3, ALL),
    Fault("reasoning without end", (change(0, reasoning="because " * 5_000),), 3),
    Fault("an answer that is no object", (answers(lambda usual: [*usual, "x", None, 7]),), 3),  # type: ignore[list-item]
]


@pytest.fixture
def server() -> Iterator[ClaudeServer]:
    with ClaudeServer() as running:
        yield running


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anthropic._base_client.INITIAL_RETRY_DELAY", 0.01)


@pytest.mark.parametrize("call", [1, 2, 3], ids=["first", "middle", "last"])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_whatever_a_call_meets_every_role_is_answered_once(server: ClaudeServer, fault: Fault, call: int) -> None:
    server.at(call, *fault.scripts)
    asked = questions(ROLES)
    mapper = mapper_for(server, batch_size=BATCH, concurrency=1, patience=Patience(timeout=0.2, max_retries=1))

    found = by_id(mapper.answer(asked))

    fallen = {asked[(call - 1) * BATCH + place].id for place in fault.fallen}
    assert set(found) == {each.id for each in asked}
    for each in asked:
        answer = found[each.id]
        if each.id in fallen:
            assert (answer.code, answer.tier) == (each.candidates[0].code, ConfidenceTier.LOW), each.role
            assert answer.method is Method.FALLBACK
            assert answer.fallback_reason
        else:
            assert answer.method is Method.CLAUDE, each.role
            assert answer.code in {candidate.code for candidate in each.candidates}
            assert answer.tier is ConfidenceTier.HIGH
            assert len(answer.reasoning) <= 500
    assert len(server.calls) == fault.requests
    assert server.refused == []


@pytest.mark.parametrize("call", [1, 2, 3], ids=["first", "middle", "last"])
@pytest.mark.parametrize("code", [401, 402, 403, 404])
def test_a_refusal_keeps_what_landed_and_asks_nothing_more(server: ClaudeServer, code: int, call: int) -> None:
    server.at(call, status(code))
    landed: list[AnsweredBatch] = []
    with pytest.raises(MapperRefused):
        landed.extend(mapper_for(server, batch_size=BATCH, concurrency=1).answer(questions(ROLES)))
    assert set(by_id(landed)) == set(range(1, 1 + (call - 1) * BATCH))
    assert len(server.calls) == call


def test_a_refusal_while_asking_again_keeps_the_answers_that_came(server: ClaudeServer) -> None:
    server.at(1, answers(lambda usual: without(usual, 1)), status(402))
    landed: list[AnsweredBatch] = []
    with pytest.raises(MapperRefused):
        landed.extend(mapper_for(server, batch_size=BATCH, concurrency=1).answer(questions(ROLES)))
    assert set(by_id(landed)) == {1, 3}
    assert total(landed).calls == 1


def test_the_role_that_the_model_declines_falls_back_alone(server: ClaudeServer) -> None:
    server.for_role("role 5", stopped("refusal"))
    found = by_id(mapper_for(server, batch_size=9).answer(questions(ROLES)))
    assert [number for number, answer in found.items() if answer.method is Method.FALLBACK] == [5]
    assert "declined" in (found[5].fallback_reason or "")


def test_the_role_that_no_allowance_is_enough_for_falls_back_alone(server: ClaudeServer) -> None:
    server.for_role("role 5", stopped("max_tokens"))
    found = by_id(mapper_for(server, batch_size=9).answer(questions(ROLES)))
    assert [number for number, answer in found.items() if answer.method is Method.FALLBACK] == [5]


def test_a_role_that_makes_a_request_invalid_falls_back_alone_once_others_went_well(server: ClaudeServer) -> None:
    server.for_role("role 5", status(400))
    found = by_id(mapper_for(server, batch_size=3, concurrency=1).answer(questions(ROLES)))
    assert [number for number, answer in found.items() if answer.method is Method.FALLBACK] == [5]


def test_a_form_that_the_api_never_takes_is_not_asked_in_ever_smaller_pieces(server: ClaudeServer) -> None:
    server.always(status(400))
    found = by_id(mapper_for(server, batch_size=3).answer(questions(ROLES)))
    assert all(answer.method is Method.FALLBACK for answer in found.values())
    assert len(server.calls) == 3


def test_an_answer_that_arrived_before_the_cut_is_not_paid_for_again(server: ClaudeServer) -> None:
    server.at(1, cut(0.9))
    list(mapper_for(server, batch_size=3, concurrency=1).answer(questions(3)))
    assert [call.titles for call in server.calls[1:]] == [("role 3",)]


def test_out_of_list_answers_are_counted(server: ClaudeServer) -> None:
    server.at(1, change(0, code="99-9999.00"))
    batches = list(mapper_for(server, batch_size=3).answer(questions(3)))
    assert total(batches).out_of_list_answers == 1


@pytest.mark.parametrize("seed", range(6))
def test_in_a_storm_of_faults_no_role_is_lost_or_doubled(server: ClaudeServer, seed: int) -> None:
    storm = random.Random(seed)
    weather = [script for fault in FAULTS for script in fault.scripts if "hangs" not in fault.name]

    def unsure(role: AskedRole) -> dict[str, Any]:
        return {**first_candidate(role), "confidence": storm.choice(["HIGH", "MEDIUM", "LOW"])}

    server.answerer = unsure
    server.at(1, *(storm.choice([*weather, *[answer_normally] * len(weather)]) for _ in range(60)))
    asked = questions(40)
    mapper = mapper_for(
        server,
        batch_size=5,
        concurrency=4,
        second_look=True,
        patience=Patience(timeout=2, max_retries=1, failed_batches=99),
    )
    found = by_id(mapper.answer(asked))
    assert set(found) == {each.id for each in asked}
    for each in asked:
        assert found[each.id].code in {None, *(candidate.code for candidate in each.candidates)}
