"""Message Batches in the UI: what has ended is collected.

Belongs here: the job that collects, the sensor that asks for it. Does not: the steps (``steps.batches``,
``steps.collecting``), submitting (``assets.uploads``), mapping what is left over (``sensors.upload_sensor`` sees it).

https://docs.dagster.io/guides/automate/sensors
"""

from typing import Final

import dagster as dg

from onet_pipeline.orchestration.failures import told_plainly
from onet_pipeline.orchestration.partitions import uploads_partitions
from onet_pipeline.orchestration.sensors import under_way
from onet_pipeline.steps.batches import due
from onet_pipeline.steps.collecting import advance
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.batch_records import SubmissionRecord

# Most batches end within an hour; a look costs one request each.
SECONDS_BETWEEN_LOOKS: Final = 60
_MAPPINGS: Final = dg.AssetKey("role_mappings")


@dg.op(
    description="Saves the answers of the upload's Message Batches that have ended: mappings, decisions, their cost."
)
def collect_answers(context: dg.OpExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> None:
    """Collect what has ended; the upload is then to be mapped, for which most answers are there."""
    with told_plainly():
        ended = advance(pipeline, context.partition_key)
    context.log_event(
        dg.AssetObservation(
            asset_key=_MAPPINGS,
            partition=context.partition_key,
            description=ended.waits_for or f"{ended.requests} requests of a Message Batch are collected.",
            metadata={
                "answered": ended.answered,
                "left_over": ended.left,
                "input_tokens": ended.usage.input_tokens,
                "output_tokens": ended.usage.output_tokens,
                "cost_usd": ended.usage.cost_usd if ended.usage.cost_usd is not None else "unknown",
            },
        )
    )


@dg.job(
    partitions_def=uploads_partitions,
    description="Collect the answers of Message Batches that have ended, of one upload.",
    tags={"work": "mapping"},
)
def collect_batches() -> None:
    """Collect one upload."""
    collect_answers()


@dg.sensor(
    job_name=collect_batches.name,  # given the job itself, 1.13 warns of a parameter that nobody set
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks after Message Batches under way: finds lost ones, stops late ones, collects those that ended.",
)
def batch_sensor(context: dg.SensorEvaluationContext, pipeline: dg.ResourceParam[Pipeline]) -> dg.SensorResult:
    """Request a run for every upload whose Message Batches have all ended.

    Raises:
        MapperError: the API cannot be asked; the tick fails, and the next one tries again.
    """
    ended = due(pipeline)
    if not ended:
        return dg.SensorResult(skip_reason=f"{len(pipeline.batches.open())} Message Batches are under way.")
    busy = under_way(context.instance)
    return dg.SensorResult(run_requests=[_request(pipeline, each) for each in ended if each.upload_key not in busy])


def _request(pipeline: Pipeline, found: SubmissionRecord) -> dg.RunRequest:
    pipeline.batches.attempt([found.name])
    return dg.RunRequest(
        run_key=f"{found.name}:{found.attempts + 1}", job_name=collect_batches.name, partition_key=found.upload_key
    )
