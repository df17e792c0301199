"""Message Batches of uploads: submitted once, collected whole, whatever happens in between."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from onet_pipeline.errors import MapperRefused, MapperUnavailable
from onet_pipeline.roles.claude_batches import ClaudeBatches
from onet_pipeline.roles.records import Method
from onet_pipeline.steps.batches import BACK_OFF, EXPIRES_AFTER, MOST_ATTEMPTS, SETTLES_AFTER, due
from onet_pipeline.steps.mapping import map_upload
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.batch_records import SubmissionState
from onet_pipeline.store.batches import BatchStore
from onet_pipeline.store.records import RunOutcome, SeenUpload, UploadStatus
from onet_pipeline_tests.support.claude_api import ClaudeServer
from onet_pipeline_tests.support.message_batches import asking_claude, let_pass, register, table, upload_of

ROLES = ("Police Officer", "Staff Accountant", "Registered Nurse", "Truck Driver", "Attorney")
CHANGED = (*ROLES[1:], "Lifeguard")


@pytest.fixture
def server() -> Iterator[ClaudeServer]:
    with ClaudeServer() as running:
        yield running


@pytest.fixture
def batch(on_sqlite: Pipeline, server: ClaudeServer) -> Iterator[Pipeline]:
    with asking_claude(on_sqlite, server, claude_mode="batch") as pipeline:
        yield pipeline


@pytest.fixture
def on_both(synced: Pipeline, server: ClaudeServer) -> Iterator[Pipeline]:
    """The same, once on SQLite and once on PostgreSQL."""
    with asking_claude(synced, server, claude_mode="batch") as pipeline:
        yield pipeline


@pytest.fixture
def wanted(on_sqlite: Pipeline, server: ClaudeServer) -> dict[str, dict[str, Any]]:
    """What the same roles come to when they are asked by calls."""
    with ClaudeServer() as other, asking_claude(on_sqlite, other) as pipeline:
        return _mapped_and_forgotten(pipeline)


def _mapped_and_forgotten(pipeline: Pipeline) -> dict[str, dict[str, Any]]:
    import sqlalchemy as sa

    from onet_pipeline.store.models import DecisionRow

    map_upload(pipeline, register(pipeline, "reference", ROLES))
    with pipeline.database.writing() as session:
        session.execute(sa.delete(DecisionRow))
    return {role: {**row, "upload_key": "city"} for role, row in table(pipeline, "reference").items()}


def test_an_upload_waits_for_its_batch_and_is_not_done(batch: Pipeline, server: ClaudeServer) -> None:
    outcome = map_upload(batch, register(batch, "city", ROLES))
    assert outcome.waits_for
    assert "msgbatch_0000" in outcome.waits_for
    upload = upload_of(batch, "city")
    assert (upload.status, upload.done_fingerprint) == (UploadStatus.WAITING, None)
    assert "msgbatch_0000" in (upload.reason or "")
    assert not server.calls
    assert [len(each["requests"]) for each in server.batches.submitted] == [3]
    assert batch.mappings.runs("city")[0].outcome is None


def test_what_waits_is_not_submitted_again(batch: Pipeline, server: ClaudeServer) -> None:
    register(batch, "city", ROLES)
    for _ in range(3):
        assert map_upload(batch, "city", fresh=True).waits_for
    assert len(server.batches.submitted) == 1
    assert len(batch.mappings.runs("city")) == 1


def test_an_ended_batch_gives_the_table_that_calls_would_give_at_half_the_price(
    batch: Pipeline, server: ClaudeServer, wanted: dict[str, dict[str, Any]]
) -> None:
    map_upload(batch, register(batch, "city", ROLES), run_id="submits")
    server.batches.end()
    outcome = map_upload(batch, "city", run_id="collects", fresh=True)
    assert table(batch, "city") == wanted
    assert (outcome.collected, outcome.asked, len(server.calls)) == (5, 0, 0)
    collecting, submitting = batch.mappings.runs("city")
    usage = submitting.usage
    assert usage.cost_usd == pytest.approx((usage.input_tokens * 0.10 + usage.output_tokens * 0.50) / 2e6)
    assert (usage.calls, collecting.usage.calls, outcome.usage) == (3, 0, usage)
    assert [collecting.outcome, submitting.outcome] == [RunOutcome.SUCCEEDED, RunOutcome.SUCCEEDED]
    assert {row.run_id for row in batch.mappings.mappings("city")} == {"submits"}
    assert upload_of(batch, "city").status is UploadStatus.MAPPED
    assert map_upload(batch, register(batch, "county", ROLES, "b" * 64)).by_method == {Method.CACHED: 5}
    assert len(server.batches.submitted) == 1


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("outcome", ["errored", "expired", "canceled", "malformed"])
def test_what_a_batch_leaves_over_is_asked_by_calls(
    on_sqlite: Pipeline, server: ClaudeServer, wanted: dict[str, dict[str, Any]], outcome: str, place: int
) -> None:
    with asking_claude(on_sqlite, server, claude_mode="batch") as batch:
        map_upload(batch, register(batch, "city", ROLES))
        request = server.batches.submitted[0]["requests"][place]["custom_id"]
        if outcome == "malformed":
            server.batches.replies[request] = json.dumps({"answers": [{"id": 7}]})
        else:
            server.batches.outcomes[request] = outcome
        server.batches.end()
        done = map_upload(batch, "city")
        assert table(batch, "city") == wanted
        assert (len(server.batches.submitted), len(server.calls)) == (1, 1)
        assert done.collected + done.asked == len(ROLES)
        assert batch.mappings.runs("city")[1].outcome is RunOutcome.PARTIAL
        assert upload_of(batch, "city").status is UploadStatus.MAPPED


class ProcessEndedError(Exception):
    """Stands for a process that ends."""


def _dies_after(method: Callable[..., Any]) -> Callable[..., Any]:
    def dying(*args: Any, **kwargs: Any) -> Any:
        method(*args, **kwargs)
        raise ProcessEndedError

    return dying


def _dies_before(method: Callable[..., Any]) -> Callable[..., Any]:
    def dying(*args: Any, **kwargs: Any) -> Any:
        raise ProcessEndedError

    return dying


CRASHES = {
    "before the plan is stored": (BatchStore, "plan", _dies_before),
    "between plan and submission": (ClaudeBatches, "submit", _dies_before),
    "between submission and its id": (ClaudeBatches, "submit", _dies_after),
    "after the id is stored": (BatchStore, "submitted", _dies_after),
    "when the end is seen": (BatchStore, "polled", _dies_after),
    "before the first request is saved": (BatchStore, "save", _dies_before),
    "between two requests": (BatchStore, "save", _dies_after),
    "before the submission is closed": (BatchStore, "close", _dies_before),
    "after the submission is closed": (BatchStore, "close", _dies_after),
}


@pytest.mark.parametrize("crash", CRASHES)
def test_after_a_crash_at_any_point_the_batch_is_taken_up_and_never_sent_again(
    on_sqlite: Pipeline,
    server: ClaudeServer,
    wanted: dict[str, dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    crash: str,
) -> None:
    owner, name, dying = CRASHES[crash]
    with asking_claude(on_sqlite, server, claude_mode="batch") as batch:
        register(batch, "city", ROLES)
        crashes = 0
        for _ in range(10):
            with monkeypatch.context() as patch:
                if crashes < 2:
                    patch.setattr(owner, name, dying(getattr(owner, name)))
                try:
                    outcome = map_upload(batch, "city")
                except ProcessEndedError:
                    crashes += 1
                    outcome = None
            if outcome and not outcome.waits_for:
                break
            server.batches.end()
            let_pass(batch, SETTLES_AFTER)
        assert crashes
        assert table(batch, "city") == wanted
        assert len(server.batches.submitted) == 1
        assert not server.calls
        assert sum(run.usage.calls for run in batch.mappings.runs("city")) == 3, "metered once"
        assert not batch.batches.open()


def test_a_submission_whose_answer_was_lost_is_waited_for_and_found(
    batch: Pipeline, server: ClaudeServer, wanted: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = ClaudeBatches.submit

    def unheard(self: ClaudeBatches, submission: Any) -> str:
        submit(self, submission)
        raise MapperUnavailable("timed out")

    with monkeypatch.context() as patch:
        patch.setattr(ClaudeBatches, "submit", unheard)
        assert map_upload(batch, register(batch, "city", ROLES)).waits_for
    assert map_upload(batch, "city").waits_for, "it may be on its way still"
    let_pass(batch, SETTLES_AFTER)
    assert map_upload(batch, "city").waits_for, "a batch of this size is under way: it may be ours"
    server.batches.end()
    map_upload(batch, "city")
    map_upload(batch, "city")
    assert table(batch, "city") == wanted
    assert len(server.batches.submitted) == 1


def test_a_key_that_is_refused_submits_nothing_and_leaves_nothing_waiting(
    on_sqlite: Pipeline, server: ClaudeServer
) -> None:
    with asking_claude(on_sqlite, server, claude_mode="batch") as batch:
        register(batch, "city", ROLES)
        server.key = "another"
        with pytest.raises(MapperRefused, match="ANTHROPIC_API_KEY"):
            map_upload(batch, "city")
        assert upload_of(batch, "city").status is UploadStatus.SEEN
        assert not batch.batches.open()
        assert batch.mappings.runs("city")[0].outcome is RunOutcome.FAILED
        server.key = "sk-test-loopback"
        assert map_upload(batch, "city").waits_for


def test_after_the_deadline_the_batch_is_stopped_and_the_rest_is_asked_by_calls(
    batch: Pipeline, server: ClaudeServer, wanted: dict[str, dict[str, Any]]
) -> None:
    map_upload(batch, register(batch, "city", ROLES))
    let_pass(batch, timedelta(hours=23))
    assert map_upload(batch, "city").waits_for
    assert server.batches.retrieve("msgbatch_0000")["processing_status"] == "in_progress"
    let_pass(batch, timedelta(hours=1))
    assert map_upload(batch, "city").waits_for, "what is being stopped may still bring answers that are paid for"
    assert server.batches.retrieve("msgbatch_0000")["processing_status"] == "canceling"
    for request in server.batches.submitted[0]["requests"][1:]:
        server.batches.outcomes[request["custom_id"]] = "canceled"
    server.batches.end()
    map_upload(batch, "city")
    assert table(batch, "city") == wanted
    assert (len(server.batches.submitted), len(server.calls)) == (1, 2)


def test_going_back_to_calls_stops_what_is_under_way(
    on_sqlite: Pipeline, batch: Pipeline, server: ClaudeServer, wanted: dict[str, dict[str, Any]]
) -> None:
    map_upload(batch, register(batch, "city", ROLES))
    with asking_claude(on_sqlite, server) as calls:
        assert map_upload(calls, "city").waits_for
        assert server.batches.retrieve("msgbatch_0000")["processing_status"] == "canceling"
        server.batches.end()
        assert map_upload(calls, "city").collected == 5
        assert table(calls, "city") == wanted


def test_a_batch_that_the_api_does_not_know_is_waited_for_until_it_must_have_expired(
    batch: Pipeline, server: ClaudeServer, wanted: dict[str, dict[str, Any]]
) -> None:
    map_upload(batch, register(batch, "city", ROLES))
    (found,) = batch.batches.open()
    batch.batches.submitted(found.name, "msgbatch_9999")
    assert map_upload(batch, "city").waits_for
    let_pass(batch, EXPIRES_AFTER)
    map_upload(batch, "city")
    assert table(batch, "city") == wanted
    assert (len(server.batches.submitted), len(server.calls)) == (1, 3)
    assert "does not know it" in (batch.mappings.runs("city")[1].reason or "")


def test_answers_for_roles_that_have_left_the_upload_are_kept_as_decisions(
    on_both: Pipeline, server: ClaudeServer
) -> None:
    map_upload(on_both, register(on_both, "city", ROLES))
    register(on_both, "city", CHANGED, "c" * 64)
    assert map_upload(on_both, "city").waits_for, "what is under way is not asked again, new content or not"
    server.batches.end()
    assert map_upload(on_both, "city").waits_for, "the new role goes into a batch of its own"
    assert [len(each["requests"]) for each in server.batches.submitted] == [3, 1]
    assert set(table(on_both, "city")) == set(ROLES[1:])
    server.batches.end()
    map_upload(on_both, "city")
    assert set(table(on_both, "city")) == set(CHANGED)
    county = map_upload(on_both, register(on_both, "county", ROLES, "d" * 64))
    assert county.by_method == {Method.CACHED: 5}
    assert not server.calls


def test_an_upload_is_withdrawn_while_it_waits_and_its_answers_are_kept(batch: Pipeline, server: ClaudeServer) -> None:
    map_upload(batch, register(batch, "city", ROLES))
    batch.uploads.withdraw(["city"])
    server.batches.end()
    map_upload(batch, "city")
    assert upload_of(batch, "city").status is UploadStatus.WITHDRAWN
    assert set(table(batch, "city")) == set(ROLES)
    back = SeenUpload("city", "city.csv", 100, None, "a" * 64)
    batch.uploads.register([back])
    assert upload_of(batch, "city").status is UploadStatus.MAPPED


def test_a_batch_is_due_once_it_has_ended_and_later_each_time_it_fails(
    on_sqlite: Pipeline, server: ClaudeServer
) -> None:
    with asking_claude(on_sqlite, server, claude_mode="batch") as batch:
        map_upload(batch, register(batch, "city", ROLES))
        assert due(batch) == []
        server.batches.end()
        (found,) = due(batch)
        assert (found.upload_key, found.state, found.attempts) == ("city", SubmissionState.ENDED, 0)
        batch.batches.attempt([found.name])
        assert due(batch) == []
        (tried,) = batch.batches.open()
        assert tried.attempted_at
        assert due(batch, tried.attempted_at + BACK_OFF) == [tried]
        for _ in range(MOST_ATTEMPTS):
            batch.batches.attempt([found.name])
        assert due(batch, tried.attempted_at + timedelta(days=2)) == []


def test_results_that_break_off_are_taken_up_where_they_broke_off(
    batch: Pipeline,
    server: ClaudeServer,
    wanted: dict[str, dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    map_upload(batch, register(batch, "city", ROLES))
    server.batches.end()
    results = server.batches.results

    def broken(name: str) -> bytes:
        first, *_ = results(name).splitlines(keepends=True)
        return first + b'{"custom_id": "on'

    with monkeypatch.context() as patch:
        patch.setattr(server.batches, "results", broken)
        with pytest.raises(MapperUnavailable):
            map_upload(batch, "city")
    assert len(table(batch, "city")) in (1, 2), "what came whole is saved"
    assert map_upload(batch, "city").collected in (3, 4)
    assert table(batch, "city") == wanted
    assert sum(run.usage.calls for run in batch.mappings.runs("city")) == 3, "metered once"
    assert not server.calls


def test_two_runs_of_one_upload_submit_once(on_both: Pipeline, server: ClaudeServer, monkeypatch: Any) -> None:
    register(on_both, "city", ROLES)
    plan = ClaudeBatches.plan

    def beaten(self: ClaudeBatches, questions: Any) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(ClaudeBatches, "plan", plan)
            map_upload(on_both, "city")
        return plan(self, questions)

    with monkeypatch.context() as patch:
        patch.setattr(ClaudeBatches, "plan", beaten)
        assert map_upload(on_both, "city").waits_for
    assert len(server.batches.submitted) == 1
