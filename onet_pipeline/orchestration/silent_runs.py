"""What ends runs whose process died without a word: killed, or its host lost power.

Belongs here: reporting them as failed, so that they are told of and made up for like any other. Does not: which have
fallen silent (``steps.beats``), or asking again (``sensors``, Dagster's run retries).

The code server that started a run notices when that dies alone. Where both die, only a launcher that asks elsewhere can
tell, and ours has nobody to ask: the run would stay "started" until its longest running time is over.

https://docs.dagster.io/deployment/execution/run-monitoring
"""

from typing import Final

import dagster as dg

from onet_pipeline.steps.beats import SILENCE, silent_runs
from onet_pipeline.steps.pipeline import Pipeline

SECONDS_BETWEEN_LOOKS: Final = 60
REASON: Final = (
    f"Its process has not been heard of for {2 * SILENCE.total_seconds() / 60:.0f} minutes: it was killed, or its host "
    "died. What it had saved is kept, and taken over by the next run."
)


@dg.sensor(
    name="silent_runs",
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Ends the runs whose process died without a word, so that what waits for them goes on.",
)
def silent_run_sensor(context: dg.SensorEvaluationContext, pipeline: dg.ResourceParam[Pipeline]) -> dg.SkipReason:
    """Report silent runs as failed.

    One that lives after all, cut off from the database, does no harm: what it and the next run of its work write is
    the same under the same keys. Dagster counts it as succeeded when it ends so.
    """
    ended = []
    for run_id in (silent := silent_runs(pipeline)):
        run = context.instance.get_run_by_id(run_id)
        if run is not None and run.status is dg.DagsterRunStatus.STARTED:
            context.instance.report_run_failed(run, REASON)
            ended.append(run_id)
    pipeline.beats.forget(silent)
    return dg.SkipReason(f"Ended: {', '.join(ended)}." if ended else "Every run has been heard of.")
