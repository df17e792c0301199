"""A run whose process died without a word is ended, told of and made up for."""

import threading
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr

from onet_pipeline.orchestration.silent_runs import REASON
from onet_pipeline.steps.beats import SILENCE
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.planning import BACK_OFF
from onet_pipeline_tests.support.beats import be_silent
from onet_pipeline_tests.support.claude_api import Call, ClaudeServer, Reply, answer_normally
from onet_pipeline_tests.support.dagster_servers import DAEMON, DagsterServers, local_home
from onet_pipeline_tests.support.orchestration import Daemon, drop

Status = dg.DagsterRunStatus
# Dagster's own retries, as in deploy/dagster.yaml.
RETRIES = "\nrun_retries: {enabled: true, max_retries: 2, retry_on_asset_or_op_failure: false}\n"


def under_way(daemon: Daemon, status: Status = Status.STARTED) -> dg.DagsterRun:
    """Let a mapping run be in a state; its process beat once."""
    drop(daemon.pipeline, "staff.csv", "Nurse")
    (request,) = daemon.tick()
    daemon.record(request, status)
    (run,) = daemon.instance.get_runs()
    daemon.pipeline.beats.beat(run.run_id)
    return run


def look_twice(daemon: Daemon) -> None:
    """Look when the run has been silent for long enough, and again after as long."""
    for _ in range(2):
        be_silent(daemon.pipeline, SILENCE)
        assert daemon.tick("silent_runs") == ()


def status_of(daemon: Daemon, run: dg.DagsterRun) -> Status:
    found = daemon.instance.get_run_by_id(run.run_id)
    assert found is not None
    return found.status


def test_a_run_that_fell_silent_is_ended_and_its_upload_asked_for_again(daemon: Daemon) -> None:
    run = under_way(daemon)
    daemon.let_pass(BACK_OFF)
    assert daemon.tick() == ()
    look_twice(daemon)
    assert status_of(daemon, run) is Status.FAILURE
    (event,) = daemon.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    assert event.dagster_event is not None
    assert event.dagster_event.message == REASON
    assert daemon.pipeline.beats.all() == ()
    (again,) = daemon.tick()
    assert again.tags["onet/attempt"] == "2"
    assert daemon.run(again).success


@pytest.mark.parametrize("job", ["import_reviews", "sync_onet", "check_uploads"])
def test_a_run_of_any_other_job_is_ended_too(daemon: Daemon, job: str) -> None:
    run = daemon.instance.create_run_for_job(daemon.definitions.resolve_job_def(job), status=Status.STARTED)
    daemon.pipeline.beats.beat(run.run_id)
    look_twice(daemon)
    assert status_of(daemon, run) is Status.FAILURE


@pytest.mark.parametrize("status", [Status.NOT_STARTED, Status.STARTING, Status.CANCELING])
def test_only_a_started_run_is_ended(daemon: Daemon, status: Status) -> None:
    run = under_way(daemon, status)
    look_twice(daemon)
    assert status_of(daemon, run) is status


def test_a_run_that_never_beat_is_left_to_its_longest_running_time(daemon: Daemon) -> None:
    run = under_way(daemon)
    daemon.pipeline.beats.forget([run.run_id])
    look_twice(daemon)
    assert status_of(daemon, run) is Status.STARTED


def test_a_run_that_beats_is_left_alone(daemon: Daemon) -> None:
    run = under_way(daemon)
    for _ in range(3):
        be_silent(daemon.pipeline, SILENCE)
        daemon.tick("silent_runs")
        daemon.pipeline.beats.beat(run.run_id)
    assert status_of(daemon, run) is Status.STARTED


def test_a_run_that_ended_by_itself_is_only_forgotten(daemon: Daemon) -> None:
    run = under_way(daemon, Status.SUCCESS)
    look_twice(daemon)
    assert status_of(daemon, run) is Status.SUCCESS
    assert daemon.pipeline.beats.all() == ()


def test_a_run_killed_with_its_host_while_it_asks_claude_is_made_up_for_by_the_sensor_alone(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    drop(pipeline, "staff.csv", "Registered Nurse", "Police Officer")
    asked, may_answer = threading.Event(), threading.Event()

    def answer_late(server: ClaudeServer, call: Call) -> Reply:
        asked.set()
        may_answer.wait(120)
        return answer_normally(server, call)

    with ClaudeServer() as claude:
        claude.always(answer_late)
        variables = local_home(
            pipeline.settings, tmp_path, RETRIES, **claude.environment, ONET_MAPPER="claude", ONET_SECOND_LOOK="0"
        )
        with DagsterServers(variables, tmp_path) as servers:
            servers.start_daemon()
            servers.wait_for("the question", asked.is_set)
            (beat,) = servers.wait_for("the beat", pipeline.beats.all)
            servers.kill_all(DAEMON)
            may_answer.set()
        asking = {"mapper": "claude", "anthropic_api_key": SecretStr(claude.key), "anthropic_base_url": claude.url}
        with dg.DagsterInstance.from_config(variables["DAGSTER_HOME"]) as instance:
            daemon = Daemon(instance, Pipeline(pipeline.settings.model_copy(update={**asking, "second_look": False})))
            (killed,) = instance.get_runs()
            assert (killed.run_id, killed.status) == (beat.run_id, Status.STARTED)
            daemon.let_pass(BACK_OFF)
            assert daemon.tick() == ()
            look_twice(daemon)
            (ended,) = instance.get_runs()
            assert (ended.status, ended.tags["dagster/will_retry"]) == (Status.FAILURE, "false")
            (again,) = daemon.tick()
            assert daemon.run(again).success
            assert status_of(daemon, killed) is Status.FAILURE
            daemon.pipeline.close()
    (upload,) = pipeline.uploads.all()
    assert upload.attempts == 2
