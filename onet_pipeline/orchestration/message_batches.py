"""Message Batches: what has ended is collected.

Belongs here: the sensor that asks for it. Does not: the steps (``steps.batches``, ``steps.collecting``), submitting and
what a waiting upload tells (``assets.uploads``).

https://docs.dagster.io/guides/automate/sensors
"""

from collections.abc import Sequence
from typing import Final

import dagster as dg

from onet_pipeline.orchestration.jobs import map_upload
from onet_pipeline.orchestration.sensors import under_way
from onet_pipeline.steps.batches import due
from onet_pipeline.steps.collecting import advance
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.batch_records import SubmissionRecord
from onet_pipeline.store.records import PASSING, UploadStatus

# Most batches end within an hour; a look costs one request each.
SECONDS_BETWEEN_LOOKS: Final = 60
_NOT_THERE: Final = (*PASSING, UploadStatus.REJECTED)


@dg.sensor(
    job=map_upload,
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks after Message Batches under way: finds lost ones, stops late ones, collects those that ended.",
)
def batch_sensor(context: dg.SensorEvaluationContext, pipeline: dg.ResourceParam[Pipeline]) -> dg.SensorResult:
    """Request a run for every upload whose Message Batches have all ended: it collects, and maps what is left over.

    Raises:
        MapperError: the API cannot be asked; the tick fails, and the next one tries again.
    """
    ended = due(pipeline)
    if not ended:
        return dg.SensorResult(skip_reason=f"{len(pipeline.batches.open())} Message Batches are under way.")
    busy = under_way(context.instance)
    return dg.SensorResult(run_requests=_requests(pipeline, [each for each in ended if each.upload_key not in busy]))


def _requests(pipeline: Pipeline, ended: Sequence[SubmissionRecord]) -> list[dg.RunRequest]:
    """Where there is no file to map, what was paid for is saved here; a tick cut off in it goes on in the next."""
    requests = []
    for each in ended:
        pipeline.batches.attempt([each.name])
        upload = pipeline.uploads.get(each.upload_key)
        if upload is None or upload.status in _NOT_THERE:
            advance(pipeline, each.upload_key)
        else:
            run_key = f"{each.name}:{each.attempts + 1}"
            requests.append(dg.RunRequest(run_key, job_name=map_upload.name, partition_key=each.upload_key))
    return requests
