"""Message Batches in real ticks and runs: waiting is shown as waiting, and what has ended is collected."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from onet_pipeline.errors import MapperRefused
from onet_pipeline.steps.batches import BACK_OFF
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.status import read_status
from onet_pipeline.store.records import UploadStatus
from onet_pipeline_tests.support.claude_api import ClaudeServer, status
from onet_pipeline_tests.support.message_batches import asking_claude, let_pass, upload_of
from onet_pipeline_tests.support.orchestration import Daemon, drop

ROLES = ("Nurse", "Police Officer", "Welder")


@pytest.fixture
def server() -> Iterator[ClaudeServer]:
    with ClaudeServer() as running:
        yield running


@pytest.fixture
def waiting(instance: dg.DagsterInstance, pipeline: Pipeline, server: ClaudeServer) -> Iterator[Daemon]:
    """A daemon with one upload whose batch is under way."""
    with asking_claude(pipeline, server, claude_mode="batch") as batch:
        daemon = Daemon(instance, batch)
        drop(batch, "staff.csv", *ROLES)
        (request,) = daemon.tick()
        assert daemon.run(request).success
        yield daemon


def key_of(daemon: Daemon) -> str:
    (key,) = daemon.partitions()
    return key


def materialized(daemon: Daemon) -> bool:
    return daemon.instance.get_latest_materialization_event(dg.AssetKey("role_mappings")) is not None


def test_an_upload_that_waits_is_not_materialized_and_says_what_it_waits_for(waiting: Daemon) -> None:
    assert not materialized(waiting)
    (observed,) = waiting.instance.fetch_observations(dg.AssetKey("role_mappings"), limit=9).records
    assert observed.partition_key == key_of(waiting)
    assert observed.asset_observation
    assert "msgbatch_0000" in (observed.asset_observation.description or "")
    assert waiting.instance.get_runs()[0].tags["onet/state"] == "waiting"
    assert upload_of(waiting.pipeline, key_of(waiting)).status is UploadStatus.WAITING
    assert read_status(waiting.pipeline).uploads == {"waiting": 1}


def test_what_waits_is_asked_for_by_no_sensor_until_its_batch_has_ended(waiting: Daemon, server: ClaudeServer) -> None:
    waiting.let_pass(timedelta(days=1))
    assert waiting.tick() == ()
    assert waiting.tick("batch_sensor") == ()
    server.batches.end()
    (request,) = waiting.tick("batch_sensor")
    assert (request.job_name, request.partition_key) == ("map_upload", key_of(waiting))
    waiting.record(request, dg.DagsterRunStatus.STARTED)
    assert waiting.tick("batch_sensor") == ()
    assert waiting.tick() == ()


def test_an_ended_batch_is_collected_and_the_upload_mapped_without_another_question(
    waiting: Daemon, server: ClaudeServer
) -> None:
    server.batches.end()
    (request,) = waiting.tick("batch_sensor")
    assert str(request.run_key).startswith("onet-"), "Dagster never grants the key of the run that submitted twice"
    assert waiting.run(request).success
    assert materialized(waiting)
    assert upload_of(waiting.pipeline, key_of(waiting)).status is UploadStatus.MAPPED
    assert {row.source_role for row in waiting.pipeline.mappings.mappings(key_of(waiting))} == set(ROLES)
    assert (len(server.batches.submitted), len(server.calls)) == (1, 0)
    assert waiting.tick() == waiting.tick("batch_sensor") == ()


def test_answers_for_a_file_that_is_gone_are_saved_all_the_same(waiting: Daemon, server: ClaudeServer) -> None:
    (Path(waiting.pipeline.settings.uploads) / "staff.csv").unlink()
    assert waiting.tick() == ()
    server.batches.end()
    assert waiting.tick("batch_sensor") == ()
    assert upload_of(waiting.pipeline, key_of(waiting)).status is UploadStatus.WITHDRAWN
    assert len(waiting.pipeline.mappings.mappings(key_of(waiting))) == len(ROLES)
    assert not waiting.pipeline.batches.open()


def test_collecting_is_tried_again_with_another_run_key(waiting: Daemon, server: ClaudeServer) -> None:
    server.batches.end()
    (request,) = waiting.tick("batch_sensor")
    server.key = "another"
    assert not waiting.run(request).success
    server.key = "sk-test-loopback"
    assert waiting.tick("batch_sensor") == (), "it waits before the next attempt"
    for found in waiting.pipeline.batches.open():
        assert found.attempts == 1
    let_pass(waiting.pipeline, BACK_OFF)
    (again,) = waiting.tick("batch_sensor")
    assert again.run_key != request.run_key
    assert waiting.run(again).success


def test_a_tick_that_cannot_ask_the_api_fails_and_changes_nothing(waiting: Daemon, server: ClaudeServer) -> None:
    server.key = "another"
    with pytest.raises(MapperRefused):
        waiting.tick("batch_sensor")
    assert upload_of(waiting.pipeline, key_of(waiting)).status is UploadStatus.WAITING


def test_without_batches_the_sensor_asks_nobody(daemon: Daemon) -> None:
    assert daemon.tick("batch_sensor") == ()


def test_a_mapped_upload_tells_every_call_token_and_dollar(
    instance: dg.DagsterInstance, pipeline: Pipeline, server: ClaudeServer
) -> None:
    with asking_claude(pipeline, server) as calls:
        daemon = Daemon(instance, calls)
        drop(calls, "staff.csv", *ROLES, "zzqx")
        server.at(1, status(529))
        (request,) = daemon.tick()
        assert daemon.run(request).success
        (run,) = calls.mappings.runs(key_of(daemon))
    event = instance.get_latest_materialization_event(dg.AssetKey("role_mappings"))
    assert event
    assert event.asset_materialization
    told = {name: value.value for name, value in event.asset_materialization.metadata.items()}
    usage = run.usage
    for name in ("calls", "retries", "input_tokens", "output_tokens", "cache_read_tokens", "out_of_list_answers"):
        assert told[name] == getattr(usage, name)
    assert (told["retries"], told["cost_usd"]) == (1, usage.cost_usd)
    assert told["without_candidates"] == run.without_candidates
    assert sum(run.by_method.values()) == sum(run.by_tier.values()) == len(ROLES) + 1
