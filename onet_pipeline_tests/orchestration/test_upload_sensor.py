"""The upload sensor: wanted minus done, in real ticks."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr

from onet_pipeline.errors import UploadsUnlisted
from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.planning import BACK_OFF, MOST_ATTEMPTS, MOST_REQUESTS
from onet_pipeline.steps.sync import sync_release
from onet_pipeline.store.records import UploadStatus
from onet_pipeline_tests.support.claude_api import ClaudeServer, status
from onet_pipeline_tests.support.orchestration import Daemon, drop


def test_dropping_a_file_adds_its_partition_and_requests_one_run(daemon: Daemon) -> None:
    assert daemon.tick() == ()
    drop(daemon.pipeline, "staff.csv", "Nurse", "Police Officer")
    (request,) = daemon.tick()
    assert daemon.partitions() == [daemon.partition_of(request)]
    assert request.job_name == "map_upload"
    assert daemon.run(request).success
    assert daemon.pipeline.mappings.counts()[daemon.partition_of(request)].roles == 2
    assert daemon.tick() == ()


@pytest.mark.parametrize("state", [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED])
def test_nothing_is_requested_twice_while_it_waits_or_runs(daemon: Daemon, state: dg.DagsterRunStatus) -> None:
    drop(daemon.pipeline, "staff.csv", "Nurse")
    (request,) = daemon.tick()
    daemon.record(request, state)
    daemon.let_pass(timedelta(days=1))
    assert daemon.tick() == ()


def test_a_run_that_somebody_launched_by_hand_counts_too(daemon: Daemon) -> None:
    drop(daemon.pipeline, "staff.csv", "Nurse")
    (request,) = daemon.tick()
    by_hand = dg.RunRequest(job_name="map_upload", tags={"dagster/partition": daemon.partition_of(request)})
    daemon.record(by_hand, dg.DagsterRunStatus.STARTED)
    drop(daemon.pipeline, "staff.csv", "Nurse", "Welder")
    assert daemon.tick() == ()


def test_a_failed_run_is_tried_again_with_another_run_key_but_not_for_ever(daemon: Daemon) -> None:
    drop(daemon.pipeline, "staff.csv", "Nurse")
    keys = []
    for attempt in range(1, MOST_ATTEMPTS + 1):
        (request,) = daemon.tick()
        keys.append(request.run_key)
        daemon.record(request, dg.DagsterRunStatus.FAILURE)
        assert daemon.tick() == (), "it waits before the next attempt"
        daemon.let_pass(BACK_OFF * 6 ** (attempt - 1))
    assert len(set(keys)) == MOST_ATTEMPTS
    daemon.let_pass(timedelta(days=365))
    assert daemon.tick() == ()
    drop(daemon.pipeline, "staff.csv", "Nurse", "Welder")
    assert len(daemon.tick()) == 1, "new content is a new start"


def test_an_attempt_that_was_noted_and_never_launched_is_made_up_for(daemon: Daemon) -> None:
    drop(daemon.pipeline, "staff.csv", "Nurse")
    (lost,) = daemon.tick()
    daemon.let_pass(BACK_OFF)
    (request,) = daemon.tick()
    assert request.run_key != lost.run_key
    assert daemon.run(request).success
    assert daemon.tick() == ()


def test_a_wrong_key_fails_the_run_plainly_and_the_next_attempt_succeeds(
    instance: dg.DagsterInstance, pipeline: Pipeline
) -> None:
    with ClaudeServer() as server:
        claude = {"mapper": "claude", "anthropic_api_key": SecretStr(server.key), "anthropic_base_url": server.url}
        settings = pipeline.settings.model_copy(update=claude)
        daemon = Daemon(instance, Pipeline(settings))
        drop(daemon.pipeline, "staff.csv", "Nurse")
        server.at(1, status(401))
        (request,) = daemon.tick()
        failed = daemon.run(request)
        assert not failed.success
        (failure,) = failed.get_step_failure_events()
        assert server.key not in str(failure)
        daemon.let_pass(BACK_OFF)
        (again,) = daemon.tick()
        assert daemon.run(again).success
        daemon.let_pass(timedelta(days=1))
        assert daemon.tick() == (), "what is paid for is not asked for again"
        daemon.pipeline.close()


def test_a_folder_that_cannot_be_listed_fails_the_tick_and_withdraws_nothing(daemon: Daemon) -> None:
    drop(daemon.pipeline, "staff.csv", "Nurse")
    daemon.tick()
    shutil.rmtree(daemon.pipeline.settings.uploads)
    with pytest.raises(UploadsUnlisted):
        daemon.tick()
    assert not daemon.pipeline.uploads.all(UploadStatus.WITHDRAWN)


def test_a_bad_file_is_rejected_while_the_others_are_mapped_and_waits_until_it_changes(daemon: Daemon) -> None:
    drop(daemon.pipeline, "bad.csv", content=b"id,amount\n1,2\n3,4\n")
    drop(daemon.pipeline, "good.csv", "Nurse")
    outcomes = {daemon.partition_of(request): daemon.run(request).success for request in daemon.tick()}
    assert sorted(outcomes.values()) == [False, True]
    (rejected,) = daemon.pipeline.uploads.all(UploadStatus.REJECTED)
    assert rejected.path == "bad.csv"
    assert "job titles" in (rejected.reason or "")
    daemon.let_pass(timedelta(days=1))
    assert daemon.tick() == ()
    drop(daemon.pipeline, "bad.csv", "Welder")
    (request,) = daemon.tick()
    assert daemon.run(request).success


def test_a_changed_file_runs_its_own_partition_again(daemon: Daemon) -> None:
    drop(daemon.pipeline, "staff.csv", "Nurse")
    (first,) = daemon.tick()
    daemon.run(first)
    drop(daemon.pipeline, "staff.csv", "Nurse", "Welder")
    (second,) = daemon.tick()
    assert second.partition_key == first.partition_key
    assert second.run_key != first.run_key
    assert daemon.run(second).success
    assert daemon.pipeline.mappings.counts()[daemon.partition_of(second)].roles == 2


def test_a_removed_file_keeps_its_partition_and_is_asked_for_no_more(daemon: Daemon) -> None:
    path = drop(daemon.pipeline, "staff.csv", "Nurse")
    (request,) = daemon.tick()
    path.unlink()
    assert daemon.tick() == ()
    assert daemon.partitions() == [request.partition_key]
    assert [each.path for each in daemon.pipeline.uploads.all(UploadStatus.WITHDRAWN)] == ["staff.csv"]


def test_many_new_files_are_asked_for_some_at_a_time(daemon: Daemon) -> None:
    for number in range(MOST_REQUESTS + 5):
        drop(daemon.pipeline, f"staff{number}.csv", "Nurse")
    first, second = daemon.tick(), daemon.tick()
    assert (len(first), len(second)) == (MOST_REQUESTS, 5)
    assert not {each.partition_key for each in first} & {each.partition_key for each in second}
    assert len(daemon.partitions()) == MOST_REQUESTS + 5


def test_a_touched_file_with_the_same_content_is_not_mapped_again(daemon: Daemon) -> None:
    path = drop(daemon.pipeline, "staff.csv", "Nurse")
    (request,) = daemon.tick()
    daemon.run(request)
    os.utime(path, (1_600_000_000, 1_600_000_000))
    assert daemon.tick() == ()


def test_the_first_release_is_asked_for_once_a_day_when_an_upload_waits_for_it(
    instance: dg.DagsterInstance, empty: Pipeline
) -> None:
    daemon = Daemon(instance, empty)
    assert daemon.tick() == ()
    drop(empty, "staff.csv", "Nurse")
    (request,), (again,) = daemon.tick(), daemon.tick()
    assert (request.job_name, request.run_key) == ("sync_onet", again.run_key)
    assert daemon.run(request).success
    (mapping,) = daemon.tick()
    assert mapping.job_name == "map_upload"


def test_a_new_release_asks_for_every_upload_again_and_the_same_release_for_none(
    daemon: Daemon, tmp_path: Path
) -> None:
    drop(daemon.pipeline, "staff.csv", "Nurse")
    (request,) = daemon.tick()
    daemon.run(request)
    sync_release(daemon.pipeline, str(sample_release_path()))
    assert daemon.tick() == ()
    copy = shutil.copytree(sample_release_path(), tmp_path / "changed")
    titles = copy / "Alternate Titles.txt"
    titles.write_bytes(titles.read_bytes() + b"29-1141.00\tWard Lead\tn/a\t08\r\n")
    sync_release(daemon.pipeline, str(copy))
    (again,) = daemon.tick()
    assert again.partition_key == request.partition_key
