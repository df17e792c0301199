"""What watches the folder of reviews.

Belongs here: asking for the run that applies reviewed files. Does not: which files wait (``steps.review_folder``), or
applying them (``assets.review``).

Like the upload sensor it has no cursor: each tick compares the folder with what the database says was read.

https://docs.dagster.io/guides/automate/sensors
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg

from onet_pipeline.orchestration.jobs import import_reviews
from onet_pipeline.orchestration.sensors import SECONDS_BETWEEN_TICKS, UNFINISHED
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.review_folder import waiting_reviews
from onet_pipeline.steps.upload_folder import ListedFile


@dg.sensor(
    job=import_reviews,
    minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Sees reviewed workbooks in the reviews folder and asks for the run that applies them.",
)
def review_sensor(context: dg.SensorEvaluationContext, pipeline: dg.ResourceParam[Pipeline]) -> dg.SensorResult:
    """Request one run for all files that wait, unless one is under way.

    Raises:
        ReviewsUnlisted: the folder cannot be listed, which never means that it is empty; the tick fails.
    """
    waiting = waiting_reviews(pipeline)
    if not waiting:
        return dg.SensorResult(skip_reason="No reviewed file waits.")
    if pipeline.occupations.latest_sync() is None:
        return dg.SensorResult(skip_reason=f"{len(waiting)} reviewed files wait for the first O*NET release.")
    if context.instance.get_runs(dg.RunsFilter(job_name=import_reviews.name, statuses=UNFINISHED), limit=1):
        return dg.SensorResult(skip_reason=f"{len(waiting)} reviewed files wait for the run under way.")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=_run_key(waiting, datetime.now(UTC)))])


def _run_key(waiting: Sequence[ListedFile], now: datetime) -> str:
    """The same files are asked for once an hour: a run that failed is made up for, and not for ever at once."""
    told = [(file.path, file.size, str(file.modified_at)) for file in waiting]
    return f"reviews:{hashlib.sha256(repr(told).encode()).hexdigest()[:16]}:{now:%Y-%m-%dT%H}"
