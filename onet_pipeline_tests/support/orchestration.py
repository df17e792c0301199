"""Real ticks and runs on a Dagster instance of the test's own.

Belongs here: evaluating a sensor as the daemon does, and carrying out what it asks for. Does not: what is watched.

https://docs.dagster.io/guides/test/testing-partitioned-config-and-jobs
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import dagster as dg
import sqlalchemy as sa

from onet_pipeline.definitions import build_definitions
from onet_pipeline.orchestration.partitions import UPLOADS
from onet_pipeline.orchestration.sensors import PARTITION_TAG
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.models import UploadRow

SETTLED = 1_700_000_000.0
"""A time of modification so long ago that no file counts as still being written."""


class Daemon:
    """What the daemon does, one thing at a time and in this process."""

    def __init__(self, instance: dg.DagsterInstance, pipeline: Pipeline) -> None:
        self.instance = instance
        self.pipeline = pipeline
        self.definitions = build_definitions(pipeline=pipeline)

    def tick(self, sensor: str = "upload_sensor") -> Sequence[dg.RunRequest]:
        """Evaluate a sensor, add the partitions it asks for, and return the runs it asks for."""
        repository = self.definitions.get_repository_def()
        context = dg.SensorEvaluationContext(
            instance_ref=self.instance.get_ref(),
            instance=self.instance,
            repository_name=repository.name,
            repository_def=repository,
            sensor_name=sensor,
            resources=repository.get_top_level_resources(),
        )
        with context:
            asked = self.definitions.resolve_sensor_def(sensor).evaluate_tick(context)
        for partitions in asked.dynamic_partitions_requests or ():
            self.instance.add_dynamic_partitions(UPLOADS, partitions.partition_keys)
        return asked.run_requests or ()

    def record(self, request: dg.RunRequest, status: dg.DagsterRunStatus) -> None:
        """Let the run exist in a state, without doing its work."""
        self.instance.create_run_for_job(
            self._job(request), tags={**request.tags, "dagster/run_key": request.run_key or ""}, status=status
        )

    def run(self, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
        """Do the work of a run; whether it failed is for the test to see."""
        return self._job(request).execute_in_process(
            instance=self.instance, partition_key=request.partition_key, tags=request.tags, raise_on_error=False
        )

    def run_job(self, name: str, config: dict[str, object] | None = None) -> dg.ExecuteInProcessResult:
        """Run a job that has no partitions."""
        job = self.definitions.resolve_job_def(name)
        return job.execute_in_process(instance=self.instance, run_config=config, raise_on_error=False)

    def let_pass(self, time: timedelta) -> None:
        """Move every attempt into the past, as if so much time had gone by."""
        with self.pipeline.database.writing() as session:
            for key, moment in session.execute(sa.select(UploadRow.key, UploadRow.attempted_at)).all():
                if moment is not None:
                    row = sa.update(UploadRow).where(UploadRow.key == key)
                    session.execute(row.values(attempted_at=moment - time))

    def partitions(self) -> Sequence[str]:
        """Return the keys of the partitions of uploads."""
        return self.instance.get_dynamic_partitions(UPLOADS)

    def partition_of(self, request: dg.RunRequest) -> str:
        """Return the partition that a request carries, which must be in its tags too."""
        assert request.partition_key is not None
        assert request.tags[PARTITION_TAG] == request.partition_key
        return request.partition_key

    def _job(self, request: dg.RunRequest) -> dg.JobDefinition:
        return self.definitions.resolve_job_def(request.job_name or "map_upload")


def drop(pipeline: Pipeline, name: str, *roles: str, content: bytes | None = None) -> Path:
    """Put a file with these roles into the uploads folder, written long ago."""
    import os

    path = Path(pipeline.settings.uploads) / name
    text = "job title,rows\n" + "".join(f'"{role}",1\n' for role in roles)
    path.write_bytes(text.encode() if content is None else content)
    # Size and time are what a scan looks at; a file of the same size written again must differ in time.
    os.utime(path, (SETTLED + len(roles), SETTLED + path.stat().st_mtime % 1e6))
    return path
