"""Every fault of the Claude API, at the first, middle and last call: what the table of mappings holds afterwards."""

import functools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onet_pipeline.errors import MapperRefused, MapperUnavailable
from onet_pipeline.roles import claude
from onet_pipeline.roles.records import ConfidenceTier, Method
from onet_pipeline.settings import Settings
from onet_pipeline.steps.mapping import map_upload
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.records import RunOutcome, UploadStatus
from onet_pipeline_tests.support.claude_api import (
    ClaudeServer,
    Script,
    answers,
    hang,
    reset,
    status,
    stopped,
    text,
)
from onet_pipeline_tests.support.message_batches import asking_claude, register, table, upload_of

ROLES = ("Police Officer", "Staff Accountant", "Registered Nurse", "Truck Driver", "Attorney", "Dental Hygienist")
Table = dict[str, dict[str, Any]]
PLACES = {"first": 1, "middle": 2, "last": 3}

PASSING: dict[str, Script] = {
    "429 with retry-after": status(429, headers={"retry-after": "0.001"}),
    "529": status(529),
    "500": status(500),
    "reset": reset,
    "time-out": hang(0.6),
}
SPOILT: dict[str, Script] = {
    "max_tokens": stopped("max_tokens"),
    "refusal": stopped("refusal"),
    "malformed JSON": text(lambda usual: usual[: len(usual) // 3]),
    "wrong ids": answers(lambda usual: [{**each, "id": each["id"] + 70} for each in usual]),
    "codes out of the list": answers(lambda usual: [{**each, "code": "99-9999.00"} for each in usual]),
}
REFUSED = (401, 402, 403, 404)


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claude, "Patience", functools.partial(claude.Patience, timeout=0.3))


@pytest.fixture(scope="module")
def wanted(synced_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Table:
    """The table that a run without a fault makes."""
    home = tmp_path_factory.mktemp("faultless")
    shutil.copytree(synced_home, home, dirs_exist_ok=True)
    plain = Pipeline(Settings(home=home, mapper="lexical"))
    with ClaudeServer() as server, asking_claude(plain, server) as pipeline:
        map_upload(pipeline, register(pipeline, "city", ROLES))
        rows = table(pipeline, "city")
    plain.close()
    assert set(rows) == set(ROLES)
    assert {row["method"] for row in rows.values()} == {Method.CLAUDE}
    return rows


@pytest.fixture
def server() -> Iterator[ClaudeServer]:
    with ClaudeServer() as running:
        yield running


@pytest.fixture
def city(on_sqlite: Pipeline, server: ClaudeServer) -> Iterator[Pipeline]:
    """Claude, three calls of two roles, one after the other."""
    with asking_claude(on_sqlite, server) as pipeline:
        register(pipeline, "city", ROLES)
        yield pipeline


def made_up_for(pipeline: Pipeline, wanted: Table) -> bool:
    """Whether another run, without a fault, makes the table that it would have been."""
    map_upload(pipeline, "city")
    return table(pipeline, "city") == wanted and upload_of(pipeline, "city").status is UploadStatus.MAPPED


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_changes_nothing(
    city: Pipeline, server: ClaudeServer, wanted: Table, fault: str, place: str
) -> None:
    server.at(PLACES[place], PASSING[fault])
    outcome = map_upload(city, "city")
    assert table(city, "city") == wanted
    assert (outcome.usage.calls, outcome.usage.retries) == (3, 1)
    if fault != "time-out":
        assert set(server.paid_roles.values()) == {1}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_stays_leaves_fallbacks_for_its_roles_alone_and_the_next_run_asks_only_those(
    city: Pipeline, server: ClaudeServer, wanted: Table, fault: str, place: str
) -> None:
    number = PLACES[place]
    server.at(number, *[PASSING[fault]] * 3)
    map_upload(city, "city")
    failed = set(server.calls[number - 1].titles)
    rows = table(city, "city")
    assert set(rows) == set(ROLES)
    for role, row in rows.items():
        if role in failed:
            assert (row["method"], row["confidence"]) == (Method.FALLBACK, ConfidenceTier.LOW)
            assert row["onet_code"] == row["candidates"][0].code
            assert row["fallback_reason"]
        else:
            assert row == wanted[role]
    assert city.mappings.runs("city")[0].outcome is RunOutcome.PARTIAL
    before = len(server.calls)
    assert made_up_for(city, wanted)
    assert {title for call in server.calls[before:] for title in call.titles} == failed


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("fault", SPOILT)
def test_a_spoilt_answer_is_asked_again_for_its_roles_alone(
    city: Pipeline, server: ClaudeServer, wanted: Table, fault: str, place: str
) -> None:
    number = PLACES[place]
    server.at(number, SPOILT[fault])
    outcome = map_upload(city, "city")
    spoilt = server.calls[number - 1].titles
    assert table(city, "city") == wanted
    assert {role: count for role, count in server.paid_roles.items() if count != 1} == dict.fromkeys(spoilt, 2)
    assert outcome.usage.out_of_list_answers == (2 if fault == "codes out of the list" else 0)
    assert city.mappings.runs("city")[0].usage == outcome.usage


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("code", REFUSED)
def test_a_refusal_stops_the_run_with_what_it_has_and_nothing_is_asked_again(
    city: Pipeline, server: ClaudeServer, wanted: Table, code: int, place: str
) -> None:
    number = PLACES[place]
    server.at(number, status(code))
    with pytest.raises(MapperRefused):
        map_upload(city, "city")
    answered = {title for call in server.calls[: number - 1] for title in call.titles}
    rows = table(city, "city")
    assert rows == {role: wanted[role] for role in answered}
    assert len(server.calls) == number, "it stops at the first"
    assert city.mappings.runs("city")[0].outcome is RunOutcome.FAILED
    assert made_up_for(city, wanted)
    assert set(server.paid_roles.values()) == {1}


def test_too_many_failed_batches_in_a_row_end_the_run_as_failed_with_what_it_has_saved(
    on_sqlite: Pipeline, server: ClaudeServer, monkeypatch: pytest.MonkeyPatch, wanted: Table
) -> None:
    few: Callable[..., Any] = functools.partial(claude.Patience, failed_batches=3)
    monkeypatch.setattr(claude, "Patience", few)
    with asking_claude(on_sqlite, server, batch_size=1) as pipeline:
        register(pipeline, "city", ROLES)
        server.at(3, *[status(529)] * 9)
        with pytest.raises(MapperUnavailable, match="3 batches in a row"):
            map_upload(pipeline, "city")
        rows = table(pipeline, "city")
        methods = [row["method"] for row in rows.values()]
        assert sorted(methods) == [Method.CLAUDE] * 2 + [Method.FALLBACK] * 3
        (run,) = pipeline.mappings.runs("city")
        assert run.outcome is RunOutcome.FAILED
        assert (run.usage.calls, run.usage.retries, dict(run.by_method)) == (5, 6, {"claude": 2, "fallback": 3})
        map_upload(pipeline, "city")
        assert set(table(pipeline, "city")) == set(ROLES)
        assert set(server.paid_roles.values()) == {1}
