"""Failures are told in one sentence, and only what may pass by itself is tried again."""

from collections.abc import Generator, Sequence
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr

from onet_pipeline.orchestration import failures
from onet_pipeline.orchestration.silent_runs import REASON
from onet_pipeline.roles.lexical import LexicalMapper
from onet_pipeline.roles.mapper import CandidateSearch, Mapper
from onet_pipeline.roles.records import AnsweredBatch, Question
from onet_pipeline.settings import Settings
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline_tests.support.mirror import Mirror, Status
from onet_pipeline_tests.support.orchestration import Daemon, drop
from onet_pipeline_tests.support.releases import small_release
from onet_pipeline_tests.support.webhook import Webhook


def mirrored(settings: Settings, mirror: Mirror) -> Pipeline:
    return Pipeline(settings.model_copy(update={"mirror": mirror.url, "release": "0.2"}))


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "RETRY_SECONDS", 0)


def retries(result: dg.ExecuteInProcessResult) -> int:
    return sum(event.event_type == dg.DagsterEventType.STEP_UP_FOR_RETRY for event in result.all_events)


def told(result: dg.ExecuteInProcessResult) -> str:
    (failure,) = result.get_step_failure_events()
    assert failure.step_failure_data.user_failure_data is not None
    return failure.step_failure_data.user_failure_data.description or ""


def test_a_mirror_that_recovers_costs_a_second_try_of_the_step(
    instance: dg.DagsterInstance, settings: Settings
) -> None:
    with Mirror() as mirror:
        mirror.publish("0.2", small_release("0.2").zip_bytes())
        mirror.fail_next(*[Status(503)] * 3)
        pipeline = mirrored(settings, mirror)
        result = Daemon(instance, pipeline).run_job("sync_onet")
        pipeline.close()
    assert result.success
    assert retries(result) == 1


def test_a_mirror_that_stays_down_is_given_up_with_its_name_and_what_to_do(
    instance: dg.DagsterInstance, settings: Settings
) -> None:
    with Mirror() as mirror:
        mirror.publish("0.2", small_release("0.2").zip_bytes())
        mirror.fail_always("0.2", Status(503))
        pipeline = mirrored(settings, mirror)
        result = Daemon(instance, pipeline).run_job("sync_onet")
        assert retries(result) == failures.RETRIES
        assert "503" in told(result)
        assert pipeline.occupations.syncs(limit=1)[0].status == "failed"
        pipeline.close()


def test_a_release_that_does_not_exist_is_not_tried_again(instance: dg.DagsterInstance, settings: Settings) -> None:
    with Mirror() as mirror:
        pipeline = mirrored(settings, mirror)
        result = Daemon(instance, pipeline).run_job("sync_onet")
        pipeline.close()
    assert retries(result) == 0
    assert "db_0_2_text.zip does not exist" in told(result)


class FaultyMapper(LexicalMapper):
    """A mapper with a fault of ours."""

    def answer(self, questions: Sequence[Question]) -> Generator[AnsweredBatch, None, None]:
        raise RuntimeError("s3cret")


class FaultyPipeline(Pipeline):
    """A pipeline whose mapper has that fault."""

    def mapper_with(self, search: CandidateSearch | None) -> Mapper:
        return FaultyMapper()


def failure_sensor(daemon: Daemon, result: dg.ExecuteInProcessResult) -> None:
    tell(daemon, result.run_id, next(event for event in result.all_events if event.is_job_failure))


def tell(daemon: Daemon, run_id: str, failure: dg.DagsterEvent) -> None:
    run = daemon.instance.get_run_by_id(run_id)
    assert run is not None
    context = dg.build_run_status_sensor_context(
        sensor_name="failed_runs",
        dagster_instance=daemon.instance,
        dagster_run=run,
        dagster_event=failure,
        resources={"pipeline": daemon.pipeline},
    ).for_run_failure()
    daemon.definitions.resolve_sensor_def("failed_runs")(context)


def test_a_failed_run_is_told_with_its_upload_its_cause_and_where_to_look(
    instance: dg.DagsterInstance, pipeline: Pipeline
) -> None:
    with Webhook() as webhook:
        alerts = {"alert_slack": SecretStr(webhook.url), "ui_url": "https://dagster.example.org/"}
        daemon = Daemon(instance, Pipeline(pipeline.settings.model_copy(update=alerts)))
        drop(daemon.pipeline, "bad.csv", content=b"id,amount\n1,2\n3,4\n")
        (request,) = daemon.tick()
        result = daemon.run(request)
        failure_sensor(daemon, result)
        daemon.pipeline.close()
    (message,) = webhook.posted
    title, cause, link = message["text"].splitlines()
    assert title == f"onet-pipeline: map_upload of upload {request.partition_key} failed"
    assert cause.startswith("bad.csv has no column that looks like job titles")
    assert link == f"https://dagster.example.org/runs/{result.run_id}"


def test_the_text_of_a_fault_of_ours_stays_out_of_the_message(
    instance: dg.DagsterInstance, pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    daemon = Daemon(instance, FaultyPipeline(pipeline.settings))
    drop(pipeline, "staff.csv", "Nurse")
    (request,) = daemon.tick()
    failure_sensor(daemon, daemon.run(request))
    daemon.pipeline.close()
    (message,) = [record.getMessage() for record in caplog.records if "onet-pipeline:" in record.getMessage()]
    assert "Step role_mappings: RuntimeError. Its log has the traceback." in message
    assert "s3cret" not in message


def test_a_run_that_was_ended_from_outside_is_told_with_the_reason(
    daemon: Daemon, caplog: pytest.LogCaptureFixture
) -> None:
    job = daemon.definitions.resolve_job_def("check_uploads")
    run = daemon.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    tell(daemon, run.run_id, daemon.instance.report_run_failed(run, REASON))
    (message,) = [record.getMessage() for record in caplog.records if "onet-pipeline:" in record.getMessage()]
    assert REASON in message


def test_a_release_that_a_check_stops_is_told_with_what_the_check_says(
    daemon: Daemon, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    few = {"release": str(small_release("30.1").write_zip(tmp_path))}
    failure_sensor(daemon, daemon.run_job("sync_onet", {"ops": {"onet_release_archive": {"config": few}}}))
    (message,) = [record.getMessage() for record in caplog.records if "onet-pipeline:" in record.getMessage()]
    assert "5 occupations, at least 900 are expected." in message
