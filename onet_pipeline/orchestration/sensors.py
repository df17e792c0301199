"""What watches: uploads that need mapping, and runs that failed.

Belongs here: asking Dagster for the runs that the plan wants, and no others. Does not: what is wanted and done
(``steps.planning``), looking at files (``steps.uploads``).

The upload sensor has no cursor: each tick compares what is wanted with what the database says is done, so that nothing
is lost when a tick, a run or the daemon dies.

https://docs.dagster.io/guides/automate/sensors
"""

from datetime import UTC, datetime
from typing import Final

import dagster as dg

from onet_pipeline.errors import NoRelease
from onet_pipeline.orchestration.jobs import map_upload, sync_onet
from onet_pipeline.orchestration.partitions import UPLOADS, uploads_partitions
from onet_pipeline.steps.alerts import Alert, notifiers, tell_people
from onet_pipeline.steps.behind import uploads_behind
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.planning import MOST_REQUESTS, RunRequestPlan, plan_runs
from onet_pipeline.steps.uploads import register_uploads

# Enough to keep every worker busy until the next tick, few enough that new uploads don't wait behind old ones.
MOST_UNDER_WAY: Final = 4 * MOST_REQUESTS
SECONDS_BETWEEN_TICKS: Final = 30
PARTITION_TAG: Final = "dagster/partition"
UNFINISHED: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dg.sensor(
    jobs=[map_upload, sync_onet],
    minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Sees new, changed and withdrawn uploads, new releases and mappers; asks for the missing runs.",
)
def upload_sensor(context: dg.SensorEvaluationContext, pipeline: dg.ResourceParam[Pipeline]) -> dg.SensorResult:
    """Register what lies in the uploads folder and request at most 25 of the runs that are wanted and not done.

    Raises:
        UploadsUnlisted: the folder cannot be listed, which never means that it is empty; the tick fails.
    """
    # Before the registry is read: a run that ends in between has then marked its upload done.
    busy = under_way(context.instance)
    scan = register_uploads(pipeline)
    try:
        behind = uploads_behind(pipeline, scan.registered)
    except NoRelease:
        return _first_release(context.instance, waiting=len(scan.seen))
    limit = min(MOST_REQUESTS, MOST_UNDER_WAY - len(busy))
    runs = plan_runs(behind, busy, datetime.now(UTC), limit)
    told = f"{len(scan.seen)} uploads, {len(behind)} behind, {len(busy)} under way, {len(runs)} requested now."
    if not runs:
        return dg.SensorResult(skip_reason=told)
    context.log.info(told)
    known = set(context.instance.get_dynamic_partitions(UPLOADS))
    new = [run.key for run in runs if run.key not in known]
    return dg.SensorResult(
        run_requests=[_request(pipeline, run) for run in runs],
        dynamic_partitions_requests=[uploads_partitions.build_add_request(new)] if new else [],
    )


def under_way(instance: dg.DagsterInstance) -> frozenset[str]:
    """Return the partition keys of all runs that are queued or running, whoever asked for them."""
    runs = instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))
    return frozenset(run.tags[PARTITION_TAG] for run in runs if PARTITION_TAG in run.tags)


def _request(pipeline: Pipeline, run: RunRequestPlan) -> dg.RunRequest:
    """Note the attempt first: were the tick to die now, the next attempt would only come a little later."""
    pipeline.uploads.attempt(run.key, run.fingerprint)
    return dg.RunRequest(
        run_key=run.run_key,
        job_name=map_upload.name,
        partition_key=run.key,
        tags={"onet/attempt": str(run.attempt)},
    )


def _first_release(instance: dg.DagsterInstance, waiting: int) -> dg.SensorResult:
    """Ask for the first release, at most once a day, where uploads wait for it and nobody else has asked."""
    syncs = instance.get_run_ids(dg.RunsFilter(job_name=sync_onet.name, statuses=UNFINISHED), limit=1)
    if syncs or not waiting:
        return dg.SensorResult(skip_reason=f"No O*NET release yet; {waiting} uploads wait for it.")
    today = datetime.now(UTC).date().isoformat()
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=f"first release {today}", job_name=sync_onet.name)])


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells the log, Slack and e-mail, as the settings say, of every run that failed, whoever launched it.",
)
def failed_runs(context: dg.RunFailureSensorContext, pipeline: dg.ResourceParam[Pipeline]) -> None:
    """Tell of a failed run; a way that does not work is logged and keeps none of the others from being tried."""
    run, settings = context.dagster_run, pipeline.settings
    upload = f" of upload {run.tags[PARTITION_TAG]}" if PARTITION_TAG in run.tags else ""
    address = settings.ui_url.rstrip("/") if settings.ui_url else None
    alert = Alert(
        title=f"onet-pipeline: {run.job_name}{upload} failed",
        text=_cause(context),
        link=f"{address}/runs/{run.run_id}" if address else f"Run {run.run_id}",
    )
    tell_people(notifiers(settings), alert)


def _cause(context: dg.RunFailureSensorContext) -> str:
    """Return what our own errors and checks say; of any other fault only its kind, since its text may hold anything."""
    for event in context.get_step_failure_events():
        failure = event.step_failure_data
        if failure.user_failure_data and failure.user_failure_data.description:
            return failure.user_failure_data.description
        if said := _said_by_checks(context):
            return said
        if failure.error:
            kind = failure.error.cause.cls_name if failure.error.cause else failure.error.cls_name
            return f"Step {event.step_key}: {kind}. Its log has the traceback."
    return context.failure_event.message or "No step failed. Its log tells why it ended."


def _said_by_checks(context: dg.RunFailureSensorContext) -> str:
    """Return the descriptions of the checks that stopped the run; empty where none did, or none said why."""
    run_id, of_type = context.dagster_run.run_id, dg.DagsterEventType.ASSET_CHECK_EVALUATION
    events = [each.dagster_event for each in context.instance.all_logs(run_id, of_type=of_type)]
    checks = [event.asset_check_evaluation_data for event in events if event]
    blocking = [each for each in checks if not each.passed and each.severity is dg.AssetCheckSeverity.ERROR]
    return " ".join(each.description for each in blocking if each.description)
